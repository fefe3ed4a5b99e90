//! What a typed line means: a command in the words of the help, or a prompt. Pure.
//!
//! The words are plain English, so a line is a command only where all of it has the form of one: `show 88` is, `show me the
//! tests` is a prompt. A slash before it makes any line a command, `say` before it any line a prompt.

use crate::command::plain::trust::Which;
use crate::config::document::nearest;
use crate::protocol::rule::Mode;

/// Every command with what it takes and does, in the order of the help.
pub const TABLE: &[(&str, &str, &str)] = &[
    ("help", "", "this list"),
    (
        "board",
        "",
        "all sessions, those that wait for you first; a number goes there",
    ),
    ("go", "NUMBER", "go to a session"),
    ("new", "", "a new session in this folder"),
    (
        "ask",
        "NUMBER CHOICE",
        "answer an ask; with the number alone, hear it again",
    ),
    (
        "find",
        "WORDS",
        "sessions by title, last line, folder or model, and what was said in them",
    ),
    (
        "show",
        "NUMBER",
        "the whole of an output, an answer or an ask",
    ),
    ("cost", "", "what this session and this day cost"),
    (
        "model",
        "NAME",
        "another model; without a name, the models to choose from",
    ),
    (
        "mode",
        "MODE",
        "ask, edits, plan or auto; for a while: mode auto 45m $3",
    ),
    (
        "trust",
        "NUMBER",
        "what this folder brings; with a number or all, those rules hold",
    ),
    ("untrust", "NUMBER", "take that back"),
    (
        "vouch",
        "NUMBER",
        "what was read that nobody trusted wrote; with the number told, it is fine",
    ),
    (
        "rules",
        "remove NUMBER",
        "the rules that were kept, or take one away",
    ),
    (
        "stop",
        "",
        "stop the turn of this session; with a number, of that one",
    ),
    ("again", "", "go on with a turn that failed or was stopped"),
    (
        "queue",
        "TEXT",
        "say something as the next turn; without a text, what is queued",
    ),
    (
        "say",
        "TEXT",
        "a prompt, also where it begins like a command",
    ),
    (
        "tour",
        "",
        "a tour with a script in the place of a model, in a folder of its own",
    ),
    (
        "quit",
        "",
        "end; at a terminal it asks where a turn runs, by pipe it stops it",
    ),
];

/// A line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Nothing,
    /// All commands, or one by its name.
    Help(String),
    Board,
    Go(usize),
    /// A number alone, and the line as it was typed: see `number`.
    Number(usize, String),
    New,
    /// All asks that wait, or one of them with what is answered.
    Ask(Option<(u64, String)>),
    Find(String),
    Show(u64),
    Cost,
    Model(String),
    Mode(String),
    Trust(Which),
    Untrust(Which),
    /// Up to a number that was told.
    Vouch(Option<u64>),
    /// All, or the number of one to be taken away.
    Rules(Option<u32>),
    /// This session, or the one of a number.
    Stop(Option<usize>),
    Again,
    Queue(String),
    Tour,
    /// The person's own command.
    Shell(String),
    Say(String),
    Quit,
    /// It looks like a command and is none: why, in a line.
    Wrong(String),
}

impl Word {
    /// It moves nothing on: the list told last still stands.
    pub fn only_looks(&self) -> bool {
        match self {
            Self::Nothing
            | Self::Help(_)
            | Self::Ask(None)
            | Self::Show(_)
            | Self::Cost
            | Self::Trust(Which::List)
            | Self::Vouch(None)
            | Self::Rules(None)
            | Self::Wrong(_) => true,
            Self::Queue(text) | Self::Mode(text) => text.is_empty(),
            Self::Ask(Some((_, choice))) => choice.is_empty(),
            _ => false,
        }
    }
}

/// The narrow form of a full-width character, where a key and not a text is meant; the ideographic comma lies where the
/// slash does.
fn narrow(text: &str) -> String {
    let one = |c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3001}' => '/',
        c => c,
    };
    text.chars().map(one).collect()
}

