//! Wrong usage in one line: what is wrong, and the way out. Clap's own form takes three to six, with advice that leads astray.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, Error};

use crate::command::cli::Cli;
use crate::config::document::{listed, nearest};

/// What is said of a command line that cannot be read. `words` is that line, with the program's name.
pub fn line(error: &Error, words: &[String]) -> String {
    let command = meant(words);
    let name = command.get_bin_name().unwrap_or("creel").to_owned();
    let argument = said(error, ContextKind::InvalidArg);
    let argument = argument.join(", ");
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let flags = command.get_arguments().filter_map(Arg::get_long);
            let flags: Vec<&str> = flags.collect();
            match nearest(argument.trim_start_matches('-'), &flags) {
                Some(near) => format!("there is no `{argument}`: did you mean `--{near}`?"),
                None => {
                    format!("there is no `{argument}` here: `{name} --help` lists what there is")
                }
            }
        }
        ErrorKind::UnknownArgument if name == "creel run" => {
            format!("`{argument}` stands behind the prompt: put the whole prompt in quotes")
        }
        ErrorKind::UnknownArgument => {
            format!("there is no place for `{argument}`: `{name} --help` says what it takes")
        }
        ErrorKind::InvalidSubcommand => {
            let word = said(error, ContextKind::InvalidSubcommand).join(" ");
            no_command(&command, &name, &word)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            format!("`{name}` needs a command: {}", listed(&commands(&command)))
        }
        ErrorKind::InvalidValue => value(error, flag(&argument), &name),
        ErrorKind::ValueValidation => {
            let value = said(error, ContextKind::InvalidValue).join(" ");
            let why = error.source().map(ToString::to_string);
            let why = why.unwrap_or_default();
            if name == "creel" && argument == "[SESSION]" && !is_part(&value) {
                return no_command(&command, &name, &value);
            }
            match (flag(&argument), why.contains(&format!("`{value}`"))) {
                (flag, true) if flag.starts_with('-') => format!("`{flag}`: {why}"),
                (flag, false) if flag.starts_with('-') => format!("`{flag} {value}`: {why}"),
                (_, true) => why,
                (_, false) => format!("`{value}`: {why}"),
            }
        }
        ErrorKind::MissingRequiredArgument => {
            format!("`{name}` needs {argument}: `{name} --help` says more")
        }
        ErrorKind::ArgumentConflict => {
            let other = said(error, ContextKind::PriorArg);
            match other.first() {
                // A command behind what only the workstation takes.
                Some(other) if argument.is_empty() => {
                    let other = flag(other);
                    format!(
                        "`{other}` does not stand before a command: put it behind, or leave it out"
                    )
                }
                Some(other) => {
                    let (one, other) = (flag(&argument), flag(other));
                    if one == other {
                        return format!("`{one}` stands there twice: leave one out");
                    }
                    format!("`{one}` does not go with `{other}`: leave one of them out")
                }
                None => format!("`{argument}` does not go with the rest: `{name} --help`"),
            }
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            let first = first.trim_start_matches("error: ");
            format!("{first}: `{name} --help`")
        }
    }
}

fn value(error: &Error, flag: &str, name: &str) -> String {
    let value = said(error, ContextKind::InvalidValue).join(" ");
    let valid = said(error, ContextKind::ValidValue);
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    let expected = if valid.is_empty() {
        format!("`{name} --help` says which")
    } else {
        format!("expected {}", listed(&valid))
    };
    match (value.as_str(), nearest(&value, &valid)) {
        ("", _) => format!("`{flag}` needs a value: {expected}"),
        (_, Some(near)) => format!("`{flag}` cannot be `{value}`: did you mean `{near}`?"),
        (_, None) => format!("`{flag}` cannot be `{value}`: {expected}"),
    }
}

/// A word where a command is expected, or the session to open.
fn no_command(command: &Command, name: &str, word: &str) -> String {
    match nearest(word, &commands(command)) {
        Some(near) => format!("there is no command `{word}`: did you mean `{name} {near}`?"),
        None if name == "creel" => {
            format!(
                "`{word}` is no command and no part of a session id: `creel help` and `creel sessions` list them"
            )
        }
        None => format!("there is no command `{word}`: `{name} --help` lists what there is"),
    }
}

