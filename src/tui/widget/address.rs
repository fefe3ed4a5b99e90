//! Addresses of the web that stand in a text as they are, and where they end.

use std::ops::Range;

/// The addresses in a text that begin with `http://` or `https://`, as it would be read: a bracket that was opened before it,
/// and what ends a sentence, are no part of one. Not all of them are safe to follow; see `Link::new`.
pub fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (colon, _) in text.match_indices("://") {
        let before = &text[..colon];
        let letters = before.bytes().rev().take_while(u8::is_ascii_alphanumeric);
        let start = colon - letters.count();
        let scheme = &text[start..colon];
        let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        // An address within another one is a part of it.
        if !web || found.last().is_some_and(|last| last.end > start) {
            continue;
        }
        let end = colon + 3 + length(&text[colon + 3..]);
        if end > colon + 3 {
            found.push(start..end);
        }
    }
    found
}

/// So many bytes of what follows `://` belong to the address.
fn length(rest: &str) -> usize {
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || "<>\"`{}|^\\".contains(c) || is_wide_sign(c)
    };
    let mut own = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let count = |sign: char| own.matches(sign).count();
    let (mut round, mut square) = ((count('('), count(')')), (count('['), count(']')));
    while let Some(last) = own.chars().next_back() {
        let closes = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => None,
            ')' => Some(&mut round),
            ']' => Some(&mut square),
            _ => break,
        };
        if let Some((open, close)) = closes {
            if open >= close {
                break;
            }
            *close -= 1;
        }
        own = &own[..own.len() - last.len_utf8()];
    }
    own.len()
}

/// Signs that end a sentence where no blank follows them.
fn is_wide_sign(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{2018}'..='\u{201d}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_a_reader_would_end_them() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("see http://a.b.", &["http://a.b"]),
            ("(http://a.b/c)", &["http://a.b/c"]),
            ("(see http://a.b/c_(d), e)", &["http://a.b/c_(d)"]),
            ("[http://[::1]:80/]", &["http://[::1]:80/"]),
            ("http://a.b/c?d=e,f#g!", &["http://a.b/c?d=e,f#g"]),
            ("HTTPS://A.B", &["HTTPS://A.B"]),
            ("<http://a.b>", &["http://a.b"]),
            ("`http://a.b`", &["http://a.b"]),
            ("http://a.b\nhttp://c.d", &["http://a.b", "http://c.d"]),
            ("http://a.b/?u=http://c.d", &["http://a.b/?u=http://c.d"]),
            ("去http://a.b/汉。然后", &["http://a.b/汉"]),
            ("**http://a.b**", &["http://a.b"]),
            ("xhttp://a.b ftp://c.d file:///e", &[]),
            ("http:// and https://.", &[]),
            ("a://b", &[]),
            ("http://a.b/\u{1b}]8;;", &["http://a.b/"]),
        ];
        for (text, expected) in cases {
            let found: Vec<&str> = addresses(text)
                .into_iter()
                .map(|part| &text[part])
                .collect();
            assert_eq!(found, *expected, "{text:?}");
        }
        // A text of nothing but beginnings, and one without end.
        assert_eq!(addresses(&"http://".repeat(10_000)).len(), 1);
        let endless = format!("http://a.b/x{}", ")".repeat(1 << 20));
        assert_eq!(addresses(&endless).first(), Some(&(0..12)));
    }
}
