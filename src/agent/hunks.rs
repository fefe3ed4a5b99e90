//! A change taken in parts: the runs of changed lines of a patch, of which a person may take some and leave the others.

use std::ops::Range;

use crate::agent::visible::one_line;

/// One run of changed lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Where it begins in the file as it is; counts from 1.
    pub line: usize,
    pub removed: usize,
    pub added: usize,
    /// The first line that comes, or else the first that goes.
    pub first: String,
}

/// What a line of a patch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Heading,
    Same,
    Goes,
    Comes,
    /// Says of the line before that it has no end.
    Endless,
}

fn sign(line: &str) -> Sign {
    match line.as_bytes().first() {
        Some(b'@') => Sign::Heading,
        Some(b'-') => Sign::Goes,
        Some(b'+') => Sign::Comes,
        Some(b'\\') => Sign::Endless,
        _ => Sign::Same,
    }
}

/// A line with all that stands in it: the end of a line of the file may be one sign more.
struct Line<'p> {
    text: &'p str,
    sign: Sign,
    /// The run of changed lines it belongs to.
    run: Option<usize>,
}

/// A patch line by line. This is what says where a run begins and ends.
fn walk(patch: &str) -> impl Iterator<Item = Line<'_>> {
    let (mut count, mut open) = (0usize, false);
    patch.split_terminator('\n').map(move |text| {
        let sign = sign(text);
        // What says something of the line before belongs to it.
        if sign != Sign::Endless {
            let changes = matches!(sign, Sign::Goes | Sign::Comes);
            count += usize::from(changes && !open);
            open = changes;
        }
        let run = count.checked_sub(1).filter(|_| open);
        Line { text, sign, run }
    })
}

/// The hunks of a patch without a file header, in their order.
pub fn hunks(patch: &str) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut number = 0;
    for Line { text, sign, run } in walk(patch) {
        if run.is_some_and(|run| run == hunks.len()) {
            hunks.push(Hunk {
                line: number,
                removed: 0,
                added: 0,
                first: String::new(),
            });
        }
        match (sign, hunks.last_mut()) {
            (Sign::Heading, _) => number = starts(text).map_or(0, |(old, _)| old),
            (Sign::Same, _) => number += 1,
            (Sign::Goes | Sign::Comes, Some(hunk)) => {
                let comes = sign == Sign::Comes;
                if hunk.first.is_empty() || (comes && hunk.added == 0) {
                    hunk.first = one_line(text.get(1..).unwrap_or_default());
                }
                hunk.removed += usize::from(!comes);
                hunk.added += usize::from(comes);
                number += usize::from(!comes);
            }
            (Sign::Goes | Sign::Comes | Sign::Endless, _) => {}
        }
    }
    hunks
}

/// Whether there is more than one, which is all that many looks want to know.
pub fn are_several(patch: &str) -> bool {
    walk(patch).any(|line| line.run == Some(1))
}

/// The patch with these of its hunks alone: what the others would take away stays as it is.
pub fn only(patch: &str, kept: &[bool]) -> String {
    taken(patch, kept).0
}

/// Which lines of that text are those of one of the hunks; none, at its place, where it would only have added some and is left.
pub fn place(patch: &str, kept: &[bool], hunk: usize) -> Range<usize> {
    let places = taken(patch, kept).1;
    places.get(hunk).cloned().unwrap_or_default()
}

/// The patch with these of its hunks, and the lines of it that are those of each hunk of all.
fn taken(patch: &str, kept: &[bool]) -> (String, Vec<Range<usize>>) {
    let mut text = String::new();
    // Lines that stand in the text so far.
    let mut count = 0;
    let mut places: Vec<Range<usize>> = Vec::new();
    // By how many lines the new file is shorter than the patch says, up to here.
    let mut less: i64 = 0;
    // The last line is one that does not come, and what is said of it neither.
    let mut dropped = false;
    let mut headings: Vec<(usize, i64)> = Vec::new();
    for line in walk(patch) {
        let takes = line
            .run
            .is_none_or(|run| kept.get(run).copied().unwrap_or(true));
        if line.run == Some(places.len()) {
            places.push(count..count);
        }
        let (sign, said) = match line.sign {
            Sign::Goes if !takes => {
                less -= 1;
                (" ", line.text.get(1..).unwrap_or_default())
            }
            Sign::Comes if !takes => {
                less += 1;
                dropped = true;
                continue;
            }
            Sign::Endless if dropped => continue,
            Sign::Heading => {
                headings.push((text.len(), less));
                ("", line.text)
            }
            Sign::Same | Sign::Goes | Sign::Comes | Sign::Endless => ("", line.text),
        };
        dropped = false;
        text.extend([sign, said, "\n"]);
        count += 1;
        if let Some(place) = line.run.and_then(|run| places.get_mut(run)) {
            place.end = count;
        }
    }
    // From the last on, so that the places of the others stay true.
    let mut end = less;
    for (place, before) in headings.into_iter().rev() {
        let until = text[place..].find('\n').map_or(text.len(), |at| place + at);
        if let Some(heading) = moved(&text[place..until], before, end - before) {
            text.replace_range(place..until, &heading);
        }
        end = before;
    }
    (text, places)
}

