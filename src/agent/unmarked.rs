//! What a model wrote in Markdown as one line of plain words, for lists where no mark is drawn.

use crate::agent::visible::one_line;

/// Characters that are kept.
const LONGEST: usize = 200;

/// Characters of a line that are looked at: a line has no end of its own, and a mark is looked for from each other.
const LOOKED_AT: usize = 600;

/// What stands around words that are told apart, the longer ones first.
const MARKS: [&str; 6] = ["***", "**", "__", "~~", "*", "_"];

/// The first line that says something, without its marks.
pub fn first_line(text: &str) -> String {
    let mut lines = text.lines().map(plain);
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(LONGEST).collect()
}

/// The same of the last one.
pub fn last_line(text: &str) -> String {
    let mut lines = text.lines().rev().map(plain);
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(LONGEST).collect()
}

/// One line without marks; of a line that is nothing else nothing is left. A mark that nothing closes is text.
fn plain(line: &str) -> String {
    let end = line
        .char_indices()
        .nth(LOOKED_AT)
        .map_or(line.len(), |(at, _)| at);
    let line = one_line(&line[..end]);
    let text = without_lead(&line);
    let only_marks = |c: char| matches!(c, '-' | '=' | '*' | '_' | '|' | ':' | ' ' | '#');
    if text.starts_with("```") || text.starts_with("~~~") || text.chars().all(only_marks) {
        return String::new();
    }
    let mut out = String::with_capacity(text.len());
    words(text, &mut out);
    out
}

/// Without what makes the line a heading, a quote, or an item of a list. A number stays: it says which item it is.
fn without_lead(line: &str) -> &str {
    let mut text = line;
    loop {
        let hashes = text.trim_start_matches('#');
        let is_heading = (1..=6).contains(&(text.len() - hashes.len()));
        let rest = if is_heading && hashes.starts_with(' ') {
            hashes
        } else if let Some(rest) = text.strip_prefix('>') {
            rest
        } else if let Some(rest) = ["- ", "* ", "+ "]
            .iter()
            .find_map(|mark| text.strip_prefix(mark))
        {
            rest
        } else {
            return text;
        };
        text = rest.trim_start();
    }
}

/// Adds a text without the marks within it.
fn words(text: &str, out: &mut String) {
    let mut rest = text;
    // What nothing closed is closed by nothing further on either.
    let mut open = [false; MARKS.len()];
    while let Some(c) = rest.chars().next() {
        if let Some((inner, after, is_code)) = marked(rest, out.chars().next_back(), &mut open) {
            if is_code {
                out.push_str(inner);
            } else {
                words(inner, out);
            }
            rest = after;
            continue;
        }
        // What is escaped is itself.
        let mut chars = rest.chars();
        let escaped = c == '\\' && chars.nth(1).is_some_and(|c| c.is_ascii_punctuation());
        let from = usize::from(escaped);
        let Some(c) = rest[from..].chars().next() else {
            return;
        };
        out.push(c);
        rest = &rest[from + c.len_utf8()..];
    }
}

/// What stands between two marks at the beginning of a text, what follows them, and whether it is code, which is as it is.
/// `open` notes the marks that nothing closes.
fn marked<'t>(
    text: &'t str,
    before: Option<char>,
    open: &mut [bool; MARKS.len()],
) -> Option<(&'t str, &'t str, bool)> {
    if text.starts_with('`') {
        let ticks = &text[..text.len() - text.trim_start_matches('`').len()];
        let (inner, after) = text[ticks.len()..].split_once(ticks)?;
        return Some((inner.trim(), after, true));
    }
    if let Some(link) = text.strip_prefix("![").or_else(|| text.strip_prefix('[')) {
        let (label, rest) = link.split_once("](")?;
        let (_, after) = rest.split_once(')')?;
        return Some((label, after, false));
    }
    // Within a word an underscore joins, and a star between blanks multiplies.
    let in_word = before.is_some_and(char::is_alphanumeric);
    for (mark, open) in MARKS.into_iter().zip(open) {
        let Some(rest) = text.strip_prefix(mark).filter(|_| !*open) else {
            continue;
        };
        if in_word && mark != "**" || rest.starts_with([' ', '*', '_', '~']) {
            continue;
        }
        let closes = |(at, _): &(usize, &str)| {
            let after = rest[at + mark.len()..].chars().next();
            let free = mark == "**" || !after.is_some_and(char::is_alphanumeric);
            *at > 0 && !rest[..*at].ends_with(' ') && free
        };
        let Some((at, _)) = rest.match_indices(mark).find(closes) else {
            *open = true;
            return None;
        };
        return Some((&rest[..at], &rest[at + mark.len()..], false));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_markdown_is_plain_words() {
        let cases = [
            ("The header **wins**, capped.", "The header wins, capped."),
            ("capped at `self.cap`.", "capped at self.cap."),
            ("## Summary", "Summary"),
            ("> - *done*: __all__ of it", "done: all of it"),
            ("1. first", "1. first"),
            ("see [the page](https://a.b/c) now", "see the page now"),
            ("![a picture](x.png)", "a picture"),
            ("***both*** and ~~gone~~", "both and gone"),
            ("**bold with `code **` in it**", "bold with code ** in it"),
            // What is no mark stays.
            ("a * b and snake_case_name", "a * b and snake_case_name"),
            ("2 ** 3, __init__ of x", "2 ** 3, init of x"),
            ("unclosed **bold", "unclosed **bold"),
            ("one ` tick", "one ` tick"),
            ("#hashtag and #12", "#hashtag and #12"),
            (r"an \*escaped\* star", "an *escaped* star"),
            ("array[0](x", "array[0](x"),
            ("你好 **世界**", "你好 世界"),
        ];
        for (line, expected) in cases {
            assert_eq!(first_line(line), expected, "{line}");
        }
    }

    #[test]
    fn lines_that_say_nothing_are_passed_over() {
        let text = "\n---\n```rust\nlet **a**;\n```\n\n| x |\n|---|\n\nlast *words*\n***\n";
        assert_eq!(first_line(text), "let a;");
        assert_eq!(last_line(text), "last words");
        assert_eq!(first_line("###\n"), "");
        assert_eq!(first_line(&"x".repeat(999)).len(), LONGEST);
    }
}
