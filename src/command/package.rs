//! `creel completions` and `creel man`, for those who package it.

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::command::cli::Cli;
use crate::command::manual::{self, Reader};
use crate::command::{Ended, Face, exit};
use crate::config::preset;

/// The completions of a shell, and for those with a line that can be written into the key that puts a past command there.
pub fn completions(shell: Shell, face: &mut Face<'_>) -> Ended {
    // Into a buffer first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "creel", &mut script);
    face.out.write_all(&script)?;
    face.out.write_all(picking(shell).as_bytes())?;
    Ok(exit::DONE)
}

/// `Alt+m` calls `creel search --pick`: a key that bash, zsh and fish leave free, and zellij and tmux as well.
fn picking(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../../assets/shell/pick.bash"),
        Shell::Zsh => include_str!("../../assets/shell/pick.zsh"),
        Shell::Fish => include_str!("../../assets/shell/pick.fish"),
        _ => "",
    }
}

/// What the program looks at in its environment, beside the variables of keys.
const ENVIRONMENT: [(&str, &str); 10] = [
    ("CREEL_HOME", "one folder for everything Creel keeps"),
    (
        "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME",
        "where that lies without CREEL_HOME",
    ),
    (
        "HOME",
        "the person's own folder, where the usual places begin",
    ),
    (
        "TERM",
        "what the terminal can do; dumb brings the workstation in lines",
    ),
    ("ACCESSIBLE", "set and not 0: the workstation in lines"),
    ("NO_COLOR", "set: no colours"),
    (
        "FORCE_HYPERLINK",
        "1: the terminal takes links, 0: it shall get none",
    ),
    ("VISUAL, EDITOR", "the editor that the workstation opens"),
    ("PAGER", "the pager that the workstation opens"),
    ("TZ", "the zone that days and hours are told in"),
];

/// Where things lie without a variable that moves them.
const FILES: [(&str, &str); 6] = [
    ("~/.config/creel/config.toml", "the config"),
    (
        "~/.config/creel/keys/, themes/, skills/",
        "keys that were given to Creel, and your own themes and skills",
    ),
    (
        "~/.local/share/creel/creel.db",
        "the log: sessions, costs, everything said",
    ),
    (
        "~/.local/state/creel/",
        "locks, the order of panes, what the sandbox was measured to hold, creel.log once a fault was met, and the newest crashes",
    ),
    (
        "/tmp/creel-*",
        "temporary files of commands, the files of a tour, and folders made for a session without one",
    ),
    (
        "../REPOSITORY.wt/",
        "worktrees, beside the repository they are of",
    ),
];

/// One page for all commands: what it names is in it.
pub fn man(reader: Reader, face: &mut Face<'_>) -> Ended {
    let page = page()?;
    match reader {
        Reader::Program => face.out.write_all(&page)?,
        Reader::Person if manual::shown_by_man(&page) => {}
        Reader::Person => face.say(&manual::plain(&String::from_utf8_lossy(&page)))?,
    }
    Ok(exit::DONE)
}

fn page() -> Result<Vec<u8>, std::io::Error> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let whole = Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        section(sub, &mut page)?;
    }
    let mut keys: Vec<&str> = preset::keyed()
        .into_iter()
        .flat_map(|preset| preset.key_variables.clone())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let keys = [(keys.join(", "), "the key of a provider".to_owned())];
    let own = ENVIRONMENT.map(|(name, what)| (name.to_owned(), what.to_owned()));
    list("ENVIRONMENT", own.into_iter().chain(keys), &mut page);
    let files = FILES.map(|(name, what)| (name.to_owned(), what.to_owned()));
    list("FILES", files, &mut page);
    extra(&whole, ".SH \"EXIT STATUS\"", &mut page)?;
    whole.render_version_section(&mut page)?;
    Ok(page)
}

/// A section of names and what they are for.
fn list(heading: &str, rows: impl IntoIterator<Item = (String, String)>, page: &mut Vec<u8>) {
    let plain = |text: &str| text.replace('\\', "\\e").replace('-', "\\-");
    page.extend(format!(".SH {heading}\n").bytes());
    for (name, what) in rows {
        let row = format!(".TP\n\\fB{}\\fR\n{}\n", plain(&name), plain(&what));
        page.extend(row.bytes());
    }
}

/// What stands at the end of a command's help, under this heading.
fn extra(man: &Man, heading: &str, page: &mut Vec<u8>) -> Result<(), std::io::Error> {
    let mut part = Vec::new();
    man.render_extra_section(&mut part)?;
    let part = String::from_utf8_lossy(&part).replace(".SH EXTRA", heading);
    page.extend(part.bytes());
    Ok(())
}

fn section(command: &Command, page: &mut Vec<u8>) -> Result<(), std::io::Error> {
    let name = command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .to_owned();
    let man = Man::new(command.clone());
    let mut part = Vec::new();
    man.render_synopsis_section(&mut part)?;
    man.render_description_section(&mut part)?;
    man.render_options_section(&mut part)?;
    // The parts of a command are smaller sections under its name.
    let part = String::from_utf8_lossy(&part).replace(".SH ", ".SS ");
    page.extend(format!(".SH \"{}\"\n{part}", name.to_uppercase()).bytes());
    if command.get_after_help().is_some() {
        extra(&man, ".SS \"EXIT STATUS\"", page)?;
    }
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        section(sub, page)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::written;

    #[tokio::test]
    async fn the_manual_has_every_command() {
        let (page, err, code) =
            written(b"", async |face: &mut Face<'_>| man(Reader::Program, face)).await;
        assert_eq!((err.as_str(), code), ("", 0));
        for wanted in [
            ".TH creel 1",
            ".SH \"CREEL RUN\"",
            "max\\-steps",
            ".SH \"CREEL CONFIG SHOW\"",
            "143",
            ".SH ENVIRONMENT",
            "CREEL_HOME",
            "ANTHROPIC_API_KEY, ",
            ".SH FILES",
            "creel.db",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        // A page that is named is there.
        assert!(
            !page.contains("(1)") && !page.contains("SUBCOMMANDS"),
            "{page}"
        );
    }

    #[tokio::test]
    async fn every_shell_has_completions() {
        for shell in [
            Shell::Bash,
            Shell::Elvish,
            Shell::Fish,
            Shell::PowerShell,
            Shell::Zsh,
        ] {
            let (script, _, code) =
                written(b"", async |face: &mut Face<'_>| completions(shell, face)).await;
            assert!(code == 0 && script.contains("max-steps"), "{shell}");
            // One key, which inserts and runs nothing.
            let bound = matches!(shell, Shell::Bash | Shell::Fish | Shell::Zsh);
            assert_eq!(
                script.contains("creel search --pick --line="),
                bound,
                "{shell}"
            );
        }
    }
}
