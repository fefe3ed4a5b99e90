//! What may be written to a terminal, as a grammar of its own that knows nothing of how it is written: text that shows as it is, moves,
//! styles, erasing, and modes that are named here. And what a terminal would be left with.

use std::collections::BTreeMap;

/// Modes (`CSI ? N h`) that the program may set: wrapping, cursor, mouse, focus, other screen, paste, whole frames, light and dark.
const MODES: [u32; 11] = [7, 25, 1000, 1002, 1004, 1006, 1049, 2004, 2026, 2031, 12];
/// Longer links are no links.
const LONGEST: usize = 4_096;

/// What a terminal that took all of it is left with.
#[derive(Debug, Default)]
pub struct Left {
    pub titles: Vec<String>,
    pub links: Vec<String>,
    /// A link that is still open.
    pub link: Option<String>,
    /// Titles put by and not taken back.
    pub put_by: i32,
    pub modes: BTreeMap<u32, bool>,
    /// Questions, of which each is the program's own.
    pub questions: Vec<String>,
}

/// Reads all of it, or says what is not of the grammar and what stands around it.
pub fn read(bytes: &[u8]) -> Result<Left, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        format!(
            "no UTF-8 at {at}: {:?}",
            &bytes[at.saturating_sub(40)..bytes.len().min(at + 40)]
        )
    })?;
    let mut left = Left::default();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let used = if first == '\x1b' {
            sequence(rest, &mut left)
        } else {
            is_text(first).then_some(first.len_utf8())
        };
        let Some(used) = used else {
            let at = text.len() - rest.len();
            let before = &text[text.floor_char_boundary(at.saturating_sub(60))..at];
            let after = &rest[..rest.floor_char_boundary(60.min(rest.len()))];
            return Err(format!("{after:?} behind {before:?}"));
        };
        rest = &rest[used..];
    }
    Ok(left)
}

/// What shows as it is, the ends of lines, and one column back.
fn is_text(c: char) -> bool {
    match c {
        '\r' | '\n' | '\x08' => true,
        // Direction, no width, tags, what is none of any language.
        '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}'
        | '\u{ad}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}' => false,
        c => !c.is_control(),
    }
}

/// The length of the sequence that begins here, where it may be written.
fn sequence(text: &str, left: &mut Left) -> Option<usize> {
    match text.as_bytes().get(1)? {
        b'[' => {
            let body = &text[2..];
            let end = body.find(|c: char| !(' '..='?').contains(&c))?;
            let last = body[end..].chars().next()?;
            control(&body[..end], last, left).then_some(2 + end + 1)
        }
        b']' => {
            let body = &text[2..];
            let end = body.find(['\x07', '\x1b'])?;
            let closed = if body[end..].starts_with('\x07') {
                1
            } else {
                2
            };
            let whole = closed == 1 || body[end..].starts_with("\x1b\\");
            (whole && end <= LONGEST && command(&body[..end], left)).then_some(2 + end + closed)
        }
        // One row up, which moves the rows at the top.
        b'M' => Some(2),
        _ => None,
    }
}