/// What a line means.
pub fn read(line: &str) -> Word {
    let line = line.trim();
    let Some(first) = line.chars().next() else {
        return Word::Nothing;
    };
    let after = &line[first.len_utf8()..];
    match narrow(&line[..first.len_utf8()]).as_str() {
        "!" if !after.trim().is_empty() => return Word::Shell(after.trim().to_owned()),
        "/" => {
            let (name, rest) = split(after);
            let name = narrow(name).to_lowercase();
            // A path at the beginning of a prompt is no command.
            if name.contains('/') {
                return Word::Say(line.to_owned());
            }
            return command(&name, rest).unwrap_or_else(|| unknown(&name, rest));
        }
        _ => {}
    }
    let (name, rest) = split(line);
    let name = narrow(name).to_lowercase();
    if rest.is_empty()
        && let Ok(number) = name.parse()
    {
        return Word::Number(number, line.to_owned());
    }
    if takes_form(&name, rest)
        && let Some(word) = command(&name, rest)
    {
        return word;
    }
    let is_numbers = rest
        .split_whitespace()
        .all(|word| narrow(word).parse::<u64>().is_ok());
    // A misspelt command stands alone or before numbers; of shorter words too many are near that are meant.
    let looks = is_numbers && (name.chars().count() >= 4 || swapped(&name));
    if looks
        && !is_known(&name)
        && let Some(near) = nearest(&name, &names())
    {
        return Word::Wrong(format!(
            "there is no command {name}. nearest: {near}. as a prompt: say {line}"
        ));
    }
    Word::Say(line.to_owned())
}

fn split(line: &str) -> (&str, &str) {
    let line = line.trim();
    line.split_once(char::is_whitespace)
        .map_or((line, ""), |(name, rest)| (name, rest.trim()))
}

fn names() -> Vec<&'static str> {
    TABLE.iter().map(|(name, ..)| *name).collect()
}

fn is_known(name: &str) -> bool {
    TABLE.iter().any(|(known, ..)| *known == name)
}

/// Two letters of a short name change places: `og`, `aks`.
fn swapped(name: &str) -> bool {
    let letters: Vec<char> = name.chars().collect();
    (1..letters.len()).any(|at| {
        let mut other = letters.clone();
        other.swap(at - 1, at);
        let other: String = other.into_iter().collect();
        other != name && is_known(&other)
    })
}

/// Without a slash: whether all of the line has the form of this command.
fn takes_form(name: &str, rest: &str) -> bool {
    let words = rest.split_whitespace().count();
    let number = narrow(split(rest).0).parse::<u64>().is_ok();
    match name {
        "help" => words == 0 || is_known(&narrow(rest).to_lowercase()),
        "board" | "new" | "cost" | "again" | "tour" | "quit" => words == 0,
        // `show` alone is no prompt either: what it lacks is said.
        "stop" | "show" | "vouch" => words == 0 || (words == 1 && number),
        "go" => words == 1 && number,
        "ask" => words == 0 || number,
        "model" => words <= 1,
        "trust" => Which::read(&narrow(rest)).is_some(),
        "untrust" => words == 1 && Which::read(&narrow(rest)).is_some(),
        "rules" => words == 0 || removed(rest).is_some(),
        "mode" => words <= 1 || lends(rest),
        "find" | "queue" | "say" => true,
        _ => false,
    }
}

/// A mode, and after it nothing but times and sums: words with a figure in them.
fn lends(rest: &str) -> bool {
    let rest = narrow(rest);
    let mut words = rest.split_whitespace();
    let mode = words
        .next()
        .is_some_and(|word| word.parse::<Mode>().is_ok());
    mode && words.all(|word| word.contains(|c: char| c.is_ascii_digit()))
}

