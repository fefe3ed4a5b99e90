//! Characters that are drawn like others: a Cyrillic `а` in a path names another file than the one that is read.
//!
//! Which these are is taken from the table of Unicode Technical Standard 39 (`confusables.txt`), as far as fixed-width fonts draw
//! them like a sign of ASCII. Texts of other scripts are left as they are: there their letters stand among their own.

use std::ops::Range;

/// How much of a text is held against the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What runs or is named: also single words of which every letter is drawn like one of ASCII, and signs.
    Command,
    /// What is written into a file: words of two scripts alone, since prose of other scripts has short words.
    Change,
}

/// Where in a text characters stand that would be taken for others, in bytes, rising.
pub fn spots(text: &str, scope: Scope) -> Vec<usize> {
    if text.is_ascii() {
        return Vec::new();
    }
    let words = words(text);
    let mut found = Vec::new();
    if scope == Scope::Command {
        found.extend(signs(text));
    }
    for (nth, word) in words.iter().enumerate() {
        let Some(letters) = text.get(word.clone()) else {
            continue;
        };
        let mixed = letters.chars().any(|c| c.is_ascii_alphabetic());
        let misleads = |c: char| is_letter_alike(c) || mixed && is_of_other_script(c);
        let alike = letters.char_indices().filter(|(_, c)| misleads(*c));
        let alike: Vec<usize> = alike.map(|(at, _)| word.start + at).collect();
        if alike.is_empty() {
            continue;
        }
        let whole = || {
            let is_alike = |c: char| is_letter_alike(c) || !c.is_alphabetic();
            letters.chars().all(is_alike)
        };
        let among_own = || {
            let before = nth.checked_sub(1).and_then(|nth| words.get(nth));
            let after = words.get(nth + 1);
            let own = |other: &Range<usize>| is_plainly_other(text, other);
            before.is_some_and(|other| is_beside(text, other, word) && own(other))
                || after.is_some_and(|other| is_beside(text, word, other) && own(other))
        };
        if mixed || scope == Scope::Command && whole() && !among_own() {
            found.extend(alike);
        }
    }
    found.sort_unstable();
    found
}

/// The runs of letters and digits.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices() {
        // Quotes that Unicode counts as letters are none.
        let is_quote = matches!(c, '\u{2b9}' | '\u{2bc}' | '\u{2c8}');
        if is_quote || !(c.is_alphanumeric() || c == '_') {
            continue;
        }
        let end = at + c.len_utf8();
        match words.last_mut() {
            Some(word) if word.end == at => word.end = end,
            _ => words.push(at..end),
        }
    }
    words
}

/// Nothing but blanks and a comma stand between them: both are words of one sentence.
fn is_beside(text: &str, first: &Range<usize>, second: &Range<usize>) -> bool {
    let between = text.get(first.end..second.start).unwrap_or("/");
    between.trim_start_matches(',').chars().all(|c| c == ' ')
}

/// A word that nobody takes for one of ASCII.
fn is_plainly_other(text: &str, word: &Range<usize>) -> bool {
    let letters = text.get(word.clone()).unwrap_or_default();
    !letters.chars().any(|c| c.is_ascii_alphabetic())
        && letters
            .chars()
            .any(|c| c.is_alphabetic() && !is_letter_alike(c))
}

/// A letter or digit that is drawn like one of ASCII.
fn is_letter_alike(c: char) -> bool {
    matches!(c,
        // Cyrillic.
        'а' | 'е' | 'о' | 'р' | 'с' | 'у' | 'х' | 'ѕ' | 'і' | 'ј' | 'һ' | 'ԁ' | 'ԛ' | 'ԝ' | 'ӏ' | 'ѵ' | 'ү'
        | 'А' | 'В' | 'Е' | 'Ѕ' | 'І' | 'Ј' | 'К' | 'М' | 'Н' | 'О' | 'Р' | 'С' | 'Т' | 'У' | 'Х' | 'Ԛ' | 'Ԝ' | 'Ү' | 'Ӏ' | 'З'
        // Greek.
        | 'Α' | 'Β' | 'Ε' | 'Ζ' | 'Η' | 'Ι' | 'Κ' | 'Μ' | 'Ν' | 'Ο' | 'Ρ' | 'Τ' | 'Υ' | 'Χ' | 'ο' | 'ν' | 'ρ' | 'ϲ' | 'ϳ' | 'Ϲ'
        // Armenian.
        | 'օ' | 'ո' | 'ս' | 'հ' | 'Տ' | 'Օ'
        // Latin letters of phonetics, click letters, letterlike signs, Roman numerals.
        | 'ɑ' | 'ɡ' | 'ǀ' | 'ǃ' | '\u{212a}' | 'ℎ' | '\u{2160}'..='\u{217f}'
        // Full width, and mathematical alphabets.
        | '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}')
}

