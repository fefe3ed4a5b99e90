//! A picture on each wire, as the vendor's pages have it: <https://platform.claude.com/docs/en/build-with-claude/vision>,
//! <https://developers.openai.com/api/docs/guides/images-vision>, <https://ai.google.dev/gemini-api/docs/image-understanding>,
//! <https://docs.ollama.com/api/chat>.

#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::told::Told;
use crate::provider::{dialect, quirks, testing};

/// The last message of a request in which the person shows a picture.
fn shown(wire: Wire, preset: &str, model: &str) -> Value {
    let mut prompt = testing::prompt(model, vec![testing::shown("what is this?", b"abc")]);
    // Long enough to be marked.
    prompt.system = "s".repeat(9_000).into();
    let quirks = quirks::of(preset).unwrap_or(quirks::NONE);
    let body = (dialect::of(wire).unwrap().body)(&prompt, &quirks, &Told::default());
    let body: Value = serde_json::from_slice(&body).unwrap();
    let list = ["messages", "input", "contents"];
    let list = list.iter().find_map(|name| body[*name].as_array()).unwrap();
    list.last().unwrap().clone()
}

#[test]
fn every_wire_sends_a_picture_in_its_own_form() {
    let text = "what is this?\n\n[image picture.png 1280x720]";
    let url = "data:image/png;base64,YWJj";
    let cases = [
        (
            (Wire::Anthropic, "anthropic", "here/claude-sonnet-5"),
            json!({"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "YWJj"}},
                {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}},
            ]}),
        ),
        (
            (Wire::OpenAiChat, "", "here/m"),
            json!({"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "text", "text": text},
            ]}),
        ),
        (
            (
                Wire::OpenAiChat,
                "openrouter",
                "here/anthropic/claude-sonnet-5",
            ),
            json!({"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}},
            ]}),
        ),
        (
            (Wire::OpenAiResponses, "", "here/m"),
            json!({"type": "message", "role": "user", "content": [
                {"type": "input_image", "image_url": url},
                {"type": "input_text", "text": text},
            ]}),
        ),
        (
            (Wire::Gemini, "google", "here/gemini-3.5-flash"),
            json!({"role": "user", "parts": [
                {"inlineData": {"mimeType": "image/png", "data": "YWJj"}},
                {"text": text},
            ]}),
        ),
        (
            (Wire::Ollama, "ollama", "here/m"),
            json!({"role": "user", "content": text, "images": ["YWJj"]}),
        ),
    ];
    for ((wire, preset, model), expected) in cases {
        let found = shown(wire, preset, model);
        // As text: the order of the fields is part of what a cache sees.
        assert_eq!(found.to_string(), expected.to_string(), "{wire:?} {preset}");
    }
}
