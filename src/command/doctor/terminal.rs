//! What `creel doctor` says of the terminal: what the variables tell, what the config wishes for, and, where there is a
//! terminal to ask, what it answered.

use crate::command::doctor::check;
use crate::config::clipboard::Clipboard;
use crate::config::display::{Ambiguous, Mouse};
use crate::config::notify::NotifyConfig;
use crate::config::paths::Environment;
use crate::protocol::query::{Check, CheckState};
use crate::tui::terminal::ability::{Ability, Keyboard};
use crate::tui::terminal::copying::{Way, ways};
use crate::tui::terminal::eye::Ground;
use crate::tui::terminal::inquiry::Answers;
use crate::tui::terminal::notice::{Between, form_said};

/// The settings that say how the terminal is used.
#[derive(Debug, Clone, Default)]
pub struct Wished {
    pub clipboard: Clipboard,
    pub mouse: Mouse,
    pub ambiguous: Ambiguous,
    pub notify: NotifyConfig,
}

/// What is known of the terminal on standard output.
#[derive(Debug)]
pub struct Seen {
    /// Columns and rows; `None`: standard output is no terminal.
    pub size: Option<(u16, u16)>,
    /// `None`: it was not asked.
    pub answers: Option<Answers>,
}

/// One line on the whole, and one on each ability.
pub fn checks(env: Environment<'_>, wished: &Wished, seen: &Seen) -> Vec<Check> {
    let variable = |name: &str| {
        env(name)
            .map(|value| value.to_string_lossy().into_owned())
            .filter(|value| !value.is_empty())
    };
    let ability = Ability::from(variable);
    let mut checks = vec![whole(&variable, &ability, seen)];
    let answers = seen.answers.as_ref().filter(|answers| answers.whole);
    let rows = ability.told().into_iter().map(|(name, told)| {
        let text = match name.as_str() {
            "keys" => keys(&ability, answers).unwrap_or(told),
            "whole frames" => frames(answers).unwrap_or(told),
            "copying" => return copying(wished.clipboard, env),
            "notices" => notices(&wished.notify, &ability),
            "progress" if !wished.notify.progress => {
                "not told (notify.progress is false)".to_owned()
            }
            "in between" => between(&variable, &ability, answers).unwrap_or(told),
            _ => told,
        };
        check(&name, CheckState::Ok, text, "")
    });
    checks.extend(rows);
    checks.push(check("mouse", CheckState::Ok, mouse(wished.mouse), ""));
    checks.push(check(
        "widths",
        CheckState::Ok,
        widths(wished.ambiguous, answers),
        "",
    ));
    if let Some(ground) = answers.and_then(|answers| answers.ground) {
        let ground = match ground {
            Ground::Dark => "dark",
            Ground::Light => "light",
        };
        checks.push(check(
            "background",
            CheckState::Ok,
            format!("{ground}, as it answers"),
            "",
        ));
    }
    checks
}

fn whole(variable: &impl Fn(&str) -> Option<String>, ability: &Ability, seen: &Seen) -> Check {
    let Some((columns, rows)) = seen.size else {
        let term = match ability.term.as_str() {
            "" => String::new(),
            term => format!("; TERM is {term}"),
        };
        let text = format!(
            "standard output is no terminal, so none is asked: `creel run` works, the workstation does not{term}"
        );
        return check("terminal", CheckState::Ok, text, "");
    };
    if ability.term.is_empty() || ability.term == "dumb" {
        return check(
            "terminal",
            CheckState::Warn,
            "TERM is not set, or dumb: lines are written in place of a screen",
            "set TERM to what your terminal is, as xterm-256color",
        );
    }
    let name = seen
        .answers
        .as_ref()
        .and_then(|answers| answers.name.as_ref());
    let name = name.map(|name| format!(", {name}")).unwrap_or_default();
    let silent = match &seen.answers {
        Some(answers) if !answers.whole && ability.keyboard != Keyboard::Plain => {
            "; it gave no answer in time"
        }
        _ => "",
    };
    let text = format!(
        "{}, {columns} columns, {rows} rows{name}{silent}",
        ability.term
    );
    let mut locales = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
    let utf8 = locales.find_map(variable).is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.replace('-', "").contains("utf8")
    });
    if utf8 {
        return check("terminal", CheckState::Ok, text, "");
    }
    check(
        "terminal",
        CheckState::Warn,
        format!("{text}; the locale is not UTF-8"),
        "set LANG to a UTF-8 locale, as C.UTF-8",
    )
}

fn keys(ability: &Ability, answers: Option<&Answers>) -> Option<String> {
    let answers = answers.filter(|_| ability.keyboard == Keyboard::Disambiguated)?;
    Some(if answers.keys {
        "kitty's form, which it says it knows".to_owned()
    } else {
        "the oldest form, since it does not know kitty's: Shift+Enter is Enter, Ctrl+J a new line"
            .to_owned()
    })
}