/// The first lines that a heading `@@ -15,3 +16,4 @@` names.
fn starts(heading: &str) -> Option<(usize, usize)> {
    let mut words = heading.split(' ').skip(1);
    let mut first = |sign: char| {
        let word = words.next()?.strip_prefix(sign)?;
        word.split(',').next()?.parse().ok()
    };
    Some((first('-')?, first('+')?))
}

/// A heading whose new lines begin earlier, and are fewer; none where it stays as it is.
fn moved(heading: &str, earlier: i64, fewer: i64) -> Option<String> {
    if (earlier, fewer) == (0, 0) {
        return None;
    }
    let mut words = heading.split(' ');
    let (old, new) = (words.nth(1)?, words.next()?.strip_prefix('+')?);
    let (start, count) = new.split_once(',').unwrap_or((new, "1"));
    let (start, count): (i64, i64) = (start.parse().ok()?, count.parse().ok()?);
    let left = count - fewer;
    // Of no lines the one before them is named.
    let start = start - earlier + i64::from(count == 0) - i64::from(left == 0);
    Some(format!("@@ {old} +{start},{left} @@"))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    const PATCH: &str = "@@ -2,6 +2,7 @@\n two\n-three\n+drei\n+vier\n four\n-five\n six\n+seven\n end\n\
                         @@ -20,2 +21,2 @@\n twenty\n-last\n+end\n\\ No newline at end of file\n";

    #[test]
    fn a_run_of_changed_lines_is_one() {
        let hunk = |line, removed, added, first: &str| Hunk {
            line,
            removed,
            added,
            first: first.to_owned(),
        };
        assert_eq!(
            hunks(PATCH),
            [
                hunk(3, 1, 2, "drei"),
                hunk(5, 1, 0, "five"),
                hunk(7, 0, 1, "seven"),
                hunk(21, 1, 1, "end"),
            ]
        );
        assert_eq!(hunks(""), []);
        assert!(are_several(PATCH) && !are_several("@@ -1 +1 @@\n-a\n+b\n c\n"));
        assert_eq!(hunks("@@ -0,0 +1 @@\n+a\n"), [hunk(0, 0, 1, "a")]);
    }

    #[test]
    fn what_is_left_is_as_it_was() {
        assert_eq!(only(PATCH, &[true; 4]), PATCH);
        let ends = "@@ -1,2 +1,2 @@\n-a\n+a\r\n b\r\n";
        assert_eq!(only(ends, &[true]), ends);
        assert_eq!(only(ends, &[false]), "@@ -1,2 +1,2 @@\n a\n b\r\n");
        assert_eq!(
            only(PATCH, &[false, true, false, true]),
            "@@ -2,6 +2,5 @@\n two\n three\n four\n-five\n six\n end\n\
             @@ -20,2 +19,2 @@\n twenty\n-last\n+end\n\\ No newline at end of file\n"
        );
        assert_eq!(
            only(PATCH, &[true, false, true, false]),
            "@@ -2,6 +2,8 @@\n two\n-three\n+drei\n+vier\n four\n five\n six\n+seven\n end\n\
             @@ -20,2 +22,2 @@\n twenty\n last\n"
        );
    }

    #[test]
    fn each_hunk_has_its_lines_whichever_are_left() {
        let cases = [
            ([true; 4], [2..5, 6..7, 8..9, 12..15]),
            ([false, true, false, true], [2..3, 4..5, 6..6, 9..12]),
            ([true, false, true, false], [2..5, 6..7, 8..9, 12..13]),
        ];
        for (kept, places) in cases {
            let found: Vec<_> = (0..4).map(|hunk| place(PATCH, &kept, hunk)).collect();
            assert_eq!(found, places, "{kept:?}");
        }
        assert_eq!(place(PATCH, &[true; 4], 4), 0..0);
    }
}
