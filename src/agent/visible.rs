//! Text from outside made safe to show: nothing a model, a tool, a file name or a server says reaches a terminal unread.

use std::borrow::Cow;

/// The text without what could steer a terminal or mislead an eye: escape sequences with all they carry, other control
/// characters but tab and line feed, bidirectional overrides, zero-width and tag characters. A carriage return before a
/// line feed is dropped; a lone one starts its line anew, as a terminal would show it.
pub fn clean(text: &str) -> Cow<'_, str> {
    let safe = |c: char| c == '\n' || c == '\t' || !(c.is_control() || is_hidden(c));
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

/// The text with every character that `clean` would drop written out as `\u{…}`, for places where a person decides on it. What
/// is typed so is told apart by its backslash, which is written out too: no two texts look the same.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c == '\\' && text[at..].starts_with("\\u{") {
            out.extend(c.escape_unicode());
        } else if c == '\n' || !(c.is_control() || is_hidden(c)) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

/// Characters that are drawn as nothing or turn the reading order: zero width, bidirectional controls, tags, variation
/// selectors of the supplement, interlinear marks. The joiners of emoji and Indic text (U+200C, U+200D) stay.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
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
            text in r"(\PC|[\x00-\x1f\u{200b}\u{202e}\u{2066}]|\\u\{|\\|[0-9a-f]\}){0,40}"
        ) {
            proptest::prop_assert_eq!(read_back(&escaped(&text)), text);
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
