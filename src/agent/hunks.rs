//! A change taken in parts: the runs of changed lines of a patch, of which a person may take some and leave the others.

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

/// Its lines with all that stands in them: the end of a line of the file may be one sign more.
fn lines(patch: &str) -> impl Iterator<Item = &str> {
    patch.split_terminator('\n')
}

/// The hunks of a patch without a file header, in their order.
pub fn hunks(patch: &str) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let (mut line, mut open) = (0, false);
    for text in lines(patch) {
        let kind = sign(text);
        match kind {
            Sign::Heading => line = starts(text).map_or(0, |(old, _)| old),
            Sign::Same => line += 1,
            Sign::Endless => continue,
            Sign::Goes | Sign::Comes => {
                if !open {
                    hunks.push(Hunk {
                        line,
                        removed: 0,
                        added: 0,
                        first: String::new(),
                    });
                }
                if let Some(hunk) = hunks.last_mut() {
                    let said = one_line(text.get(1..).unwrap_or_default());
                    if hunk.first.is_empty() || (kind == Sign::Comes && hunk.added == 0) {
                        hunk.first = said;
                    }
                    if kind == Sign::Goes {
                        hunk.removed += 1;
                    } else {
                        hunk.added += 1;
                    }
                }
                line += usize::from(kind == Sign::Goes);
            }
        }
        open = matches!(kind, Sign::Goes | Sign::Comes);
    }
    hunks
}

/// Whether there is more than one, which is all that many looks want to know.
pub fn are_several(patch: &str) -> bool {
    let (mut count, mut open) = (0, false);
    for kind in patch
        .lines()
        .map(sign)
        .filter(|kind| *kind != Sign::Endless)
    {
        let changes = matches!(kind, Sign::Goes | Sign::Comes);
        count += usize::from(changes && !open);
        if count > 1 {
            return true;
        }
        open = changes;
    }
    false
}

/// The patch with these of its hunks alone: what the others would take away stays as it is.
pub fn only(patch: &str, kept: &[bool]) -> String {
    let mut text = String::new();
    let (mut at, mut open) = (0usize, false);
    // By how many lines the new file is shorter than the patch says, up to here.
    let mut less: i64 = 0;
    let mut dropped = false;
    let mut headings: Vec<(usize, i64)> = Vec::new();
    for line in lines(patch) {
        let kind = sign(line);
        let changes = matches!(kind, Sign::Goes | Sign::Comes);
        if changes && !open {
            at += 1;
        }
        let takes = !changes || kept.get(at.wrapping_sub(1)).copied().unwrap_or(true);
        if kind != Sign::Endless {
            open = changes;
            dropped = false;
        }
        match kind {
            Sign::Heading => {
                headings.push((text.len(), less));
                text.push_str(line);
                text.push('\n');
            }
            Sign::Endless if dropped => {}
            Sign::Goes if !takes => {
                less -= 1;
                text.push(' ');
                text.push_str(&line[1..]);
                text.push('\n');
            }
            Sign::Comes if !takes => {
                less += 1;
                dropped = true;
            }
            Sign::Same | Sign::Goes | Sign::Comes | Sign::Endless => {
                text.push_str(line);
                text.push('\n');
            }
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
    text
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

/// A heading whose new lines begin earlier, and are fewer.
fn moved(heading: &str, earlier: i64, fewer: i64) -> Option<String> {
    let mut words = heading.split(' ');
    let (old, new) = (words.nth(1)?, words.next()?.strip_prefix('+')?);
    let (start, count) = new.split_once(',').unwrap_or((new, "1"));
    let (start, count): (i64, i64) = (start.parse().ok()?, count.parse().ok()?);
    Some(format!(
        "@@ {old} +{},{} @@",
        start - earlier,
        count - fewer
    ))
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
}
