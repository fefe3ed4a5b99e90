//! The fields of the index. Nothing is stored in it but what finds and ranks: texts are read from the log.

use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};

use crate::memory::analysis::{Analyser, Token};
use crate::memory::document::Document;
use crate::memory::packed::{NAME, packed};

/// Of another one an index is built anew: raised with any change of fields, of what is indexed, or of how texts are taken apart.
pub const VERSION: u32 = 5;

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
                .set_tokenizer(NAME)
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
        let who = analyser.tokens(&document.who);
        let plain = tokens.iter().filter(|token| !token.plain.is_empty());
        let plain = packed(plain.map(|token| (token.plain.as_str(), token)));
        let compared = |tokens: &[Token]| {
            let words = tokens.iter();
            packed(words.map(|token| (token.text.as_str(), token)))
        };
        let mut entry = TantivyDocument::new();
        entry.add_text(self.text, compared(&tokens));
        entry.add_text(self.plain, plain);
        entry.add_text(self.who, compared(&who));
        entry.add_u64(self.seq, document.seq.0);
        entry.add_u64(self.session, document.session);
        entry.add_i64(self.at, document.at.0);
        entry.add_u64(self.kind, document.kind as u64);
        entry
    }
}
