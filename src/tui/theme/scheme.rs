//! Colour schemes in the form of base16 and base24 (YAML of 16 or 24 numbered colours) made into a theme of ours: a palette for
//! the roles of `dusk` or `dawn`, each tone moved as little as makes it legible.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use crate::agent::visible::one_line;
use crate::tui::terminal::eye::{Ground, LEGIBLE, Tones, contrast, least_contrast, legible, mix};
use crate::tui::theme::parse::hexadecimal;

/// A scheme longer than this is none.
pub const LONGEST: usize = 64 << 10;

/// How much of green and red is in the ground of a changed line, and of the words in it that changed.
const CHANGED: f32 = 0.10;
const CHANGED_WORD: f32 = 0.18;

/// What a line needs to be seen.
const SEEN: f64 = 1.8;

/// A scheme as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    pub name: String,
    pub author: String,
    /// `base00` to `base0F`, then for base24 `base10` to `base17`.
    tones: Vec<Tones>,
}

/// As the file is written: the colours have a table of their own.
#[derive(Deserialize)]
struct Written {
    name: Option<String>,
    author: Option<String>,
    palette: BTreeMap<String, String>,
}

impl Written {
    /// In the older form the colours stand beside the name, which is called `scheme` there. All of it is read as texts, since
    /// YAML would take `000000` and `1e1000` for numbers.
    fn read(text: &str) -> Result<Self, String> {
        let newer = serde_saphyr::from_str::<Self>(text);
        let older = || serde_saphyr::from_str::<BTreeMap<String, String>>(text);
        match newer {
            Ok(written) => Ok(written),
            Err(error) => match older() {
                Ok(all) => Ok(Self {
                    name: all.get("scheme").or_else(|| all.get("name")).cloned(),
                    author: all.get("author").cloned(),
                    palette: all,
                }),
                Err(_) => Err(no_scheme(&error)),
            },
        }
    }
}

impl Scheme {
    /// Reads a scheme; in one line what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Written {
            name,
            author,
            palette: colours,
        } = Written::read(text)?;
        let tone = |index: usize| {
            let key = format!("base{index:02X}");
            let found = colours
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&key));
            found.map(|(_, value)| read_tone(value).ok_or_else(|| wrong_colour(&key, value)))
        };
        let mut tones = Vec::new();
        for index in 0..24 {
            match tone(index) {
                Some(found) => tones.push(found?),
                // Half of the eight further ones is no base24; without any it is base16.
                None if index == 16 => break,
                None => {
                    return Err(format!(
                        "base{index:02X} is missing: base16 has base00 to base0F, base24 also base10 to base17"
                    ));
                }
            }
        }
        Ok(Self {
            name: one_line(&name.unwrap_or_default()),
            author: one_line(&author.unwrap_or_default()),
            tones,
        })
    }

    pub fn ground(&self) -> Ground {
        Ground::of(self.tones[0])
    }

    /// The theme as a file of ours.
    pub fn theme(&self) -> String {
        let palette = Palette::of(self);
        let mut text = String::new();
        let name = if self.name.is_empty() {
            "no name"
        } else {
            &self.name
        };
        // Writing into a text cannot fail.
        let _ = writeln!(text, "# {name}, from a base{} scheme.", self.tones.len());
        if !self.author.is_empty() {
            let _ = writeln!(text, "# Palette: {}.", self.author);
        }
        if !palette.moved.is_empty() {
            text.push_str("# Tones that were not legible on every ground (4.5 to 1) are moved as little as makes them so; what they\n# were stands beside them.\n");
        }
        let base = match self.ground() {
            Ground::Dark => "dusk",
            Ground::Light => "dawn",
        };
        let _ = writeln!(text, "\ninherits = \"{base}\"\n\n[palette]");
        for (name, tones) in &palette.tones {
            let was = palette.moved.iter().find(|(moved, _)| moved == name);
            let was = was.map_or(String::new(), |(_, was)| format!(" # {}", shown(*was)));
            let _ = writeln!(text, "{name} = \"{}\"{was}", shown(*tones));
        }
        text
    }
}

