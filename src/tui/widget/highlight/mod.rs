//! Colours for code, line by line: a small lexer of our own with flat tables. It knows words, strings, comments and
//! numbers, not grammar; it is linear in the line, uses no regex, and carries four bytes of state from line to line.
//! (A full grammar engine costs 20 MB for the first snippet.)

pub mod code;
pub mod cursor;
pub mod data;
pub mod marks;
pub mod markup;
pub mod recipe;
#[cfg(test)]
mod snippets;
pub mod style;
pub mod syntax;
pub mod table;

use std::ops::Range;

use crate::tui::widget::highlight::cursor::Cursor;
use crate::tui::widget::paint::Ink;

/// Bytes of a line that are looked at; the rest of a longer one (minified code, data) is plain.
const LONGEST: usize = 8 * 1024;

/// A language that has colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Everything that is not known.
    #[default]
    Plain,
    Rust,
    Python,
    /// TypeScript and both with JSX as well.
    JavaScript,
    Go,
    /// C++ and its relatives as well.
    C,
    Java,
    Ruby,
    Shell,
    Sql,
    Json,
    Toml,
    Yaml,
    Html,
    Css,
    Markdown,
    Docker,
    Make,
    Diff,
}

impl Language {
    pub const ALL: [Self; 19] = [
        Self::Plain,
        Self::Rust,
        Self::Python,
        Self::JavaScript,
        Self::Go,
        Self::C,
        Self::Java,
        Self::Ruby,
        Self::Shell,
        Self::Sql,
        Self::Json,
        Self::Toml,
        Self::Yaml,
        Self::Html,
        Self::Css,
        Self::Markdown,
        Self::Docker,
        Self::Make,
        Self::Diff,
    ];

    /// The language of a fenced block by the word after its fence (`rust`, `ts`, `rust,ignore`, `{.python}`).
    pub fn of_fence(info: &str) -> Self {
        let word = info
            .trim_start_matches(['{', '.', ' '])
            .split([' ', '\t', ',', '}', ':', '{'])
            .next()
            .unwrap_or_default();
        Self::named(word)
    }

    /// The language of a file by its name or ending.
    pub fn of_path(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let whole = Self::named(name);
        if whole != Self::Plain {
            return whole;
        }
        match name.rsplit_once('.') {
            Some((stem, ending)) => match Self::named(ending) {
                Self::Plain if stem.eq_ignore_ascii_case("dockerfile") => Self::Docker,
                language => language,
            },
            None => Self::Plain,
        }
    }

    fn named(word: &str) -> Self {
        let mut lower = [0; 16];
        let Some(lower) = lower.get_mut(..word.len()) else {
            return Self::Plain;
        };
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        table::NAMES
            .iter()
            .find(|(names, _)| names.split(' ').any(|name| name.as_bytes() == lower))
            .map_or(Self::Plain, |(_, language)| *language)
    }
}

/// Where a lexer stands between two lines: in a comment, in a string, in a here-document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// What it is in; each lexer has its own numbers, 0 is outside of everything.
    pub mode: u8,
    /// How deep, or which.
    pub level: u8,
    pub data: u16,
}

impl State {
    pub const fn new(mode: u8, level: u8, data: u16) -> Self {
        Self { mode, level, data }
    }
}

/// Adds the inks of one line (without its line feed) to `out`, as ranges that cover it in order, and gives the state the
/// next line begins with.
pub fn lex(
    language: Language,
    state: State,
    line: &str,
    out: &mut Vec<(Range<u32>, Ink)>,
) -> State {
    if line.is_empty() && state == State::default() {
        return state;
    }
    let head = if line.len() > LONGEST {
        &line[..line.floor_char_boundary(LONGEST)]
    } else {
        line
    };
    let mut cursor = Cursor::new(head, out);
    let next = match language {
        Language::Plain => State::default(),
        Language::Rust => code::lex(&table::RUST, state, &mut cursor),
        Language::Python => code::lex(&table::PYTHON, state, &mut cursor),
        Language::JavaScript => code::lex(&table::JAVASCRIPT, state, &mut cursor),
        Language::Go => code::lex(&table::GO, state, &mut cursor),
        Language::C => code::lex(&table::C, state, &mut cursor),
        Language::Java => code::lex(&table::JAVA, state, &mut cursor),
        Language::Ruby => code::lex(&table::RUBY, state, &mut cursor),
        Language::Shell => code::lex(&table::SHELL, state, &mut cursor),
        Language::Sql => code::lex(&table::SQL, state, &mut cursor),
        Language::Json => data::json(state, &mut cursor),
        Language::Toml => data::toml(state, &mut cursor),
        Language::Yaml => data::yaml(state, &mut cursor),
        Language::Html => markup::html(state, &mut cursor),
        Language::Css => style::css(state, &mut cursor),
        Language::Markdown => markup::markdown(state, &mut cursor),
        Language::Docker => recipe::docker(state, &mut cursor),
        Language::Make => recipe::make(state, &mut cursor),
        Language::Diff => markup::diff(state, &mut cursor),
    };
    cursor.finish(line.len());
    next
}

