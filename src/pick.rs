//! `creel search --pick`: the search on the terminal, and what is chosen on standard output.

use std::io::{self, IsTerminal, Write};

use creel::agent::visible::clean;
use creel::command::exit;
use creel::command::search::{SearchArgs, first_line};
use creel::config::load::{self, Loaded};
use creel::config::paths::{Paths, process_environment};
use creel::engine::walls::Sandbox;
use creel::tui::pick::{self, Options, Picked, Place};
use creel::tui::terminal::ability::Ability;
use creel::tui::terminal::ground;
use creel::tui::theme::folder::Themes;

use crate::wishes::ConfigFile;
use crate::workstation::{Refused, Start, glyphs};

/// Draws the search and gives the exit code.
pub fn run(args: &SearchArgs) -> u8 {
    match picked(args) {
        Ok(Picked::Hit(text)) => match say(&text) {
            Ok(()) => exit::DONE,
            Err(error) => refused((exit::FAILED, format!("cannot write: {error}"))),
        },
        Ok(Picked::Nothing) => exit::INTERRUPTED,
        Ok(Picked::BySignal(number)) => 128_u8.saturating_add(u8::try_from(number).unwrap_or(1)),
        Err(why) => refused(why),
    }
}

fn refused((code, line): Refused) -> u8 {
    // Where even this cannot be written, the exit code says it.
    let _ = writeln!(io::stderr(), "creel: {line}");
    code
}

/// As it was said, for a program; nothing in it steers the terminal of a person.
fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    let text = if out.is_terminal() {
        clean(text)
    } else {
        text.into()
    };
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn picked(args: &SearchArgs) -> Result<Picked, Refused> {
    let ability = Ability::of_environment();
    let dumb = ability.term.is_empty() || ability.term == "dumb";
    let place = match Place::find() {
        Ok(place) if !dumb => place,
        _ => {
            let why =
                "there is no terminal here to search on; `creel search WORDS` prints what it finds";
            return Err((exit::USAGE, why.to_owned()));
        }
    };
    let paths = Paths::from_environment(&process_environment);
    let paths = paths.map_err(|why| (exit::FAILED, why))?;
    let file = ConfigFile::new(paths.clone());
    // Where the config is broken the defaults hold: what was said is found all the same.
    let loaded = load::read(&paths, &process_environment).unwrap_or_else(|_| Loaded {
        config: load::defaults(&process_environment),
        lines: std::collections::BTreeMap::new(),
        warnings: Vec::new(),
    });
    let config = loaded.config.clone();
    let options = Options {
        wishes: file.wishes(&loaded),
        themes: Themes::new(Some(paths.themes.clone())),
        theme: config.ui.theme.clone(),
        ground: ground::told(std::env::var("COLORFGBG").ok().as_deref()),
        glyphs: glyphs(config.ui.ambiguous),
        ability,
        line: first_line(args),
    };
    // No command is run here.
    let start = Start::new(config, Sandbox::of_machine(true), paths)?;
    start.within(|start| pick::run(place, options, start))
}