/// Whether it has the letters of an id and is only too short, or too long.
fn is_part(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// The command of the line, as far as its words name one.
fn meant(words: &[String]) -> Command {
    let mut command = Cli::command();
    command.build();
    let named = words.iter().skip(1);
    // What `help` is asked about may be no command.
    for word in named.filter(|word| !word.starts_with('-') && *word != "help") {
        let Some(sub) = command.find_subcommand(word) else {
            break;
        };
        command = sub.clone();
    }
    command
}

fn commands(command: &Command) -> Vec<&str> {
    let names = command.get_subcommands().map(Command::get_name);
    // Clap adds it to each, and it is not what anybody looks for.
    names.filter(|name| *name != "help").collect()
}

/// `--limit <N>` without what stands for its value.
fn flag(argument: &str) -> &str {
    argument.split(' ').next().unwrap_or(argument)
}

fn said(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use clap::Parser;
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn each_wrong_line_has_its_word_and_its_way_out() {
        let cases = [
            (
                "--foo",
                "there is no `--foo` here: `creel --help` lists what there is",
            ),
            (
                "--modle a/b",
                "there is no `--modle`: did you mean `--model`?",
            ),
            (
                "run --frob hi",
                "there is no `--frob` here: `creel run --help` lists what there is",
            ),
            (
                "run x y",
                "`y` stands behind the prompt: put the whole prompt in quotes",
            ),
            (
                "models x",
                "there is no place for `x`: `creel models --help` says what it takes",
            ),
            (
                "runn",
                "there is no command `runn`: did you mean `creel run`?",
            ),
            (
                "xyzzy",
                "`xyzzy` is no command and no part of a session id: `creel help` and `creel sessions` list them",
            ),
            (
                "config chekc",
                "there is no command `chekc`: did you mean `creel config check`?",
            ),
            (
                "config zap",
                "there is no command `zap`: `creel config --help` lists what there is",
            ),
            (
                "config",
                "`creel config` needs a command: path, show, check or schema",
            ),
            (
                "ab",
                "`ab`: at least four characters of a session id are needed",
            ),
            (
                "show ab",
                "`ab`: at least four characters of a session id are needed",
            ),
            (
                "show zzzz",
                "`zzzz`: no part of a session id: `creel sessions` lists them",
            ),
            (
                "show",
                "`creel show` needs <SESSION>: `creel show --help` says more",
            ),
            (
                "show abcd#0",
                "`abcd#0` is no address: expected SESSION, SESSION#TURN, SESSION#TURN.STEP or SESSION@ITEM",
            ),
            (
                "show abcd --limit 0",
                "`--limit 0`: expected a whole number from 1",
            ),
            (
                "--model nope",
                "`--model`: `nope` is no model name: expected PROVIDER/MODEL, as `creel models` lists them",
            ),
            (
                "--mode yolo",
                "`--mode`: `yolo` is no mode: expected ask, edits, plan or auto",
            ),
            (
                "run --effort x hi",
                "`--effort x`: expected off, low, medium, high or max",
            ),
            (
                "run --budget .5 hi",
                "`--budget .5`: expected dollars, as 0.50",
            ),
            (
                "run --max-steps 0 hi",
                "`--max-steps 0`: expected a whole number from 1",
            ),
            (
                "run --deny Bahs(*) hi",
                "`--deny Bahs(*)`: names no tool of Creel: did you mean `bash`?",
            ),
            (
                "run --output yaml hi",
                "`--output` cannot be `yaml`: expected text, json or stream-json",
            ),
            (
                "run --output jsn hi",
                "`--output` cannot be `jsn`: did you mean `json`?",
            ),
            (
                "run --output",
                "`--output` needs a value: expected text, json or stream-json",
            ),
            (
                "run --model",
                "`--model` needs a value: `creel run --help` says which",
            ),
            (
                "run --session abcd --continue hi",
                "`--session` does not go with `--continue`: leave one of them out",
            ),
            (
                "run --no-retry --no-retry hi",
                "`--no-retry` stands there twice: leave one out",
            ),
            (
                "help zap",
                "`zap` is no command and no part of a session id: `creel help` and `creel sessions` list them",
            ),
            ("route", "`creel route` needs a command: explain"),
            (
                "--mode ask run hi",
                "`--mode` does not stand before a command: put it behind, or leave it out",
            ),
            (
                "stop abcd --all",
                "`[SESSION]` does not go with `--all`: leave one of them out",
            ),
        ];
        let told = cases.map(|(typed, _)| {
            let words: Vec<String> = std::iter::once("creel")
                .chain(typed.split(' '))
                .map(str::to_owned)
                .collect();
            let error = Cli::try_parse_from(&words).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{typed}");
            (typed, line(&error, &words))
        });
        assert_eq!(
            told,
            cases.map(|(typed, expected)| (typed, expected.to_owned()))
        );
    }
}
