//! Text from outside made safe to show: nothing a model, a tool, a file name or a server says reaches a terminal unread.

use std::borrow::Cow;

use crate::agent::alike::{self, Scope};

/// The text without what could steer a terminal or mislead an eye: escape sequences with all they carry, other control
/// characters but tab and line feed, bidirectional overrides, zero-width and tag characters, and joiners where nothing is
/// joined. A carriage return before a line feed is dropped; a lone one starts its line anew, as a terminal would show it.
pub fn clean(text: &str) -> Cow<'_, str> {
    let mut unseen = unseen(text);
    let safe = |c: char| !unseen(c) && (!c.is_control() || c == '\n' || c == '\t');
    if text.chars().all(safe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut line_start = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => {
                out.push(c);
                line_start = out.len();
            }
            '\t' => out.push(c),
            '\r' => {
                if chars.peek().is_some_and(|&next| next != '\n') {
                    out.truncate(line_start);
                }
            }
            '\u{8}' => {
                if out.len() > line_start {
                    out.pop();
                }
            }
            '\u{1b}' => skip_sequence(&mut chars),
            // The eight-bit forms of CSI, and of the sequences that carry a string.
            '\u{9b}' => skip_control(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            c if c.is_control() || is_hidden(c) => {}
            c if is_joiner(c) => {
                if joins(out.chars().next_back(), c, chars.peek().copied()) {
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The text as it is copied: cleaned, but with the line ends it had. Cleaning it again gives what is shown.
pub fn kept(text: &str) -> Cow<'_, str> {
    if !text.contains("\r\n") {
        return clean(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix("\r\n") {
            Some(line) => {
                out.push_str(&clean(line));
                out.push_str("\r\n");
            }
            None => out.push_str(&clean(line)),
        }
    }
    Cow::Owned(out)
}

/// The text on one line, for titles and cards: cleaned, with every run of blanks and line ends as one space.
pub fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text with every character that `clean` would drop written out as `\u{…}`. What is typed so is told apart by its backslash,
/// which is written out too.
pub fn escaped(text: &str) -> String {
    let mut unseen = unseen(text);
    written(text, |_, c| unseen(c))
}

/// The same, with where a byte of the text stands in it.
pub fn escaped_at(text: &str, at: usize) -> (String, usize) {
    let mut unseen = unseen(text);
    written_at(text, at, |_, c| unseen(c))
}

/// A command, a path or a rule as a person decides on it: written out is all that cannot be seen, or that would be taken for
/// something else ([`alike`]). No two texts look the same.
pub fn as_command(text: &str) -> String {
    as_command_at(text, 0).0
}

/// The same, with where a byte of the text stands in it.
pub fn as_command_at(text: &str, at: usize) -> (String, usize) {
    let alike = alike::spots(text, Scope::Command);
    written_at(text, at, |at, c| {
        is_hidden(c) || is_joiner(c) || is_blank(c) || alike.binary_search(&at).is_ok()
    })
}

/// What would stand in a file, as a person decides on it: written out is what cannot be seen, but for what joins letters and
/// emoji, and letters of another script within a word.
pub fn as_change(text: &str) -> String {
    let alike = alike::spots(text, Scope::Change);
    let mut unseen = unseen(text);
    written(text, |at, c| unseen(c) || alike.binary_search(&at).is_ok())
}

/// A change that was made, as it is shown: as [`as_change`] where something of it cannot be seen or would be taken for something
/// else, else as it is. Tabs and line ends stay.
pub fn change_made(patch: &str) -> Cow<'_, str> {
    let unix = patch.replace("\r\n", "\n");
    let is_plain = matches!(clean(&unix), Cow::Borrowed(_));
    if is_plain && alike::spots(patch, Scope::Change).is_empty() {
        return Cow::Borrowed(patch);
    }
    let mut out = String::with_capacity(patch.len() + 64);
    for whole in patch.split_inclusive('\n') {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = line.strip_suffix('\r').unwrap_or(line);
        for (nth, part) in line.split('\t').enumerate() {
            if nth > 0 {
                out.push('\t');
            }
            out.push_str(&as_change(part));
        }
        out.push_str(&whole[line.len()..]);
    }
    Cow::Owned(out)
}

/// Whether something in a text cannot be seen.
pub fn hides(text: &str) -> bool {
    let unseen = unseen(text);
    text.chars().any(unseen)
}

/// Says of one character of the text after the other whether it cannot be seen there.
fn unseen(text: &str) -> impl FnMut(char) -> bool + '_ {
    let mut before = None;
    let mut behind = text.chars();
    move |c| {
        behind.next();
        let hidden = is_hidden(c) || is_joiner(c) && !joins(before, c, behind.clone().next());
        before = Some(c);
        hidden
    }
}

/// The text with control characters and what is told of each character and its place written out.
fn written(text: &str, is_written: impl FnMut(usize, char) -> bool) -> String {
    written_at(text, 0, is_written).0
}

/// The same, with where a byte of the text stands in it.
fn written_at(
    text: &str,
    wanted: usize,
    mut is_written: impl FnMut(usize, char) -> bool,
) -> (String, usize) {
    let mut out = String::with_capacity(text.len());
    let mut place = None;
    for (at, c) in text.char_indices() {
        if at >= wanted && place.is_none() {
            place = Some(out.len());
        }
        let typed_so = c == '\\' && text[at..].starts_with("\\u{");
        if is_written(at, c) || typed_so || c != '\n' && c.is_control() {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    let place = place.unwrap_or(out.len());
    (out, place)
}

/// Characters that are drawn as nothing or turn the reading order, whatever they stand beside: those that Unicode calls default
/// ignorable (`DerivedCoreProperties.txt`) but for [joiners](is_joiner), bidirectional controls, separators of lines and
/// paragraphs, interlinear marks.
fn is_hidden(c: char) -> bool {
    // Nearly all text ends here.
    if c < '\u{ad}' {
        return false;
    }
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'
        | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters that are drawn as nothing by themselves and change what they stand beside: the joiners, the selectors of a form.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Whether such a character does something there. Terminals draw one that does nothing in ways that differ.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_letter = |c: char| matches!(c, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    let is_sign = |c: char| matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
    let Some(before) = before else { return false };
    match c {
        // At the end of a text that may be one of several its letter is the one to come.
        '\u{200c}' | '\u{200d}' if is_letter(before) => after.is_none_or(is_letter),
        '\u{200c}' | '\u{200d}' => {
            (is_sign(before) || before == '\u{fe0f}') && after.is_some_and(is_sign)
        }
        // Digits, `#` and `*` become keys; `©` and all that comes behind it has forms.
        _ => {
            matches!(before, '0'..='9' | '#' | '*' | '\u{a9}'..)
                && !is_joiner(before)
                && !is_hidden(before)
        }
    }
}

/// Blanks that are none to a shell, or drawn as one.
pub(crate) fn is_blank(c: char) -> bool {
    c != ' ' && c != '\n' && c.is_whitespace() || c == '\u{2800}'
}

fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => skip_control(chars),
        Some('P' | 'X' | ']' | '^' | '_') => skip_string(chars),
        // Two-character sequences, and those with intermediates such as `ESC ( B`.
        Some(' '..='/') => {
            while chars.peek().is_some_and(|c| (' '..='/').contains(c)) {
                chars.next();
            }
            chars.next();
        }
        _ => {}
    }
}

fn skip_control(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        match c {
            ' '..='?' => {
                chars.next();
            }
            '@'..='~' => {
                chars.next();
                return;
            }
            // Broken off: what follows is text again.
            _ => return,
        }
    }
}

/// Skips to the string's terminator; one that is never closed ends with its line, so that it cannot swallow the rest.
fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        match c {
            '\n' => return,
            '\u{7}' | '\u{9c}' => {
                chars.next();
                return;
            }
            '\u{1b}' => {
                chars.next();
                if chars.peek() == Some(&'\\') {
                    chars.next();
                }
                return;
            }
            _ => {
                chars.next();
            }
        }
    }
}

