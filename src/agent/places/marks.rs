//! Words whose signs are marked, so that they are told from the same ones in quotes.

/// In the text of a word: what stands for any name, and what is not known.
pub(super) const WILD: char = '\u{e000}';
pub(super) const UNKNOWN: char = '\u{e001}';
/// `{`, `}` and `,` outside of quotes.
pub(super) const OPEN: char = '\u{e002}';
pub(super) const CLOSE: char = '\u{e003}';
pub(super) const COMMA: char = '\u{e004}';

/// Words that one with braces stands for.
const BRACES_MOST: usize = 64;

/// A text to be read as a line once more.
pub(super) fn script(text: &str) -> String {
    let text = text.replace(UNKNOWN, "$0").replace(WILD, "*");
    text.replace(OPEN, "{")
        .replace(CLOSE, "}")
        .replace(COMMA, ",")
}

/// All words that one with braces stands for; `false` where there are too many.
pub(super) fn braces(word: &str, words: &mut Vec<String>) -> bool {
    let plain = |text: &str| {
        text.replace(OPEN, "{")
            .replace(CLOSE, "}")
            .replace(COMMA, ",")
    };
    let mut open = vec![word.to_owned()];
    while let Some(word) = open.pop() {
        if words.len() + open.len() > BRACES_MOST {
            return false;
        }
        // The innermost first.
        let close = word.find(CLOSE);
        let inner = close.and_then(|close| Some((word.get(..close)?.rfind(OPEN)?, close)));
        let Some((begin, close)) = inner else {
            words.push(plain(&word));
            continue;
        };
        let sign = OPEN.len_utf8();
        let parts = (
            word.get(..begin),
            word.get(begin + sign..close),
            word.get(close + sign..),
        );
        let (Some(head), Some(within), Some(tail)) = parts else {
            return false;
        };
        if within.contains(COMMA) {
            let all = within.split(COMMA);
            open.extend(all.map(|one| format!("{head}{one}{tail}")));
        } else {
            open.push(format!("{head}{{{within}}}{tail}"));
        }
    }
    true
}
