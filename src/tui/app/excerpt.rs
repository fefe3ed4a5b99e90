//! What is copied of a transcript: a selection, a block, a turn as Markdown, `path:line`. Always the text itself: no gutter,
//! no wrapped line, blank lines, tabs and line ends as they were.

use std::borrow::Cow;
use std::ops::Range;

use crate::agent::visible::{clean, kept};
use crate::protocol::call::{Detail, Outcome};
use crate::protocol::item::Origin;
use crate::tui::app::caret::Caret;
use crate::tui::app::logical::{self, copied, line_at, original, shown};
use crate::tui::app::transcript::{Entry, Transcript, What};
use crate::tui::widget::cells;
use crate::tui::widget::markdown::source;

/// What lies between two places, the first before the second. `streaming`: the text that streams, as an entry behind all others.
pub fn selected(
    transcript: &Transcript,
    streaming: Option<&Entry>,
    (from, to): (&Caret, &Caret),
    lines: bool,
) -> String {
    let entries = transcript.entries();
    let start = entries.partition_point(|entry| entry.seq < from.seq);
    let end = entries.partition_point(|entry| entry.seq <= to.seq);
    let mut out = String::new();
    let streaming = streaming.filter(|entry| entry.seq == to.seq);
    let entries = entries.get(start..end).unwrap_or_default();
    for entry in entries.iter().chain(streaming) {
        let copied = copied(entry);
        if copied.is_empty() {
            continue;
        }
        let text = clean(&copied);
        let begins = (entry.seq == from.seq).then_some(from);
        let ends = (entry.seq == to.seq).then_some(to);
        let part = if lines {
            line_part(&text, begins, ends)
        } else {
            cell_part(&text, begins, ends)
        };
        let part = match &entry.what {
            What::Answer { .. } if lines => part.start..source::closing(&text, &part),
            _ => part,
        };
        if !out.is_empty() {
            out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
        }
        out.push_str(&original(&copied, &part));
    }
    out
}

/// Whole lines; the first and the last row of an entry stand for all before and after them, unless they are taken alone.
fn line_part(text: &str, from: Option<&Caret>, to: Option<&Caret>) -> Range<usize> {
    let start = match from {
        // A fence before the first row belongs to the whole block alone.
        Some(from) if !from.first || to.is_some_and(|to| !to.last) => {
            line_at(text, from.row.start).start
        }
        _ => 0,
    };
    let end = match to {
        Some(to) if to.last && from.is_none_or(|from| from.first) => text.len(),
        Some(to) => line_at(text, to.row.end.saturating_sub(1).max(to.row.start)).end,
        None => text.len(),
    };
    start..end.max(start)
}

/// From character to character, the last one with it.
fn cell_part(text: &str, from: Option<&Caret>, to: Option<&Caret>) -> Range<usize> {
    let start = from.map_or(0, |from| text.floor_char_boundary(from.at.min(text.len())));
    let end = to.map_or(text.len(), |to| {
        let at = text.floor_char_boundary(to.at.min(text.len()));
        let next = cells::symbols(&text[at..]).next();
        at + next.map_or(0, |(_, symbol, _)| symbol.len())
    });
    start..end.max(start)
}

/// The block at a place as it was written: code without its fence, a command, a patch, an output, a whole message. And what
/// it is.
pub fn block(entry: &Entry, caret: &Caret) -> (String, &'static str) {
    let whole = copied(entry);
    match &entry.what {
        What::Answer { .. } => {
            let text = clean(&whole);
            match source::code_at(&text, caret.row.start.max(caret.at)) {
                Some(code) => {
                    // Without its last line end: what is pasted into a shell is not to run by itself.
                    let code = code.text(&text, &whole);
                    let code = code.strip_suffix('\n').unwrap_or(&code);
                    (code.strip_suffix('\r').unwrap_or(code).to_owned(), "code")
                }
                None => (whole, "message"),
            }
        }
        What::Call(call) => {
            let head = logical::head(&call.call.name, &call.call.arguments);
            let base = logical::base(&head);
            let body = call.outcome.as_ref().map(given);
            let patch = logical::patch(call).is_some();
            match body {
                Some(body) if patch => (kept(&body).into_owned(), "patch"),
                Some(body) if caret.at >= base => (kept(&body).into_owned(), "output"),
                _ if call.call.name == "bash" => (kept(&head).into_owned(), "command"),
                _ => (kept(&head).into_owned(), "line"),
            }
        }
        What::Shell { command, outcome } if caret.at >= logical::base(command) => {
            (kept(printed(outcome)).into_owned(), "output")
        }
        What::Shell { command, .. } => (kept(command).into_owned(), "command"),
        What::Thought { .. } => (whole, "thought"),
        What::Recalled(_) => (whole, "what was recalled"),
        _ => (whole, "message"),
    }
}