/// The number after `remove`.
fn removed(rest: &str) -> Option<u32> {
    let rest = narrow(rest);
    let number = rest.strip_prefix("remove")?;
    number.trim().parse().ok()
}

fn command(name: &str, rest: &str) -> Option<Word> {
    let (first, more) = split(rest);
    let number = narrow(first).parse::<u64>().ok();
    let index = number.and_then(|number| usize::try_from(number).ok());
    let lacks = |what: &str| Some(Word::Wrong(format!("{name} {what}")));
    Some(match name {
        "help" | "?" => Word::Help(narrow(rest).to_lowercase()),
        "board" => Word::Board,
        "go" => match index {
            Some(number) => Word::Go(number),
            None => return lacks("takes the number of a session; board tells them"),
        },
        "new" => Word::New,
        "ask" if rest.is_empty() => Word::Ask(None),
        "ask" => match number {
            Some(number) => Word::Ask(Some((number, more.to_owned()))),
            None => return lacks("takes the number of an ask and of a choice: ask 41 1"),
        },
        "find" if rest.is_empty() => return lacks("takes words to look for"),
        "find" => Word::Find(rest.to_owned()),
        "show" => match number {
            Some(number) => Word::Show(number),
            None => return lacks("takes the number that was told with an output: show 88"),
        },
        "cost" => Word::Cost,
        "model" => Word::Model(rest.to_owned()),
        "mode" => Word::Mode(narrow(rest).to_lowercase()),
        "trust" => match Which::read(&narrow(rest)) {
            Some(which) => Word::Trust(which),
            None => return lacks("takes nothing, all, or a number of the list it tells"),
        },
        "untrust" => match Which::read(&narrow(rest)) {
            None | Some(Which::List) => return lacks("takes all, or a number that trust tells"),
            Some(which) => Word::Untrust(which),
        },
        "vouch" if rest.is_empty() => Word::Vouch(None),
        "vouch" => match number {
            Some(number) => Word::Vouch(Some(number)),
            None => return lacks("takes nothing, or the number it tells"),
        },
        "rules" if rest.is_empty() => Word::Rules(None),
        "rules" => match removed(rest) {
            Some(number) => Word::Rules(Some(number)),
            None => return lacks("takes nothing, or remove and a number: rules remove 3"),
        },
        "stop" if rest.is_empty() => Word::Stop(None),
        "stop" => match index {
            Some(number) => Word::Stop(Some(number)),
            None => return lacks("takes nothing, or the number of a session"),
        },
        "again" => Word::Again,
        "queue" => Word::Queue(rest.to_owned()),
        "say" if rest.is_empty() => return lacks("takes a text"),
        "say" => Word::Say(rest.to_owned()),
        "tour" => Word::Tour,
        "quit" | "exit" => Word::Quit,
        _ => return None,
    })
}

fn unknown(name: &str, rest: &str) -> Word {
    let near = nearest(name, &names()).map_or_else(
        || "help lists them".to_owned(),
        |near| format!("nearest: {near}"),
    );
    let line = format!("{name} {rest}");
    Word::Wrong(format!(
        "there is no command {name}. {near}. as a prompt: say {}",
        line.trim()
    ))
}

