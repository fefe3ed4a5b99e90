//! The bodies of every preset, whole: `tests/golden/PRESET.WIRE.json` has the first turn, the turn after a call with what was
//! thought before it, and the first turn with much reasoning and with none, as the pages named in the file ask for them. The
//! files were written from those pages, not from the code.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde::Deserialize;
use serde_json::Value;

use crate::agent::prompt::Message;
use crate::config::Wire;
use crate::config::preset::PRESETS;
use crate::config::provider::WIRES;
use crate::protocol::effort::Effort;
use crate::protocol::id::SessionId;
use crate::protocol::reply::Part;
use crate::protocol::told::Told;
use crate::provider::{dialect, quirks, testing};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    sources: Vec<String>,
    preset: String,
    wire: String,
    model: String,
    /// What the model thought before its call, as it came.
    reasoning: Option<Value>,
    /// What its words before the call came as.
    beside_text: Option<Value>,
    /// What else stood beside the call.
    beside_call: Option<Value>,
    first: Value,
    after_a_call: Value,
    high: Value,
    off: Value,
}

impl Golden {
    fn check(&self, name: &str) {
        assert_eq!(name, format!("{}.{}.json", self.preset, self.wire));
        assert!(!self.sources.is_empty(), "{name}");
        let wire = WIRES
            .iter()
            .find(|(known, _)| *known == self.wire)
            .map(|(_, wire)| *wire)
            .unwrap();
        let preset = PRESETS
            .iter()
            .find(|preset| preset.name == self.preset)
            .unwrap();
        assert!(preset.endpoint(wire).is_some(), "{name}");
        let quirks = quirks::of(&self.preset).unwrap();
        let family = format!("here/{}", self.model);
        let opaque = |body: &Value| testing::opaque(&family, body.clone());
        let asked = testing::user("list the files");
        let mut parts = vec![Part::Text {
            text: "Let me look.".to_owned(),
            opaque: self.beside_text.as_ref().map(opaque),
        }];
        if let Some(body) = &self.reasoning {
            parts.insert(
                0,
                testing::thought("The folder first.", Some((&family, body.clone()))),
            );
        }
        parts.push(Part::Call {
            wire_id: Some("c1".to_owned()),
            name: "glob".to_owned(),
            arguments: r#"{"pattern":"*"}"#.to_owned(),
            opaque: self.beside_call.as_ref().map(opaque),
        });
        let looked = vec![
            asked.clone(),
            Message::Assistant { parts },
            testing::results(&[("c1", "a.txt", false)]),
        ];
        let cases = [
            ("first", &self.first, vec![asked.clone()], None),
            ("after_a_call", &self.after_a_call, looked, None),
            ("high", &self.high, vec![asked.clone()], Some(Effort::High)),
            ("off", &self.off, vec![asked], Some(Effort::Off)),
        ];
        for (case, expected, messages, effort) in cases {
            let mut prompt = testing::prompt(&family, messages);
            prompt.max_output = 32_000;
            prompt.effort = effort;
            prompt.caching.session = Some(SessionId(uuid::Uuid::nil()));
            let body = (dialect::of(wire).unwrap().body)(&prompt, &quirks, &Told::default());
            // As text: the order of the fields is part of what a cache sees.
            let read: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                serde_json::to_string_pretty(&read).unwrap(),
                serde_json::to_string_pretty(expected).unwrap(),
                "{name} {case}"
            );
        }
    }
}

#[test]
fn every_preset_asks_as_its_vendor_wants_to_be_asked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let golden: Golden =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        golden.check(&name);
        seen.insert((golden.preset, golden.wire));
    }
    let presets: BTreeSet<String> = PRESETS
        .iter()
        .map(|preset| preset.name.to_owned())
        .collect();
    let mut seen_presets = BTreeSet::new();
    seen_presets.extend(seen.iter().map(|(preset, _)| preset.clone()));
    assert_eq!(seen_presets, presets);
    // Those wires of every preset that speaks them.
    for preset in PRESETS.iter() {
        for wire in [Wire::Anthropic, Wire::OpenAiResponses, Wire::Gemini] {
            let pair = (preset.name.to_owned(), wire.name().to_owned());
            assert_eq!(
                seen.contains(&pair),
                preset.endpoint(wire).is_some(),
                "{pair:?}"
            );
        }
    }
}
