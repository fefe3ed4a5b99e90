//! Where an edit was meant though its blanks differ: the same lines with another indentation, other blanks at their ends, or
//! typographic marks in place of plain ones. Pure. It answers only where there is exactly one such place and the new lines can
//! be indented without guessing.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use crate::tool::shared::economy::prefix;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    One(Spot),
    /// Numbers of the lines where it could be.
    Several(Vec<u64>),
    Nowhere,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Bytes to be replaced.
    pub range: Range<usize>,
    /// What to put there, indented as the file is.
    pub new: String,
    /// Counted from 1.
    pub line: u64,
}

/// How many lines of what is sought help to find what is nearest, and how many of the file are shown.
const NEAREST_SOUGHT: usize = 40;
const NEAREST_SHOWN: usize = 8;
const NEAREST_LINE: usize = 160;

/// One line of a file: where its content lies, without its end.
struct Line<'a> {
    start: usize,
    text: &'a str,
    /// Past the line's end.
    next: usize,
}

pub fn find(text: &str, old: &str, new: &str) -> Found {
    let sought: Vec<_> = old
        .strip_suffix('\n')
        .unwrap_or(old)
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    let folded: Vec<_> = sought.iter().map(|line| fold(line)).collect();
    if folded.iter().all(String::is_empty) {
        return Found::Nowhere;
    }
    let lines = lines(text);
    let starts: Vec<_> = (0..lines.len())
        .filter(|&start| {
            start + folded.len() <= lines.len()
                && folded
                    .iter()
                    .zip(&lines[start..])
                    .all(|(sought, line)| alike(sought, line.text))
        })
        .collect();
    match starts[..] {
        [] => Found::Nowhere,
        [start] => {
            let here = &lines[start..start + sought.len()];
            spot(
                text,
                here,
                &sought,
                old.ends_with('\n'),
                new,
                start as u64 + 1,
            )
            .map_or(Found::Nowhere, Found::One)
        }
        _ => Found::Several(starts.iter().map(|&start| start as u64 + 1).collect()),
    }
}

fn spot(
    text: &str,
    here: &[Line<'_>],
    sought: &[&str],
    ended: bool,
    new: &str,
    line: u64,
) -> Option<Spot> {
    let (first, last) = (here.first()?, here.last()?);
    let indents = indents(here, sought)?;
    let mut new: String = new
        .split_inclusive('\n')
        .map(|line| indented(line, &indents))
        .collect();
    let content_end = last.start + last.text.len();
    let end = if ended && text[content_end..last.next].ends_with('\n') {
        last.next
    } else {
        if ended {
            // The file's last line has no end, and keeps having none.
            let bare = new.strip_suffix('\n').unwrap_or(&new);
            new.truncate(bare.strip_suffix('\r').unwrap_or(bare).len());
        }
        content_end
    };
    Some(Spot {
        range: first.start..end,
        new,
        line,
    })
}

/// What each indentation of the sought lines is in the file; `None` where one of them is two.
fn indents<'a>(here: &[Line<'a>], sought: &[&'a str]) -> Option<HashMap<&'a str, &'a str>> {
    let mut indents = HashMap::new();
    for (line, sought) in here.iter().zip(sought) {
        if sought.trim().is_empty() {
            continue;
        }
        let (theirs, ours) = (indent(sought), indent(line.text));
        if *indents.entry(theirs).or_insert(ours) != ours {
            return None;
        }
    }
    Some(indents)
}

fn indented(line: &str, indents: &HashMap<&str, &str>) -> String {
    let theirs = indent(line);
    let content = &line[theirs.len()..];
    if content.trim().is_empty() {
        return line.to_owned();
    }
    if let Some(ours) = indents.get(theirs) {
        return format!("{ours}{content}");
    }
    // Deeper than a known one: that one, and the rest in the file's own blanks.
    let deeper = indents
        .iter()
        .filter(|(known, _)| theirs.starts_with(**known))
        .max_by_key(|(known, _)| known.len());
    if let Some((known, ours)) = deeper {
        let rest = &theirs[known.len()..];
        return format!("{ours}{}{content}", in_the_files_blanks(rest, indents));
    }
    // Shallower than every known one: as much less of the file's.
    let shallower = indents
        .iter()
        .filter(|(known, _)| known.starts_with(theirs))
        .min_by_key(|(known, _)| known.len());
    if let Some((known, ours)) = shallower {
        let less = in_the_files_blanks(&known[theirs.len()..], indents);
        if let Some(ours) = ours.strip_suffix(less.as_str()) {
            return format!("{ours}{content}");
        }
    }
    line.to_owned()
}