/// The narrow form of the first word, yes and no as their letters, and the rest as it was typed.
pub fn choice(text: &str) -> (String, &str) {
    let (first, rest) = split(text);
    let first = narrow(first);
    let letter = match first.to_lowercase().as_str() {
        "yes" => "y".to_owned(),
        "no" => "n".to_owned(),
        _ => first,
    };
    (letter, rest)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_line_is_a_command_only_where_all_of_it_is_one() {
        let say = |text: &str| Word::Say(text.to_owned());
        let ask = |number, choice: &str| Word::Ask(Some((number, choice.to_owned())));
        let cases = [
            ("", Word::Nothing),
            ("  \u{3000}", Word::Nothing),
            ("help", Word::Help(String::new())),
            ("help Ask", Word::Help("ask".to_owned())),
            (
                "show",
                Word::Wrong(
                    "show takes the number that was told with an output: show 88".to_owned(),
                ),
            ),
            ("help me with this", say("help me with this")),
            ("Board", Word::Board),
            ("go 3", Word::Go(3)),
            ("ｇｏ　３", Word::Go(3)),
            ("go ahead", say("go ahead")),
            ("3", Word::Number(3, "3".to_owned())),
            ("３", Word::Number(3, "３".to_owned())),
            ("new", Word::New),
            ("new tests fail", say("new tests fail")),
            ("ask", Word::Ask(None)),
            ("ask 41", ask(41, "")),
            ("ask 41 1", ask(41, "1")),
            ("ａｓｋ ４１ １", ask(41, "１")),
            ("ask 41 6 not in ci", ask(41, "6 not in ci")),
            ("ask the tests", say("ask the tests")),
            ("find 两个字", Word::Find("两个字".to_owned())),
            ("show 88", Word::Show(88)),
            ("show me", say("show me")),
            ("model", Word::Model(String::new())),
            ("model a/B", Word::Model("a/B".to_owned())),
            ("model the data first", say("model the data first")),
            ("mode ＡＵＴＯ", Word::Mode("auto".to_owned())),
            ("mode auto 45m $3", Word::Mode("auto 45m $3".to_owned())),
            ("mode auto is wrong", say("mode auto is wrong")),
            ("mode of 3", say("mode of 3")),
            ("trust", Word::Trust(Which::List)),
            ("trust ALL", say("trust ALL")),
            ("trust all", Word::Trust(Which::All)),
            ("trust ２", Word::Trust(Which::One(2))),
            ("trust me", say("trust me")),
            ("untrust 2", Word::Untrust(Which::One(2))),
            ("vouch", Word::Vouch(None)),
            ("vouch 88", Word::Vouch(Some(88))),
            ("vouch for it", say("vouch for it")),
            ("rules", Word::Rules(None)),
            ("rules remove 3", Word::Rules(Some(3))),
            ("rules of the game", say("rules of the game")),
            ("stop", Word::Stop(None)),
            ("stop 2", Word::Stop(Some(2))),
            ("stop that", say("stop that")),
            ("queue run it", Word::Queue("run it".to_owned())),
            ("say find it", say("find it")),
            ("! ls -l", Word::Shell("ls -l".to_owned())),
            ("！ls", Word::Shell("ls".to_owned())),
            ("/quit", Word::Quit),
            ("、cost", Word::Cost),
            ("／help", Word::Help(String::new())),
            ("/etc/hosts is wrong", say("/etc/hosts is wrong")),
            ("no", say("no")),
            ("step", say("step")),
            ("修好它", say("修好它")),
        ];
        for (line, expected) in cases {
            // `step` is one letter from `stop`, and by itself it looks like it.
            if line == "step" {
                assert!(matches!(read(line), Word::Wrong(_)));
                continue;
            }
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn a_wrong_command_is_one_line_with_the_nearest() {
        let cases = [
            (
                "baord",
                "there is no command baord. nearest: board. as a prompt: say baord",
            ),
            (
                "aks 41 1",
                "there is no command aks. nearest: ask. as a prompt: say aks 41 1",
            ),
            (
                "/modle x",
                "there is no command modle. nearest: model. as a prompt: say modle x",
            ),
            (
                "、xyzzyx",
                "there is no command xyzzyx. help lists them. as a prompt: say xyzzyx",
            ),
            (
                "/go there",
                "go takes the number of a session; board tells them",
            ),
            ("find", "find takes words to look for"),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line), Word::Wrong(expected.to_owned()), "{line}");
        }
    }

    #[test]
    fn every_command_of_the_help_is_one() {
        for (name, ..) in TABLE {
            assert!(command(name, "1").is_some(), "{name}");
        }
    }
}