/// Our palette, made from a scheme.
struct Palette {
    tones: Vec<(&'static str, Tones)>,
    /// Tones that had to be moved, with what they were.
    moved: Vec<(&'static str, Tones)>,
}

impl Palette {
    fn of(scheme: &Scheme) -> Self {
        let base = |index: usize| scheme.tones[index];
        let bright = |index: usize| scheme.tones.get(index).copied();
        let side = scheme.ground();
        let ground = base(0x00);
        let mut moved = Vec::new();
        let text = legible(base(0x05), &[ground], side, LEGIBLE + 2.0);
        if text != base(0x05) {
            moved.push(("text", base(0x05)));
        }
        // A ground the text is not read on is mixed with that of the screen.
        let calm = |wanted: Tones, least: f64| {
            let is_calm = |tones: &Tones| contrast(text, *tones) >= least;
            let shares = (1..=20).map(|step| step as f32 / 20.0);
            let mut calmer = shares.map(|share| mix(wanted, ground, share));
            let wanted = Some(wanted).filter(is_calm);
            wanted.or_else(|| calmer.find(is_calm)).unwrap_or(ground)
        };
        let raised = calm(base(0x01), LEGIBLE + 0.5);
        let chosen = calm(base(0x02), LEGIBLE);
        let line = legible(base(0x03), &[ground, raised], side, SEEN);
        for (name, found, published) in [
            ("raised", raised, base(0x01)),
            ("chosen", chosen, base(0x02)),
            ("line", line, base(0x03)),
        ] {
            if found != published {
                moved.push((name, published));
            }
        }
        let change = |index: usize, share: f32| calm(mix(ground, base(index), share), LEGIBLE);
        let changes = [
            ("added", change(0x0b, CHANGED)),
            ("removed", change(0x08, CHANGED)),
            ("added-word", change(0x0b, CHANGED_WORD)),
            ("removed-word", change(0x08, CHANGED_WORD)),
        ];
        let mut grounds = vec![ground, raised];
        grounds.extend(changes.iter().map(|(_, tones)| *tones));
        let mut tones = vec![("ground", ground), ("raised", raised), ("chosen", chosen)];
        tones.extend(changes);
        tones.push(("text", text));
        tones.push(("line", line));
        // The second is the bright form that base24 has; it is taken where it alone is legible as it is.
        for (name, usual, brighter) in [
            ("quiet", base(0x04), None),
            ("accent", base(0x09), None),
            ("red", base(0x08), bright(0x12)),
            ("yellow", base(0x0a), bright(0x13)),
            ("green", base(0x0b), bright(0x14)),
            ("teal", base(0x0c), bright(0x15)),
            ("blue", base(0x0d), bright(0x16)),
            ("purple", base(0x0e), bright(0x17)),
        ] {
            // No code is red, so it stands in no changed line.
            let grounds = if name == "red" {
                &grounds[..2]
            } else {
                &grounds[..]
            };
            let is_legible = |tones: &Tones| least_contrast(*tones, grounds) >= LEGIBLE;
            let published = brighter
                .filter(|bright| is_legible(bright) && !is_legible(&usual))
                .unwrap_or(usual);
            let found = legible(published, grounds, side, LEGIBLE);
            if found != published {
                moved.push((name, published));
            }
            tones.push((name, found));
        }
        Self { tones, moved }
    }
}

fn no_scheme(error: &serde_saphyr::Error) -> String {
    let place = error.location();
    let place = place.map_or(String::new(), |at| {
        format!("{}:{}: ", at.line(), at.column())
    });
    format!("{place}this is no base16 or base24 scheme in YAML")
}

fn read_tone(written: &str) -> Option<Tones> {
    let digits = written.trim().trim_start_matches('#');
    let colour = hexadecimal(&format!("#{digits}"))?;
    crate::tui::terminal::colour::tones_of(colour)
}

fn wrong_colour(key: &str, value: &str) -> String {
    let value: String = one_line(value).chars().take(20).collect();
    format!("{key} is `{value}`: a colour is six hexadecimal digits, such as \"1e1e2e\"")
}

fn shown([red, green, blue]: Tones) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::tui::theme::parse::{Draft, parse};
    use crate::tui::theme::tests::{illegible, read};

    /// Made up for the test: some of its hues are too dark for its ground, and its selection too light for its text.
    pub const HARBOUR: &str = "# of the harbour at night
system: \"base16\"
name: \"Harbour\"
author: \"Ada Byron\"
variant: \"dark\"
palette:
  base00: \"101820\" # water
  base01: \"1a2430\"
  base02: \"607080\"
  base03: \"405060\"
  base04: \"8090a0\"
  base05: \"c0c8d0\"
  base06: \"d8dee4\"
  base07: \"f0f4f8\"
  base08: \"a03030\"
  base09: \"d08040\"
  base0A: \"d0b050\"
  base0B: \"60a060\"
  base0C: \"50a0a0\"
  base0D: \"4060c0\"
  base0E: \"9060c0\"
  base0F: \"806040\"
";

    /// The older form, of a light ground, with numbers that YAML takes for others: `000000`, `1e1000`.
    const PAPER: &str = "scheme: Paper\nauthor: 'Grace'\nbase00: fdfdf5\nbase01: f0f0e8\nbase02: d0d0c8\nbase03: a0a098\nbase04: 606058
base05: 303028\nbase06: 202018\nbase07: 000000\nbase08: c03030\nbase09: 1e1000\nbase0a: c0a000\nbase0b: 308030\nbase0c: 208080
base0d: 3060c0\nbase0e: 8040a0\nbase0f: 806040\n";

    #[test]
    fn a_scheme_becomes_a_theme_that_is_legible() {
        for (text, name, ground) in [
            (HARBOUR, "Harbour", Ground::Dark),
            (PAPER, "Paper", Ground::Light),
        ] {
            let scheme = Scheme::parse(text).unwrap();
            assert_eq!((scheme.name.as_str(), scheme.ground()), (name, ground));
            let theme = read(&scheme.theme());
            assert_eq!(theme.ground(), Some(ground));
            assert_eq!(illegible(&theme), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn what_was_moved_is_said_and_what_was_not_is_as_published() {
        let theme = Scheme::parse(HARBOUR).unwrap().theme();
        let lines: Vec<&str> = theme.lines().collect();
        assert_eq!(
            lines[..2],
            ["# Harbour, from a base16 scheme.", "# Palette: Ada Byron."]
        );
        for line in [
            "inherits = \"dusk\"",
            "ground = \"#101820\"",
            "yellow = \"#d0b050\"",
            "line = \"#405060\"",
        ] {
            assert!(lines.contains(&line), "{line} is not in\n{theme}");
        }
        let red = lines.iter().find(|line| line.starts_with("red = "));
        assert!(
            red.is_some_and(|line| line.ends_with(" # #a03030")),
            "{theme}"
        );
        // The selection is calmer, since nothing could be read on it.
        let chosen = lines.iter().find(|line| line.starts_with("chosen = "));
        assert!(
            chosen.is_some_and(|line| line.ends_with(" # #607080")),
            "{theme}"
        );
    }

    #[test]
    fn base24_gives_a_bright_hue_where_the_usual_one_is_too_dark() {
        let mut text = HARBOUR.replace("base16", "base24");
        for (index, tone) in [
            "0c1218", "080c10", "ff8080", "e8d080", "80c080", "70c0c0", "90b0ff", "c0a0f0",
        ]
        .iter()
        .enumerate()
        {
            writeln!(text, "  base1{index}: \"{tone}\"").unwrap();
        }
        let theme = Scheme::parse(&text).unwrap().theme();
        for line in [
            // Too dark in base16, and legible when bright.
            "red = \"#ff8080\"",
            "blue = \"#90b0ff\"",
            // Legible as it is.
            "yellow = \"#d0b050\"",
        ] {
            assert!(theme.contains(line), "{line} is not in\n{theme}");
        }
        assert!(!theme.contains("# #a03030"), "{theme}");
        let draft = parse(&theme, Draft::default(), &|name| {
            crate::tui::theme::shipped::draft(name).ok_or_else(String::new)
        });
        assert_eq!(illegible(&draft.unwrap().theme()), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_scheme_is_refused_in_one_line() {
        let cases = [
            (
                HARBOUR.replace("  base0C: \"50a0a0\"\n", ""),
                "base0C is missing: base16 has base00 to base0F, base24 also base10 to base17",
            ),
            (
                format!("{HARBOUR}  base10: \"000000\"\n"),
                "base11 is missing: base16 has base00 to base0F, base24 also base10 to base17",
            ),
            (
                HARBOUR.replace("c0c8d0", "c0c8d"),
                "base05 is `c0c8d`: a colour is six hexadecimal digits, such as \"1e1e2e\"",
            ),
            (
                "name: x\n".to_owned(),
                "base00 is missing: base16 has base00 to base0F, base24 also base10 to base17",
            ),
            (
                "palette: [1, 2".to_owned(),
                "this is no base16 or base24 scheme in YAML",
            ),
        ];
        for (text, expected) in cases {
            let error = Scheme::parse(&text).unwrap_err();
            assert!(error.ends_with(expected), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