/// What came of a call, as it is and not as it is drawn: a change can be applied again.
fn given(outcome: &Outcome) -> Cow<'_, str> {
    match &outcome.detail {
        Detail::Diff { patch, .. } => Cow::Borrowed(patch),
        _ => logical::body(outcome),
    }
}

/// What a command printed, without the rows that tell how it ended.
fn printed(outcome: &Outcome) -> &str {
    let mut text = outcome.text.trim_end_matches('\n');
    let ends = |row: &str, exit: i32| {
        let rest = row.strip_prefix(&format!("exit {exit}"));
        exit != 0 && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
    };
    // The sandbox has its say behind the row of the exit.
    let (before, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let row = before.rsplit_once('\n').map_or(before, |(_, row)| row);
    let (failed, told) = (outcome.exit, last.starts_with("(sandbox: "));
    if told && failed.is_some_and(|exit| ends(row, exit)) {
        text = before;
    }
    let (before, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let text = if failed.is_some_and(|exit| ends(last, exit)) {
        before
    } else {
        outcome.text.as_str()
    };
    if text.trim_end() == "(no output)" {
        ""
    } else {
        text
    }
}

/// Entries as Markdown: what was said as it is, calls as blocks of code.
pub fn markdown<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut out = String::new();
    let mut speaker = "";
    for entry in entries {
        let (who, part) = match &entry.what {
            What::Prompt { origin, .. } => {
                let who = match origin {
                    Origin::Person => "You",
                    Origin::Creel => "Creel",
                };
                (who, copied(entry))
            }
            What::Answer { .. } => ("Agent", copied(entry)),
            What::Call(call) => {
                let name = &call.call.name;
                let head = logical::head(name, &call.call.arguments);
                let head = if name == "bash" {
                    head
                } else {
                    format!("{name} {head}")
                };
                ("Agent", call_as_code(name, &head, call.outcome.as_ref()))
            }
            What::Shell { command, outcome } => {
                ("You", call_as_code("bash", command, Some(outcome)))
            }
            What::Thought { .. }
            | What::Notice { .. }
            | What::Changed(_)
            | What::Recalled(_)
            | What::Ended { .. } => continue,
        };
        if !out.is_empty() {
            out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
        }
        if who != speaker {
            out.extend(["## ", who, "\n\n"]);
            speaker = who;
        }
        out.push_str(&part);
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn call_as_code(name: &str, head: &str, outcome: Option<&Outcome>) -> String {
    let head = kept(head);
    let body = outcome.map(given).unwrap_or_default();
    let body = kept(&body);
    let body = body.trim_end();
    let diff = outcome.is_some_and(|outcome| matches!(outcome.detail, Detail::Diff { .. }));
    if diff {
        return format!("`{}`\n\n{}", head.replace('`', "'"), fenced("diff", body));
    }
    let prompt = if name == "bash" { "$ " } else { "" };
    let text = if body.is_empty() {
        format!("{prompt}{head}")
    } else {
        format!("{prompt}{head}\n{body}")
    };
    fenced("console", &text)
}

/// A text in a fence longer than any in it.
fn fenced(info: &str, text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{info}\n{text}\n{fence}")
}

/// The file and line that a place speaks of.
pub fn place(entry: &Entry, at: usize) -> Option<(String, u64)> {
    if let What::Call(call) = &entry.what {
        if let Some((base, patch)) = logical::patch(call)
            && let Some(outcome) = &call.outcome
            && let Detail::Diff { path, .. } = &outcome.detail
        {
            let line = at
                .checked_sub(base)
                .map_or(1, |at| line_of_patch(&patch, at));
            return Some((path.clone(), line));
        }
        if let Some(path) = logical::path_of(&call.call)
            && at < logical::base(&path)
        {
            let first = match call.outcome.as_ref().map(|outcome| &outcome.detail) {
                Some(Detail::Lines { first, .. }) => *first,
                _ => 1,
            };
            return Some((path, first.max(1)));
        }
    }
    let text = shown(entry);
    let line = line_at(&text, at);
    named(&text[line.clone()], at.saturating_sub(line.start))
}

/// The number in the new file of the line at a place of a patch.
fn line_of_patch(patch: &str, at: usize) -> u64 {
    let patch = clean(patch);
    let mut number = 1;
    let mut next = 1;
    let mut start = 0;
    for line in patch.split_inclusive('\n') {
        if start > at {
            break;
        }
        start += line.len();
        if let Some(rest) = line.strip_prefix("@@ -") {
            let new = rest.split('+').nth(1).unwrap_or_default();
            let digits: String = new.chars().take_while(char::is_ascii_digit).collect();
            next = digits.parse().unwrap_or(1);
            number = next;
        } else if !line.starts_with('-') && !line.starts_with('\\') {
            number = next;
            next += 1;
        } else {
            number = next;
        }
    }
    number
}

/// The `path:line` in a line of text that lies at a place, else the first one in it.
fn named(line: &str, at: usize) -> Option<(String, u64)> {
    // As Python names places: File "x.py", line 12.
    if let Some((_, rest)) = line.split_once("File \"")
        && let Some((path, rest)) = rest.split_once("\", line ")
    {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = digits.parse() {
            return Some((path.to_owned(), number));
        }
    }
    let between = |c: char| c.is_whitespace() || "\"'`()[]{}<>,;".contains(c);
    let mut first = None;
    let mut start = 0;
    for token in line.split(between) {
        let range = start..=start + token.len();
        start += token.len()
            + line[start + token.len()..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        let Some(found) = path_and_line(token) else {
            continue;
        };
        if range.contains(&at) {
            return Some(found);
        }
        first.get_or_insert(found);
    }
    first
}

fn path_and_line(token: &str) -> Option<(String, u64)> {
    let token = token.trim_end_matches(['.', ':', '!', '?']);
    let mut parts = token.split(':');
    let path = parts.next()?;
    let number: String = parts
        .next()?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
    let is_path = path.contains(['.', '/']) && !path.starts_with("//") && !path.ends_with('/');
    is_path.then(|| (path.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_printed_is_copied_without_how_it_ended() {
        for (text, exit, expected) in [
            ("a\nexit 1", Some(1), "a"),
            ("a\nexit 137 (SIGKILL)", Some(137), "a"),
            ("a\nexit 1", Some(0), "a\nexit 1"),
            ("a\nexit 12", Some(1), "a\nexit 12"),
            ("a\n", Some(1), "a\n"),
            ("(no output)\nexit 1", Some(1), ""),
            ("(no output)", Some(0), ""),
            (
                "a\nexit 1\n(sandbox: writes only in the folder)",
                Some(1),
                "a",
            ),
        ] {
            let outcome = Outcome {
                exit,
                ..Outcome::failed(text)
            };
            assert_eq!(printed(&outcome), expected, "{text:?}");
        }
    }

    #[test]
    fn a_change_is_copied_as_it_is_and_not_as_it_is_drawn() {
        let patch = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a = 1\n+γx = \"\\u{202e}\"\n";
        let outcome = Outcome {
            detail: Detail::Diff {
                path: "x.py".into(),
                patch: patch.to_owned(),
                added: 1,
                removed: 1,
                created: false,
            },
            ..Outcome::failed("")
        };
        assert_ne!(logical::body(&outcome), patch);
        let code = call_as_code("edit", "x.py", Some(&outcome));
        assert!(code.contains(patch.trim_end()), "{code}");
        assert_eq!(given(&outcome), patch);
    }

    #[test]
    fn places_are_found_as_programs_name_them() {
        let cases = [
            (
                "error at src/http/retry.rs:41:9: oops",
                0,
                Some(("src/http/retry.rs", 41)),
            ),
            ("  --> src/a.rs:3", 0, Some(("src/a.rs", 3))),
            ("a.rs:1 and (b.rs:2)", 12, Some(("b.rs", 2))),
            ("a.rs:1 and (b.rs:2)", 0, Some(("a.rs", 1))),
            (
                "File \"tool/x y.py\", line 12, in f",
                0,
                Some(("tool/x y.py", 12)),
            ),
            ("at 12:30 or http://127.0.0.1:80", 0, None),
            ("see `Makefile:3`.", 0, None),
            ("./Makefile:3:", 0, Some(("./Makefile", 3))),
        ];
        for (line, at, expected) in cases {
            let expected = expected.map(|(path, line): (&str, u64)| (path.to_owned(), line));
            assert_eq!(named(line, at), expected, "{line:?}");
        }
    }

    #[test]
    fn a_line_of_a_patch_has_its_number_in_the_new_file() {
        let patch = "@@ -38,3 +40,3 @@\n a\n-b\n+c\n d\n";
        let at = |text: &str| patch.find(text).unwrap_or_default();
        for (text, number) in [("@@", 40), (" a", 40), ("-b", 41), ("+c", 41), (" d", 42)] {
            assert_eq!(line_of_patch(patch, at(text)), number, "{text}");
        }
    }

    #[test]
    fn a_fence_is_longer_than_those_in_it() {
        assert_eq!(fenced("x", "a"), "```x\na\n```");
        assert_eq!(fenced("x", "````\na"), "`````x\n````\na\n`````");
    }
}