fn frames(answers: Option<&Answers>) -> Option<String> {
    let known = answers?.frames;
    Some(
        if known {
            "it says it knows them"
        } else {
            "it does not know them"
        }
        .to_owned(),
    )
}

fn mouse(mouse: Mouse) -> String {
    match mouse {
        Mouse::On => "clicks, selects and scrolls (ui.mouse is true); with Shift held it selects as elsewhere",
        Mouse::Wheel => "scrolls alone (ui.mouse is \"wheel\")",
        Mouse::Off => "left to the terminal (ui.mouse is false)",
    }
    .to_owned()
}

fn widths(ambiguous: Ambiguous, answers: Option<&Answers>) -> String {
    let wide = answers.and_then(|answers| answers.wide);
    match (ambiguous, wide) {
        (Ambiguous::Auto, Some(false)) => "signs such as ● and ─ take one column, as it draws them",
        (Ambiguous::Auto, Some(true)) => "signs such as ● and ─ take two columns, as it draws them",
        (Ambiguous::Auto, None) => "the workstation asks when it starts",
        (Ambiguous::Narrow, Some(true)) => {
            "one column (ui.ambiguous is 1), but it draws two: set ui.ambiguous to \"auto\""
        }
        (Ambiguous::Narrow, _) => "signs such as ● and ─ take one column (ui.ambiguous is 1)",
        (Ambiguous::Wide, Some(false)) => {
            "two columns (ui.ambiguous is 2), but it draws one: set ui.ambiguous to \"auto\""
        }
        (Ambiguous::Wide, _) => "signs such as ● and ─ take two columns (ui.ambiguous is 2)",
    }
    .to_owned()
}

/// The way that would be taken, with the programs before it that are not there.
fn copying(setting: Clipboard, env: Environment<'_>) -> Check {
    let variable = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let mut missing = Vec::new();
    let said = |text: String| {
        if setting == Clipboard::Auto {
            text
        } else {
            format!("{text} (ui.clipboard is {})", setting.name())
        }
    };
    let lacks = |missing: &[&str]| match missing {
        [] => String::new(),
        [one] => format!("; {one} is not installed"),
        all => format!("; {} are not installed", all.join(" and ")),
    };
    for way in ways(setting, variable) {
        match way {
            Way::Terminal => {
                let text = format!("by OSC 52, if the terminal lets{}", lacks(&missing));
                return check("copying", CheckState::Ok, said(text), "");
            }
            Way::Program(name, _) if is_there(name, env) => {
                let text = format!("by {name}{}", lacks(&missing));
                return check("copying", CheckState::Ok, said(text), "");
            }
            Way::Program(name, _) => missing.push(name),
        }
    }
    let name = missing.join(" and ");
    check(
        "copying",
        CheckState::Warn,
        format!(
            "not possible: {name} is not installed (ui.clipboard is {})",
            setting.name()
        ),
        "install it, or set ui.clipboard to \"auto\"",
    )
}