/// The first line with text in it, cleaned and cut to a length that fits any list.
pub fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(one_line)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    line.chars().take(200).collect()
}

/// The text on one line of at most `most` characters, with an ellipsis for what is cut from its end.
pub fn brief(text: &str, most: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= most {
        return line;
    }
    line.chars()
        .take(most.saturating_sub(1))
        .chain(['…'])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_was_made_hides_nothing() {
        let cases = [
            ("+\ta\r\n \\u{202e} b\n", "+\ta\r\n \\u{202e} b\n"),
            (
                "-\tif (a != \"user\u{202e} \u{2066}// x\u{2069} \") {\r\n+b\n",
                "-\tif (a != \"user\\u{202e} \\u{2066}// x\\u{2069} \") {\r\n+b\n",
            ),
            ("+a\rb\u{1b}[8mc", "+a\\u{d}b\\u{1b}[8mc"),
            ("+let p\u{430}th", "+let p\\u{430}th"),
        ];
        for (patch, expected) in cases {
            assert_eq!(change_made(patch), expected, "{patch:?}");
            assert!(matches!(clean(&change_made(patch)), Cow::Borrowed(_)) || patch.contains('\r'));
        }
    }

    #[test]
    fn only_text_is_left() {
        let cases = [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]52;c;c2VjcmV0\u{1b}\\after", "after"),
            ("\u{1b}]8;;http://evil\nnext line", "\nnext line"),
            ("\u{1b}Pq#0;2;0;0;0\u{1b}\\x", "x"),
            ("\u{9b}2Jx\u{9d}0;t\u{9c}y", "xy"),
            ("10%\r50%\r100%\n", "100%\n"),
            ("dos\r\nline", "dos\nline"),
            ("abc\u{8}\u{8}X", "aX"),
            ("bell\u{7} null\0", "bell null"),
            ("\u{1b}(Bx\u{1b}=y\u{1b}7z", "xyz"),
            ("a\u{202e}b\u{200b}c\u{e0041}d", "abcd"),
            ("broken \u{1b}[12", "broken "),
            ("汉字 👩\u{200d}💻", "汉字 👩\u{200d}💻"),
            (
                "❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3}",
                "❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3}",
            ),
            ("می\u{200c}خواهم क्\u{200d}ष", "می\u{200c}خواهم क्\u{200d}ष"),
            ("a\u{200d}b c\u{fe0f} \u{200d}👩\u{200d}", "ab c 👩"),
            ("汉\u{200d}字 ❤\u{fe0f}\u{fe0f}", "汉字 ❤\u{fe0f}"),
            ("می\u{200c} x", "می x"),
            ("می\u{200c}", "می\u{200c}"),
            ("a\u{34f}\u{115f}\u{3164}\u{ffa0}\u{17b4}b", "ab"),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_copied_keeps_its_line_ends() {
        for (text, expected) in [
            ("a\r\nb\n\u{1b}[1mc\u{1b}[0m", "a\r\nb\nc"),
            ("10%\r20%\r\n", "20%\r\n"),
            ("plain", "plain"),
        ] {
            assert_eq!(kept(text), expected, "{text:?}");
            assert_eq!(clean(&kept(text)), clean(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_decided_on_is_written_out() {
        assert_eq!(escaped("rm\u{202e}x\u{1b}[2K"), r"rm\u{202e}x\u{1b}[2K");
        assert_eq!(escaped("a\tb"), r"a\u{9}b");
        assert_eq!(escaped(r"rm \u{202e}x"), r"rm \u{5c}u{202e}x");
        assert_eq!(
            escaped("a\u{200d}b 👩\u{200d}💻"),
            "a\\u{200d}b 👩\u{200d}💻"
        );
    }

    #[test]
    fn a_command_and_a_change_hide_nothing() {
        for (text, command, change) in [
            ("ls a\u{200d}.txt", r"ls a\u{200d}.txt", r"ls a\u{200d}.txt"),
            ("git\u{a0}push", r"git\u{a0}push", "git\u{a0}push"),
            (
                "ls \u{2800}x\u{3000}y",
                r"ls \u{2800}x\u{3000}y",
                "ls \u{2800}x\u{3000}y",
            ),
            ("echo ❤\u{fe0f}", r"echo ❤\u{fe0f}", "echo ❤\u{fe0f}"),
            ("ls /а сat", r"ls /\u{430} \u{441}at", r"ls /а \u{441}at"),
            (
                "x\u{202e}y а1b",
                r"x\u{202e}y \u{430}1b",
                r"x\u{202e}y \u{430}1b",
            ),
            ("a\nb", "a\nb", "a\nb"),
        ] {
            assert_eq!(as_command(text), command, "{text:?}");
            assert_eq!(as_change(text), change, "{text:?}");
        }
    }

    /// The text that `escaped` was given.
    fn read_back(shown: &str) -> String {
        let mut text = String::new();
        let mut rest = shown;
        while let Some((before, escape)) = rest.split_once("\\u{") {
            let (digits, after) = escape.split_once('}').unwrap_or_default();
            let number = u32::from_str_radix(digits, 16).unwrap_or_default();
            text.push_str(before);
            text.extend(char::from_u32(number));
            rest = after;
        }
        text.push_str(rest);
        text
    }

    proptest::proptest! {
        #[test]
        fn no_two_texts_are_shown_alike(
            text in r"(\PC|[a-cа-с]|[\x00-\x1f\u{200b}\u{200d}\u{202e}\u{2066}\u{3164}\u{fe0f}]|\\u\{|\\|[0-9a-f]\}){0,40}"
        ) {
            let shown = as_command(&text);
            proptest::prop_assert!(!shown.chars().any(|c| is_hidden(c) || is_joiner(c) || is_blank(c)));
            proptest::prop_assert_eq!(read_back(&shown), text.as_str());
            for (at, _) in text.char_indices() {
                let (whole, place) = as_command_at(&text, at);
                proptest::prop_assert_eq!(&whole, &shown);
                proptest::prop_assert_eq!(read_back(&whole[..place]), &text[..at]);
            }
            proptest::prop_assert_eq!(read_back(&escaped(&text)), text.as_str());
            proptest::prop_assert_eq!(read_back(&as_change(&text)), text);
        }
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        for text in [
            "\u{1b}\u{1b}[31m[31mx",
            "\u{1b}]\u{1b}]a\u{7}b\u{7}",
            "\r\r\u{8}\u{9b}",
        ] {
            let once = clean(text).into_owned();
            assert_eq!(clean(&once), once);
        }
    }

    #[test]
    fn long_texts_are_cut_to_one_line() {
        for (text, most, expected) in [
            ("one\ntwo", 7, "one two"),
            ("one\ntwo", 6, "one t…"),
            ("é\u{1b}[2J", 3, "é"),
            ("", 0, ""),
            ("ab", 0, "…"),
        ] {
            assert_eq!(brief(text, most), expected, "{text:?}");
        }
        assert_eq!(first_line("\n \n  two\tx\nthree"), "two x");
    }
}
