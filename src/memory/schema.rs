//! The fields of the index. Nothing is stored in it but what finds and ranks: texts are read from the log.

use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::PreTokenizedString;

use crate::memory::analysis::{Analyser, Token};
use crate::memory::document::Document;

/// Of another one an index is built anew: raised with any change of fields, of what is indexed, or of how texts are taken apart.
pub const VERSION: u32 = 4;

/// The fields by their handles.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// The words of the text as they are compared, with their places.
    pub text: Field,
    /// Names of who said it.
    pub who: Field,
    /// The words of the text as they were typed, for beginnings.
    pub plain: Field,
    /// The fact it comes from.
    pub seq: Field,
    /// The session's number in the log; a purge deletes by it.
    pub session: Field,
    /// Milliseconds.
    pub at: Field,
    pub kind: Field,
}

impl Fields {
    pub fn new() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let words = |record, lengths| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_index_option(record)
                .set_fieldnorms(lengths);
            TextOptions::default().set_indexing_options(indexing)
        };
        let fields = Self {
            text: schema.add_text_field(
                "text",
                words(IndexRecordOption::WithFreqsAndPositions, true),
            ),
            // With how often, as all lists that are walked together have it.
            who: schema.add_text_field("who", words(IndexRecordOption::WithFreqs, false)),
            plain: schema.add_text_field("plain", words(IndexRecordOption::Basic, false)),
            seq: schema.add_u64_field("seq", FAST),
            session: schema.add_u64_field("session", NumericOptions::from(FAST) | INDEXED),
            at: schema.add_i64_field("at", FAST),
            kind: schema.add_u64_field("kind", FAST),
        };
        (schema.build(), fields)
    }

    /// A document in the form of the index.
    pub fn entry(&self, analyser: &Analyser, document: &Document) -> TantivyDocument {
        let tokens = analyser.tokens(&document.text);
        let mut entry = TantivyDocument::new();
        let plain = tokens.iter().filter(|token| !token.plain.is_empty());
        let plain: Vec<_> = plain.map(|token| as_entry(&token.plain, token)).collect();
        let text: Vec<_> = tokens
            .iter()
            .map(|token| as_entry(&token.text, token))
            .collect();
        let who = analyser.tokens(&document.who);
        let who = who
            .iter()
            .map(|token| as_entry(&token.text, token))
            .collect();
        for (field, tokens) in [(self.text, text), (self.plain, plain), (self.who, who)] {
            let text = String::new();
            entry.add_pre_tokenized_text(field, PreTokenizedString { text, tokens });
        }
        entry.add_u64(self.seq, document.seq.0);
        entry.add_u64(self.session, document.session);
        entry.add_i64(self.at, document.at.0);
        entry.add_u64(self.kind, document.kind as u64);
        entry
    }
}

fn as_entry(text: &str, token: &Token) -> tantivy::tokenizer::Token {
    tantivy::tokenizer::Token {
        offset_from: token.bytes.start,
        offset_to: token.bytes.end,
        position: token.position as usize,
        text: text.to_owned(),
        position_length: 1,
    }
}