/// Spaces as tabs, or tabs as spaces, in the ratio the known pairs show.
fn in_the_files_blanks(blanks: &str, indents: &HashMap<&str, &str>) -> String {
    let ratio = indents
        .iter()
        .filter(|(theirs, ours)| !theirs.is_empty() && !ours.is_empty())
        .min_by_key(|(theirs, _)| theirs.len());
    let only = |text: &str, blank: char| text.chars().all(|c| c == blank);
    match ratio {
        Some((theirs, ours)) if only(theirs, ' ') && only(ours, '\t') && only(blanks, ' ') => {
            let width = (theirs.len() / ours.len()).max(1);
            "\t".repeat(blanks.len().div_ceil(width))
        }
        Some((theirs, ours)) if only(theirs, '\t') && only(ours, ' ') && only(blanks, '\t') => {
            " ".repeat(blanks.len() * (ours.len() / theirs.len()).max(1))
        }
        _ => blanks.to_owned(),
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let content = line.strip_suffix('\n').unwrap_or(line);
            let line = Line {
                start,
                text: content.strip_suffix('\r').unwrap_or(content),
                next: start + line.len(),
            };
            start = line.next;
            line
        })
        .collect()
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

fn alike(folded: &str, line: &str) -> bool {
    let line = line.trim();
    if line.is_ascii() {
        return line == folded;
    }
    fold(line) == folded
}

/// The line without the blanks around it, with plain marks where typographic ones stand.
fn fold(line: &str) -> String {
    line.trim()
        .chars()
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
            c => c,
        })
        .collect()
}

/// The lines of the file most like what was sought, numbered: what the model tries next. Empty when nothing is like it.
pub fn nearest(text: &str, old: &str) -> String {
    let sought: Vec<_> = old
        .trim_matches(['\n', '\r'])
        .split('\n')
        .take(NEAREST_SOUGHT)
        .map(fold)
        .collect();
    let lines = lines(text);
    let best = by_equal_lines(&lines, &sought).or_else(|| by_likeness(&lines, &sought));
    let mut shown = String::new();
    if let Some(start) = best {
        let count = sought.len().min(NEAREST_SHOWN);
        for (index, line) in lines.iter().enumerate().skip(start).take(count) {
            let _ = write!(shown, "\n{}:{}", index + 1, prefix(line.text, NEAREST_LINE));
        }
    }
    shown
}