fn control(parameters: &str, last: char, left: &mut Left) -> bool {
    let numbers = || -> Option<Vec<u32>> {
        parameters
            .split(';')
            .map(|part| {
                if part.is_empty() {
                    Some(0)
                } else {
                    part.parse().ok()
                }
            })
            .collect()
    };
    let counted = |most: usize| numbers().is_some_and(|numbers| numbers.len() <= most);
    match last {
        'A' | 'B' | 'C' | 'D' | 'G' | 'd' | 'S' | 'T' | 'L' | 'M' | 'X' | 'P' | '@' => counted(1),
        'H' | 'r' => counted(2),
        'J' => matches!(parameters, "" | "0" | "2"),
        'K' => matches!(parameters, "" | "0"),
        'm' if parameters.starts_with('>') => matches!(parameters, ">4;1" | ">4"),
        'm' => is_style(parameters),
        't' => match parameters {
            "22;0" => {
                left.put_by += 1;
                true
            }
            "23;0" => {
                left.put_by -= 1;
                true
            }
            _ => false,
        },
        'u' => matches!(parameters, ">1" | "<"),
        'n' | 'c' => {
            left.questions.push(format!("{parameters}{last}"));
            matches!((parameters, last), ("6" | "?996", 'n') | ("", 'c'))
        }
        'h' | 'l' => {
            let modes = parameters.strip_prefix('?').and_then(|modes| {
                modes
                    .split(';')
                    .map(|mode| mode.parse().ok())
                    .collect::<Option<Vec<u32>>>()
            });
            let Some(modes) = modes else { return false };
            let known = modes.iter().all(|mode| MODES.contains(mode));
            left.modes
                .extend(modes.into_iter().map(|mode| (mode, last == 'h')));
            known
        }
        _ => false,
    }
}

/// Weight, slant, lines and colours: nothing that blinks or hides.
fn is_style(parameters: &str) -> bool {
    let parts: Option<Vec<u32>> = parameters
        .replace(':', ";")
        .split(';')
        .map(|part| {
            if part.is_empty() {
                Some(0)
            } else {
                part.parse().ok()
            }
        })
        .collect();
    let Some(parts) = parts else { return false };
    let mut rest = parts.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (38 | 48 | 58, [5, colour, after @ ..]) if *colour < 256 => after,
            (38 | 48 | 58, [2, red, green, blue, after @ ..])
                if [red, green, blue].iter().all(|part| **part < 256) =>
            {
                after
            }
            (
                0..=4 | 7 | 9 | 22..=24 | 27 | 29..=37 | 39..=47 | 49 | 59 | 90..=97 | 100..=107,
                _,
            ) => after,
            _ => return false,
        };
    }
    true
}

/// What a terminal is told beside the screen: its title, a link, that something runs, and one question.
fn command(body: &str, left: &mut Left) -> bool {
    let (number, rest) = body.split_once(';').unwrap_or((body, ""));
    let plain = rest.chars().all(is_text) && !rest.contains(['\r', '\n', '\x08']);
    match number {
        "2" => {
            left.titles.push(rest.to_owned());
            plain
        }
        "8" => {
            let (_, address) = rest.split_once(';').unwrap_or(("", ""));
            left.link = Some(address.to_owned()).filter(|address| !address.is_empty());
            left.links.extend(left.link.clone());
            address.is_empty()
                || address.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
                    && ["http://", "https://", "mailto:"]
                        .iter()
                        .any(|scheme| address.starts_with(scheme))
        }
        "9" => ["4;0", "4;3", "4;4;100"].contains(&rest),
        "11" => {
            left.questions.push(body.to_owned());
            rest == "?"
        }
        _ => false,
    }
}

/// The grammar is one: it takes what is of it, and nothing else.
#[test]
fn the_grammar_takes_what_is_written_and_no_more() {
    for taken in [
        "plain text, 漢字 and 👩\u{200d}👩\r\n",
        "\x1b[m\x1b[0;1;4;38;5;200;48;2;1;2;255m\x1b[2J\x1b[H\x1b[3;7H\x1b[K\x1b[?25l\x1b[?2026h",
        "\x1b]2;Creel\x07\x1b]8;id=1;https://a.b/c\x1b\\a\x1b]8;;\x1b\\\x1b]11;?\x1b\\\x1b[6n\x1bM",
    ] {
        assert!(
            read(taken.as_bytes()).is_ok(),
            "{:?}",
            read(taken.as_bytes())
        );
    }
    for (name, text) in crate::security::sequence::SEQUENCES {
        assert!(read(text.as_bytes()).is_err(), "{name} is taken for ours");
    }
    assert!(read(b"\x9b31m").is_err() && read(b"\x1b").is_err() && read(b"\x1b[").is_err());
}
