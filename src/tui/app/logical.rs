//! The text of an entry: what is searched, selected and copied of it, without a gutter or a wrapped line. Places in it are
//! bytes of the text as it is shown, which is the text as it is copied but for its line ends.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use crate::agent::visible::{change_made, clean, kept};
use crate::protocol::call::{Detail, Outcome, OutcomeKind, ToolCall, parse_arguments, shell_line};
use crate::protocol::event::Ending;
use crate::protocol::item::Block;
use crate::tui::app::transcript::{CallEntry, Entry, What};

/// What a call does, in the words of its arguments: the path, the command as it is, the pattern.
pub fn head(name: &str, arguments: &str) -> String {
    let input = match parse_arguments(arguments) {
        Ok(input) if input.is_object() => input,
        _ => return arguments.to_owned(),
    };
    let field = |name: &str| input.get(name).and_then(Value::as_str);
    let known = match name {
        "read" | "write" | "edit" => field("path").map(str::to_owned),
        "bash" => field("command").map(str::to_owned),
        "question" => field("text").map(str::to_owned),
        "remember" => {
            let said = field("text").filter(|text| !text.trim().is_empty());
            said.or(field("replaces")).map(str::to_owned)
        }
        "recall" => field("query").map(str::to_owned),
        "glob" => field("pattern").map(str::to_owned),
        "grep" => field("pattern").map(|pattern| match field("path") {
            Some(path) => format!("\"{pattern}\" in {path}"),
            None => format!("\"{pattern}\""),
        }),
        _ => of_others(name, &input),
    };
    known.unwrap_or_else(|| arguments.to_owned())
}

/// The same for the tools of other programs whose sessions were taken in, by the names that those have.
fn of_others(name: &str, input: &Value) -> Option<String> {
    let first = |fields: &[&str]| {
        let mut fields = fields.iter();
        fields.find_map(|field| input.get(*field)?.as_str().map(str::to_owned))
    };
    match name.to_ascii_lowercase().as_str() {
        "bash" | "shell" | "exec" | "exec_command" | "local_shell" | "shell_command"
        | "run_command" | "terminal" => shell_line(input),
        "read" | "write" | "edit" | "multiedit" | "notebookedit" | "read_file" | "write_file"
        | "edit_file" => first(&["file_path", "notebook_path", "path"]),
        "grep" | "glob" => first(&["pattern"]),
        "webfetch" | "web_fetch" => first(&["url"]),
        "websearch" | "web_search" => first(&["query"]),
        "task" => first(&["description"]),
        _ => None,
    }
}

/// What stands below the line of a call: its patch, with what cannot be seen of it written out, else its output.
pub fn body(outcome: &Outcome) -> Cow<'_, str> {
    match &outcome.detail {
        Detail::Diff { patch, .. } => change_made(patch),
        _ => Cow::Borrowed(&outcome.text),
    }
}

/// One block of a prompt.
pub fn block(block: &Block) -> Cow<'_, str> {
    match block {
        Block::Text { text } | Block::Paste { text } => Cow::Borrowed(text),
        Block::Image { image } => Cow::Owned(image.chip()),
    }
}

/// Where the body begins behind a head of this text.
pub fn base(head: &str) -> usize {
    clean(head).len() + 1
}

/// The text of an entry as it is copied; empty where there is nothing to copy.
pub fn copied(entry: &Entry) -> String {
    let whole = match &entry.what {
        What::Prompt { blocks, .. } => {
            let parts: Vec<String> = blocks.iter().map(|part| block(part).into_owned()).collect();
            parts.join("\n")
        }
        What::Answer { text, .. } | What::Thought { text } | What::Notice { text } => text.clone(),
        What::Recalled(recalled) => recalled.text.clone(),
        What::Call(call) => {
            let head = head(&call.call.name, &call.call.arguments);
            with_body(head, call.outcome.as_ref())
        }
        What::Shell { command, outcome } => with_body(command.clone(), Some(outcome)),
        What::Ended {
            ending: Ending::Failed { failure },
            ..
        } => failure.message.clone(),
        What::Changed(_) | What::Ended { .. } => String::new(),
    };
    match kept(&whole) {
        Cow::Borrowed(_) => whole,
        Cow::Owned(kept) => kept,
    }
}

