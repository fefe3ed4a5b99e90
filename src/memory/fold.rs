//! Characters as they are compared: small letters, no accents, no wide forms, simplified signs for traditional ones, so that
//! `Café`, `ＡＢＣ１２３`, `ﾃﾞｰﾀ` and `資料` are found however they were typed.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::memory::simplified::simplified;

/// Writing systems that set no spaces between words: each sign and each pair of signs is a word there.
pub fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x3005..=0x3007            // repetition marks and zero of Han
        | 0x3040..=0x30FF          // Hiragana, Katakana
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF          // Han, extension A
        | 0x4E00..=0x9FFF          // Han
        | 0xAC00..=0xD7AF          // Hangul syllables
        | 0xF900..=0xFAFF          // Han, compatibility
        | 0xFF66..=0xFF9F          // Katakana of half width
        | 0x2_0000..=0x3_FFFF)     // Han, further extensions
        && c != '\u{30FB}' // the middle dot parts words
}

/// Marks that stand on the letter before them.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x20D0..=0x20FF | 0xFE00..=0xFE0F)
}

/// A part of a word: letters and digits of any script, with the marks that stand on them.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// Appends a character as it is compared. A mark alone appends nothing.
pub fn push(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    match u32::from(c) {
        // Letters with accents, Latin, Greek and Cyrillic: the letter alone.
        0x00C0..=0x058F | 0x1E00..=0x1FFF => {
            const PARTS: DecomposingNormalizerBorrowed<'static> =
                DecomposingNormalizerBorrowed::new_nfkd();
            for part in PARTS.normalize_iter(std::iter::once(c)) {
                if !is_mark(part) {
                    out.extend(part.to_lowercase());
                }
            }
        }
        0x4E00..=0x9FFF => out.push(simplified(c)),
        // Forms for lines of equal width, ligatures, circled and small signs: what they stand for.
        0x2070..=0x218F
        | 0x2460..=0x24FF
        | 0xF900..=0xFAFF
        | 0xFB00..=0xFB06
        | 0xFF00..=0xFFEF
        | 0x1_D400..=0x1_D7FF => {
            const WHOLE: ComposingNormalizerBorrowed<'static> =
                ComposingNormalizerBorrowed::new_nfkc();
            for part in WHOLE.normalize_iter(std::iter::once(c)) {
                out.extend(simplified(part).to_lowercase());
            }
        }
        _ if is_mark(c) => {}
        _ => out.extend(c.to_lowercase()),
    }
}

/// A whole word as it is compared.
pub fn folded(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        push(c, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_what_differs_by_habit() {
        let cases = [
            ("Café", "cafe"),
            ("cafe\u{301}", "cafe"),
            ("ＡＢＣ１２３", "abc123"),
            ("Straße", "straße"),
            ("ЁЛКА", "елка"),
            ("Ὀδυσσεύς", "οδυσσευς"),
            ("ﬁle", "file"),
            ("ｶﾀｶﾅ", "カタカナ"),
            ("数据库", "数据库"),
            ("資料庫", "资料库"),
            ("데이터", "데이터"),
            ("ỐNG", "ong"),
        ];
        for (typed, compared) in cases {
            assert_eq!(folded(typed), compared, "{typed}");
        }
    }

    #[test]
    fn signs_without_spaces_between_them_are_known() {
        for c in "数あア데々ｱ".chars() {
            assert!(is_unspaced(c), "{c}");
        }
        for c in "aé1・、。 ".chars() {
            assert!(!is_unspaced(c), "{c}");
        }
    }
}