/// The first of the places where most of the sought lines stand.
fn by_equal_lines(lines: &[Line<'_>], sought: &[String]) -> Option<usize> {
    let score = |start: usize| {
        sought
            .iter()
            .zip(&lines[start..])
            // A lone bracket stands everywhere.
            .filter(|(sought, line)| sought.len() > 3 && alike(sought, line.text))
            .count()
    };
    let (score, start) = (0..lines.len())
        .map(|start| (score(start), start))
        .max_by_key(|&(score, start)| (score, std::cmp::Reverse(start)))?;
    (score > 0).then_some(start)
}

/// The line that shares most pairs of letters with the longest one sought.
fn by_likeness(lines: &[Line<'_>], sought: &[String]) -> Option<usize> {
    let (index, longest) = sought
        .iter()
        .enumerate()
        .max_by_key(|(_, line)| line.len())?;
    let pairs = |line: &str| {
        let mut pairs: Vec<[u8; 2]> = prefix(line.trim(), 400)
            .as_bytes()
            .windows(2)
            .map(|pair| [pair[0], pair[1]])
            .collect();
        pairs.sort_unstable();
        pairs
    };
    let wanted = pairs(longest);
    let (score, line) = lines
        .iter()
        .enumerate()
        .map(|(number, line)| {
            let here = pairs(line.text);
            let shared = shared(&wanted, &here);
            (200 * shared / (wanted.len() + here.len()).max(1), number)
        })
        .max_by_key(|&(score, number)| (score, std::cmp::Reverse(number)))?;
    (score >= 50).then(|| line.saturating_sub(index))
}

/// How many elements two sorted lists have in common.
fn shared(left: &[[u8; 2]], right: &[[u8; 2]]) -> usize {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut shared = 0;
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        match l.cmp(r) {
            std::cmp::Ordering::Less => {
                left.next();
            }
            std::cmp::Ordering::Greater => {
                right.next();
            }
            std::cmp::Ordering::Equal => {
                shared += 1;
                left.next();
                right.next();
            }
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn applied(text: &str, old: &str, new: &str) -> String {
        match find(text, old, new) {
            Found::One(spot) => {
                let mut text = text.to_owned();
                text.replace_range(spot.range, &spot.new);
                format!("{}: {text}", spot.line)
            }
            Found::Several(lines) => format!("several {lines:?}"),
            Found::Nowhere => "nowhere".to_owned(),
        }
    }

    #[test]
    fn blanks_may_differ_where_the_place_is_one() {
        let cases = [
            // The indentation was left out; deeper lines keep their own.
            (
                "fn a() {\n    if x {\n        y();\n    }\n}\n",
                "if x {\n    y();\n}",
                "if x {\n    z();\n    if w {\n        v();\n    }\n}",
                "2: fn a() {\n    if x {\n        z();\n        if w {\n            v();\n        }\n    }\n}\n",
            ),
            // Too much indentation.
            (
                "a\n  b\n",
                "    a\n      b",
                "    a\n        c",
                "1: a\n    c\n",
            ),
            // Spaces for tabs.
            (
                "f:\n\tone\n\t\ttwo\n",
                "    one\n        two",
                "    one\n        two\n            three\n    four",
                "2: f:\n\tone\n\t\ttwo\n\t\t\tthree\n\tfour\n",
            ),
            // Tabs for spaces.
            (
                "f\n  one\n",
                "\tone",
                "\tone\n\t\ttwo",
                "2: f\n  one\n    two\n",
            ),
            // A shallower line than any sought.
            (
                "class A:\n\tdef b():\n\t\tpass\n",
                "        pass",
                "        pass\n    def c():",
                "3: class A:\n\tdef b():\n\t\tpass\n\tdef c():\n",
            ),
            // Blanks at line ends, and the line end itself.
            ("a  \nb\t\nc\n", "a\nb\n", "x\n", "1: x\nc\n"),
            ("a\nb", "b\n", "c\n", "2: a\nc"),
            ("a\r\nb\r\nc\r\n", "a \r\nb\r\n", "x\r\n", "1: x\r\nc\r\n"),
            // Typographic marks.
            (
                "say “hello”—now\n",
                "say \"hello\"-now",
                "say \"bye\"",
                "1: say \"bye\"\n",
            ),
            // An empty line within stays empty.
            ("  a\n\n  b\n", "a\n\nb", "a\n\nc", "1:   a\n\n  c\n"),
        ];
        for (text, old, new, expected) in cases {
            assert_eq!(applied(text, old, new), expected, "{old:?} in {text:?}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        let cases = [
            ("a\n a\n", "  a", "several [1, 2]"),
            ("a b\n", "a  b", "nowhere"),
            ("a\n", " \n ", "nowhere"),
            ("a\n", "", "nowhere"),
            ("", "a", "nowhere"),
            // One indentation sought that is two in the file: nobody can tell where new lines belong.
            ("if a:\n    b\n", "if a:\nb", "nowhere"),
            ("a\nb\n", "b\nc", "nowhere"),
        ];
        for (text, old, expected) in cases {
            assert_eq!(applied(text, old, "x"), expected, "{old:?} in {text:?}");
        }
    }

    #[test]
    fn what_is_nearest_is_shown() {
        let text = "fn one() {\n    let total = count + 1;\n    print(total);\n}\n";
        let cases = [
            (
                "fn two() {\n    let total = count + 1;\n    print(sum);",
                "\n1:fn one() {\n2:    let total = count + 1;\n3:    print(total);",
            ),
            ("let totals = count + 2;", "\n2:    let total = count + 1;"),
            ("something else entirely", ""),
            ("", ""),
        ];
        for (old, expected) in cases {
            assert_eq!(nearest(text, old), expected, "{old:?}");
        }
    }

    proptest! {
        #[test]
        fn an_indented_block_is_found_and_all_else_stays(
            before in prop::collection::vec("[ \\t]{0,3}[a-m]{1,3} ?", 0..6),
            block in prop::collection::vec("[n-z]{4,6}", 1..5),
            after in prop::collection::vec("[ \\t]{0,3}[a-m]{1,3} ?", 0..6),
            (theirs, ours) in ("[ ]{0,8}|\\t{0,2}", "[ ]{0,8}|\\t{0,2}"),
        ) {
            let join = |indent: &str| block.iter().map(|line| format!("{indent}{line}\n")).collect::<Vec<_>>().concat();
            let (before, after) = (before.join("\n") + "\n", after.join("\n"));
            let text = format!("{before}{}{after}", join(&ours));
            let Found::One(spot) = find(&text, &join(&theirs), &join(&theirs).to_uppercase()) else {
                return Err(TestCaseError::fail("not found"));
            };
            let mut changed = text;
            changed.replace_range(spot.range, &spot.new);
            prop_assert_eq!(changed, format!("{before}{}{after}", join(&ours).to_uppercase()));
        }

        #[test]
        fn nothing_breaks_it(text in "[ab é\\t\\n\\r“]{0,60}", old in "[ab é\\t\\n\\r“]{0,20}", new in "[ab é\\t\\n]{0,20}") {
            if let Found::One(spot) = find(&text, &old, &new) {
                prop_assert!(text.is_char_boundary(spot.range.start) && text.is_char_boundary(spot.range.end));
            }
            nearest(&text, &old);
        }
    }
}