/// The text of an entry as it is shown: what places are counted in.
pub fn shown(entry: &Entry) -> String {
    let copied = copied(entry);
    match clean(&copied) {
        Cow::Borrowed(_) => copied,
        Cow::Owned(shown) => shown,
    }
}

fn with_body(head: String, outcome: Option<&Outcome>) -> String {
    let body = outcome.map(body).filter(|body| !body.is_empty());
    match body {
        Some(body) => format!("{head}\n{body}"),
        None => head,
    }
}

/// The part of a text as it is copied that is this part of it as it is shown.
pub fn original(copied: &str, part: &Range<usize>) -> String {
    if !copied.contains("\r\n") {
        let end = copied.floor_char_boundary(part.end.min(copied.len()));
        let start = copied.floor_char_boundary(part.start.min(end));
        return copied[start..end].to_owned();
    }
    let mut out = String::new();
    let mut at = 0;
    let mut chars = copied.chars().peekable();
    while let Some(c) = chars.next() {
        let ends = c == '\r' && chars.peek() == Some(&'\n');
        if part.contains(&at) {
            out.push(c);
        }
        if !ends {
            at += c.len_utf8();
        }
    }
    out
}

/// Where the line at a place begins, and where it ends without its line end.
pub fn line_at(text: &str, at: usize) -> Range<usize> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    start..end
}

/// Something went wrong there.
pub fn is_failure(entry: &Entry) -> bool {
    let failed = |outcome: &Outcome| {
        matches!(outcome.kind, OutcomeKind::Failed | OutcomeKind::Lost)
            || outcome.exit.is_some_and(|exit| exit != 0)
    };
    match &entry.what {
        What::Call(call) => call.outcome.as_ref().is_some_and(failed),
        What::Shell { outcome, .. } => failed(outcome),
        What::Ended { ending, .. } => {
            matches!(ending, Ending::Failed { .. } | Ending::Interrupted { .. })
        }
        _ => false,
    }
}

/// Where the parts of a change begin.
pub fn hunks(entry: &Entry) -> Vec<usize> {
    let What::Call(call) = &entry.what else {
        return Vec::new();
    };
    let Some((base, patch)) = patch(call) else {
        return Vec::new();
    };
    let patch = clean(&patch);
    let mut at = base;
    let mut hunks = Vec::new();
    for line in patch.split_inclusive('\n') {
        if line.starts_with("@@ -") {
            hunks.push(at);
        }
        at += line.len();
    }
    hunks
}

/// The patch of a call that changed a file as it is shown, and where it begins in the text of its entry.
pub fn patch(call: &CallEntry) -> Option<(usize, Cow<'_, str>)> {
    let outcome = call.outcome.as_ref()?;
    let Detail::Diff { patch, .. } = &outcome.detail else {
        return None;
    };
    let base = base(&head(&call.call.name, &call.call.arguments));
    Some((base, change_made(patch)))
}

/// The file a call is about.
pub fn path_of(call: &ToolCall) -> Option<String> {
    let Ok(Value::Object(input)) = parse_arguments(&call.arguments) else {
        return None;
    };
    let path = matches!(call.name.as_str(), "read" | "write" | "edit");
    path.then(|| input.get("path")?.as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_in_the_text_with_its_line_ends() {
        let cases = [
            ("a\nb", 0..1, "a"),
            ("a\r\nb\r\nc", 0..2, "a\r\n"),
            ("a\r\nb\r\nc", 2..3, "b"),
            ("a\r\nb\r\nc", 0..5, "a\r\nb\r\nc"),
            ("汉\r\n字", 0..4, "汉\r\n"),
            ("ab", 1..99, "b"),
        ];
        for (copied, part, expected) in cases {
            assert_eq!(original(copied, &part), expected, "{copied:?} {part:?}");
        }
    }

    #[test]
    fn lines_are_found_by_any_place_in_them() {
        for (text, at, expected) in [
            ("ab\ncd\n", 0, 0..2),
            ("ab\ncd\n", 2, 0..2),
            ("ab\ncd\n", 3, 3..5),
            ("ab\ncd\n", 6, 6..6),
            ("", 9, 0..0),
        ] {
            assert_eq!(line_at(text, at), expected, "{text:?} {at}");
        }
    }
}