/// Whether a program is in one of the folders where programs are looked for.
fn is_there(name: &str, env: Environment<'_>) -> bool {
    let path = env("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

fn notices(notify: &NotifyConfig, ability: &Ability) -> String {
    let by = form_said(notify.terminal, ability.notices);
    match notify.command.first() {
        Some(program) => format!("{by}; and {program} is run"),
        None => by.to_owned(),
    }
}

/// What stands between, with its version: as it answers itself, else as tmux leaves it to what it starts.
fn between(
    variable: &impl Fn(&str) -> Option<String>,
    ability: &Ability,
    answers: Option<&Answers>,
) -> Option<String> {
    let name = match ability.between {
        Between::Nothing => return None,
        Between::Tmux => "tmux",
        Between::Screen => "screen",
        Between::Zellij => "zellij",
    };
    let answered = answers.and_then(|answers| answers.name.clone());
    let answered = answered.filter(|said| said.to_lowercase().starts_with(name));
    let left = || {
        let program = variable("TERM_PROGRAM").filter(|program| program == name)?;
        Some(format!("{program} {}", variable("TERM_PROGRAM_VERSION")?))
    };
    let said = answered.or_else(left).unwrap_or_else(|| name.to_owned());
    let ssh = if ability.ssh { ", ssh" } else { "" };
    Some(format!("{said}{ssh}"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::notify::NoticeForm;

    fn told(variables: &str, wished: &Wished, seen: &Seen) -> Vec<String> {
        let env = |name: &str| -> Option<OsString> {
            let mut pairs = variables.split(' ').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        };
        let checks = checks(&env, wished, seen).into_iter();
        checks
            .map(|check| {
                let state = match check.state {
                    CheckState::Ok => "",
                    CheckState::Warn => "! ",
                    CheckState::Bad => "!! ",
                };
                format!("{state}{}: {}", check.name, check.text)
            })
            .collect()
    }

    #[test]
    fn a_terminal_that_answered_is_told_by_its_answers() {
        let answers = Answers {
            name: Some("kitty(0.32.2)".to_owned()),
            keys: true,
            frames: true,
            ground: Some(Ground::Dark),
            wide: Some(false),
            whole: true,
        };
        let seen = Seen {
            size: Some((120, 40)),
            answers: Some(answers),
        };
        let variables = "TERM=xterm-kitty LANG=C.UTF-8";
        assert_eq!(
            told(variables, &Wished::default(), &seen),
            [
                "terminal: xterm-kitty, 120 columns, 40 rows, kitty(0.32.2)",
                "colours: 16 million, as TERM says",
                "keys: kitty's form, which it says it knows",
                "whole frames: it says it knows them",
                "focus: if it tells",
                "copying: by OSC 52, if the terminal lets",
                "notices: by OSC 99",
                "progress: not known to show it",
                "links: by OSC 8",
                "in between: nothing",
                "mouse: clicks, selects and scrolls (ui.mouse is true); with Shift held it selects as elsewhere",
                "widths: signs such as ● and ─ take one column, as it draws them",
                "background: dark, as it answers",
            ]
        );
    }

    /// Variables, size, whether it was asked, and what must be among what is said.
    #[test]
    fn what_is_not_answered_is_told_by_the_variables() {
        type Case<'c> = (&'c str, Option<(u16, u16)>, bool, &'c [&'c str]);
        let full = Some((80, 24));
        let cases: &[Case<'_>] = &[
            (
                "",
                None,
                false,
                &[
                    "terminal: standard output is no terminal, so none is asked: `creel run` works, the workstation does not",
                    "colours: none, as TERM says",
                    "widths: the workstation asks when it starts",
                ],
            ),
            (
                "TERM=foot",
                None,
                false,
                &[
                    "terminal: standard output is no terminal, so none is asked: `creel run` works, the workstation does not; TERM is foot",
                ],
            ),
            (
                "TERM=dumb",
                full,
                false,
                &["! terminal: TERM is not set, or dumb: lines are written in place of a screen"],
            ),
            (
                "TERM=xterm",
                full,
                true,
                &[
                    "! terminal: xterm, 80 columns, 24 rows; it gave no answer in time; the locale is not UTF-8",
                    "keys: kitty's form, if it knows that",
                    "whole frames: if it knows them",
                ],
            ),
            (
                "TERM=foot COLORTERM=truecolor NO_COLOR=1 LC_ALL=C.utf8 SSH_TTY=/dev/pts/1",
                full,
                false,
                &["colours: none, as NO_COLOR says", "in between: ssh"],
            ),
            (
                "TERM=tmux-256color TMUX=x TERM_PROGRAM=tmux TERM_PROGRAM_VERSION=3.3a SSH_TTY=x LANG=de_DE.UTF-8",
                full,
                false,
                &[
                    "terminal: tmux-256color, 80 columns, 24 rows",
                    "colours: 256, as TERM says",
                    "keys: xterm's form, as multiplexers know it",
                    "in between: tmux 3.3a, ssh",
                    "copying: by OSC 52, if the terminal lets; tmux is not installed",
                ],
            ),
            (
                "TERM=xterm DISPLAY=:0 WAYLAND_DISPLAY=x ZELLIJ=0",
                full,
                false,
                &["in between: zellij"],
            ),
        ];
        for (variables, size, asked, expected) in cases {
            let seen = Seen {
                size: *size,
                answers: asked.then(Answers::default),
            };
            let said = told(variables, &Wished::default(), &seen);
            for line in *expected {
                assert!(said.iter().any(|said| said == line), "{line}: {said:#?}");
            }
        }
    }

    #[test]
    fn what_the_config_wishes_for_is_named() {
        let wished = Wished {
            clipboard: Clipboard::Xsel,
            mouse: Mouse::Off,
            ambiguous: Ambiguous::Narrow,
            notify: NotifyConfig {
                terminal: NoticeForm::Off,
                command: vec!["notify-send".to_owned()],
                progress: false,
            },
        };
        let seen = Seen {
            size: Some((80, 24)),
            answers: Some(Answers {
                wide: Some(true),
                whole: true,
                ..Answers::default()
            }),
        };
        let said = told("TERM=xterm-256color LANG=C.UTF-8", &wished, &seen);
        for line in [
            "keys: the oldest form, since it does not know kitty's: Shift+Enter is Enter, Ctrl+J a new line",
            "whole frames: it does not know them",
            "! copying: not possible: xsel is not installed (ui.clipboard is xsel)",
            "notices: not told (notify.terminal is off); and notify-send is run",
            "progress: not told (notify.progress is false)",
            "mouse: left to the terminal (ui.mouse is false)",
            "widths: one column (ui.ambiguous is 1), but it draws two: set ui.ambiguous to \"auto\"",
        ] {
            assert!(said.iter().any(|said| said == line), "{line}: {said:#?}");
        }
    }
}