/// For tests: one letter under each character of a text, a line each.
#[cfg(test)]
pub fn letters(language: Language, text: &str) -> String {
    let mut state = State::default();
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut tokens = Vec::new();
        state = lex(language, state, line, &mut tokens);
        let mut letters = String::new();
        for (range, ink) in tokens {
            let letter = match ink {
                Ink::Plain => ' ',
                Ink::Keyword => 'k',
                Ink::Type => 't',
                Ink::Function => 'f',
                Ink::String => 's',
                Ink::Number => 'n',
                Ink::Comment => 'c',
                Ink::Constant => 'C',
                Ink::Operator => 'o',
                Ink::Attribute => 'a',
                Ink::Property => 'p',
                Ink::Added => '+',
                Ink::Removed => '-',
                Ink::Hunk => '@',
                Ink::Heading => 'h',
                Ink::Strong => 'b',
                Ink::Emphasis => 'i',
                Ink::Link => 'l',
                Ink::Quote => 'q',
                Ink::Code => '`',
                Ink::Marker => 'm',
                _ => '#',
            };
            let text = &line[range.start as usize..range.end as usize];
            letters.extend(text.chars().map(|_| letter));
        }
        lines.push(letters);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn languages_are_found_by_fence_and_by_path() {
        let fences = [
            ("rust", Language::Rust),
            ("rust,ignore", Language::Rust),
            ("TS", Language::JavaScript),
            ("{.python .numberLines}", Language::Python),
            ("js {1,3}", Language::JavaScript),
            ("c++", Language::C),
            ("", Language::Plain),
            ("mermaid", Language::Plain),
            ("a-word-longer-than-any-language-name", Language::Plain),
        ];
        for (info, language) in fences {
            assert_eq!(Language::of_fence(info), language, "{info:?}");
        }
        let paths = [
            ("src/main.rs", Language::Rust),
            ("Makefile", Language::Make),
            ("/a/Dockerfile.dev", Language::Docker),
            ("Cargo.lock", Language::Toml),
            ("x/y.TSX", Language::JavaScript),
            ("README", Language::Plain),
            (".bashrc", Language::Shell),
            ("", Language::Plain),
        ];
        for (path, language) in paths {
            assert_eq!(Language::of_path(path), language, "{path:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_cut_and_still_covered() {
        for language in Language::ALL {
            let line = "é\"a(b /* ".repeat(20_000);
            let mut tokens = Vec::new();
            lex(language, State::default(), &line, &mut tokens);
            assert_eq!(
                tokens.last().map(|(range, _)| range.end as usize),
                Some(line.len())
            );
        }
    }

    fn source() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[ -~]{0,8}",
            "\\PC{0,4}",
            prop::sample::select(vec![
                "/*",
                "*/",
                "//",
                "#",
                "\"",
                "'",
                "`",
                "\"\"\"",
                "'''",
                "r#\"",
                "\"#",
                "${",
                "}",
                "#{",
                "<<EOF",
                "EOF",
                "<<~'X'",
                "<!--",
                "-->",
                "<script>",
                "</script>",
                "```",
                "~~~",
                "|",
                ">",
                "key: ",
                "- ",
                "\\",
                "=begin",
                "=end",
                "@",
                "$(",
                ")",
                "'a",
                "0x1f",
                "1e-9",
                "1..2",
                "R\"x(",
                ")x\"",
                "%w[",
                "汉",
                "\t",
                "<a b=\"",
                "{",
                "[[",
                "]]",
                "--",
                "&&",
                "$x",
                ":sym",
                "#[",
                "#![",
                "]",
                "fn f(",
                "1.",
                ".5",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn tokens_cover_every_line_in_order(lines in prop::collection::vec(source(), 1..6)) {
            for language in Language::ALL {
                let mut state = State::default();
                for line in &lines {
                    let mut tokens = Vec::new();
                    state = lex(language, state, line, &mut tokens);
                    let mut end = 0;
                    for (range, _) in &tokens {
                        prop_assert_eq!(range.start, end);
                        prop_assert!(range.end > range.start);
                        prop_assert!(line.is_char_boundary(range.end as usize));
                        end = range.end;
                    }
                    prop_assert_eq!(end as usize, line.len());
                }
            }
        }

        #[test]
        fn no_state_makes_a_lexer_stumble(mode in any::<u8>(), level in any::<u8>(), data in any::<u16>(), line in source()) {
            for language in Language::ALL {
                let mut tokens = Vec::new();
                lex(language, State::new(mode, level, data), &line, &mut tokens);
                prop_assert_eq!(tokens.last().map_or(0, |(range, _)| range.end as usize), line.len());
            }
        }
    }
}
