//! The words of a text as the index is handed them: texts are taken apart by [`crate::memory::analysis`] alone, and what the
//! library knows for that goes through JSON and back, which took longer than all the rest of indexing.

use tantivy::tokenizer::{Token as Word, TokenStream, Tokenizer};

use crate::memory::analysis::Token;

/// What fields whose words are packed name as their tokenizer.
pub const NAME: &str = "packed";

/// A word begins. No word holds such a sign.
const BEGINS: u8 = 2;

/// It stands a place further than the one before, once for each of these.
const FURTHER: u8 = 3;

/// Words with their places as one text.
pub fn packed<'t>(words: impl Iterator<Item = (&'t str, &'t Token)>) -> String {
    let mut text = String::new();
    let mut at = 0;
    for (word, token) in words {
        for _ in at..token.position {
            text.push(char::from(FURTHER));
        }
        at = token.position;
        text.push(char::from(BEGINS));
        text.push_str(word);
    }
    text
}

/// Takes such a text apart again.
#[derive(Debug, Clone, Default)]
pub struct Unpacker {
    word: Word,
}

impl Tokenizer for Unpacker {
    type TokenStream<'a> = Unpacked<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Unpacked<'a> {
        self.word.reset();
        self.word.position = 0;
        self.word.position_length = 1;
        Unpacked {
            word: &mut self.word,
            rest: text,
        }
    }
}

/// The words of a text, one after the other.
#[derive(Debug)]
pub struct Unpacked<'a> {
    word: &'a mut Word,
    rest: &'a str,
}

impl TokenStream for Unpacked<'_> {
    fn advance(&mut self) -> bool {
        let bytes = self.rest.as_bytes();
        let Some(begin) = bytes.iter().position(|byte| *byte == BEGINS) else {
            return false;
        };
        let ends = |byte: &u8| matches!(*byte, BEGINS | FURTHER);
        let word = bytes.get(begin + 1..).unwrap_or_default();
        let end = begin + 1 + word.iter().position(ends).unwrap_or(word.len());
        self.word.position += begin;
        self.word.text.clear();
        let word = self.rest.get(begin + 1..end).unwrap_or_default();
        self.word.text.push_str(word);
        self.rest = self.rest.get(end..).unwrap_or_default();
        true
    }

    fn token(&self) -> &Word {
        self.word
    }

    fn token_mut(&mut self) -> &mut Word {
        self.word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::analysis::Analyser;

    #[test]
    fn words_come_out_as_they_went_in() {
        for text in [
            "",
            "one",
            "parse_config_file was retried yesterday",
            "数据库的迁移 done",
            "\u{2}\u{3} a \u{1} b",
        ] {
            let tokens = Analyser::default().tokens(text);
            let packed = packed(tokens.iter().map(|token| (token.text.as_str(), token)));
            let mut unpacker = Unpacker::default();
            // A second text begins anew.
            for _ in 0..2 {
                let mut stream = unpacker.token_stream(&packed);
                let mut found = Vec::new();
                while stream.advance() {
                    let word = stream.token();
                    found.push((word.text.clone(), word.position as u32));
                }
                let expected: Vec<_> = tokens
                    .iter()
                    .map(|token| (token.text.clone(), token.position))
                    .collect();
                assert_eq!(found, expected, "{text}");
            }
        }
    }
}