/// A letter that no word with letters of ASCII has: Cyrillic, Armenian, Coptic, Cherokee, Lisu. Greek ones stand in formulas
/// beside them, so of these only those that are drawn alike in some fonts.
fn is_of_other_script(c: char) -> bool {
    matches!(c,
        'α' | 'γ' | 'ι' | 'κ' | 'υ' | '\u{400}'..='\u{52f}' | '\u{531}'..='\u{587}' | '\u{13a0}'..='\u{13fd}' | '\u{1d00}'..='\u{1d22}'
        | '\u{2c80}'..='\u{2cff}' | '\u{a4d0}'..='\u{a4fd}' | '\u{ab70}'..='\u{abbf}')
}

/// Signs that are drawn like one that means something to a shell or in a path. Dashes between blanks are those of a sentence,
/// long ones between letters too, and so is a quote between letters.
fn signs(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, c)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + c.len_utf8()..)
            .and_then(|after| after.chars().next());
        let between = |is: fn(char) -> bool| before.is_some_and(is) && after.is_some_and(is);
        let in_sentence = || between(|c| c == ' ');
        let in_word = || between(char::is_alphabetic);
        let misleads = match c {
            '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{2d7}' | '\u{fe63}' | '\u{ff0d}' => {
                !in_sentence()
            }
            '\u{2014}' | '\u{2015}' => before.is_none_or(char::is_whitespace) && !in_sentence(),
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{2b9}' | '\u{2bc}'
            | '\u{2c8}' => !in_word(),
            _ => is_sign_alike(c),
        };
        misleads.then_some(at)
    })
}

fn is_sign_alike(c: char) -> bool {
    matches!(
        c,
        // Of a slash, a backslash, a dot, a colon.
        '\u{2044}' | '\u{2215}' | '\u{2571}' | '\u{29f8}' | '\u{ff0f}' | '\u{ff3c}' | '\u{2024}' | '\u{ff0e}' | '\u{2236}' | '\u{a789}'
        // Of a semicolon, a comma, a bar, a tilde, a dollar.
        | '\u{37e}' | '\u{201a}' | '\u{2223}' | '\u{2502}' | '\u{ff5c}' | '\u{223c}' | '\u{2dc}' | '\u{ff04}'
        // Of quotes and backticks.
        | '\u{b4}' | '\u{1fef}' | '\u{2cb}' | '\u{201c}' | '\u{201d}' | '\u{201f}' | '\u{2033}' | '\u{ff02}' | '\u{ff07}'
    )
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    /// The text with each that was found in brackets.
    fn marked(text: &str, scope: Scope) -> String {
        let spots = spots(text, scope);
        let of = |(at, c): (usize, char)| match spots.binary_search(&at) {
            Ok(_) => format!("[{c}]"),
            Err(_) => c.to_string(),
        };
        text.char_indices().map(of).collect()
    }

    #[test]
    fn what_would_be_taken_for_another_sign_is_found() {
        for (text, command, change) in [
            ("echo hi", "echo hi", "echo hi"),
            ("еcho hi", "[е]cho hi", "[е]cho hi"),
            ("cat сat.txt", "cat [с]at.txt", "cat [с]at.txt"),
            ("ls /а", "ls /[а]", "ls /а"),
            ("rm -rf /ера", "rm -rf /[е][р][а]", "rm -rf /ера"),
            ("rm –rf x", "rm [–]rf x", "rm –rf x"),
            ("cat a∕b", "cat a[∕]b", "cat a∕b"),
            ("ｇｉｔ push", "[ｇ][ｉ][ｔ] push", "ｇｉｔ push"),
            ("git 𝐩ush", "git [𝐩]ush", "git [𝐩]ush"),
            (
                "echo a\u{37e} rm b",
                "echo a[\u{37e}] rm b",
                "echo a\u{37e} rm b",
            ),
            ("оne2", "[о]ne2", "[о]ne2"),
            ("лs", "[л]s", "[л]s"),
            ("pαth", "p[α]th", "p[α]th"),
            ("echo ʹx; rm yʹ", "echo [ʹ]x; rm y[ʹ]", "echo ʹx; rm yʹ"),
            ("echo “x” ‘y’", "echo [“]x[”] [‘]y[’]", "echo “x” ‘y’"),
            (
                "a —rf b │ c ╱ d",
                "a [—]rf b [│] c [╱] d",
                "a —rf b │ c ╱ d",
            ),
        ] {
            assert_eq!(marked(text, Scope::Command), command, "{text}");
            assert_eq!(marked(text, Scope::Change), change, "{text}");
        }
    }

    #[test]
    fn texts_of_other_scripts_stay_as_they_are() {
        for text in [
            "git commit -m 'Правка: кот и собака'",
            "git commit -m 'кот с собакой'",
            "git commit -m 'Это а, о и у'",
            "ls /дом/кот",
            "git commit -m '修复：登录（重试）！'",
            "git commit -m 'データベース移行、完了'",
            "git commit -m 'Ελληνικά κείμενα'",
            "git commit -m 'Fix the cache — at last'",
            "git commit -m 'naïve café über 5 µs'",
            "git commit -m \"don’t wait—go on\"",
            "git commit -m 'API-шка и git-ом, Δt in μs, 5 Ωm'",
            "echo ✨ done → ok",
        ] {
            assert_eq!(marked(text, Scope::Command), text);
            assert_eq!(marked(text, Scope::Change), text);
        }
    }
}
