//! The list of models.

use crossterm::event::{KeyCode, KeyModifiers};

use super::given::{answering, market, worked};

#[test]
fn another_model() {
    for (width, height) in [(100, 30), (100, 15), (80, 24), (40, 12)] {
        let mut desk = worked((width, height));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('m'));
        desk.offers(market());
        screen!(format!("models_{width}x{height}"), desk);
        // Each row in turn: what it would mean.
        desk.press(KeyCode::Down);
        screen!(format!("models_cheaper_{width}x{height}"), desk);
        desk.press(KeyCode::Enter);
        screen!(format!("models_first_{width}x{height}"), desk);
        desk.press(KeyCode::Esc);
        for _ in 0..3 {
            desk.press(KeyCode::Down);
        }
        desk.press(KeyCode::Enter);
        screen!(format!("models_small_{width}x{height}"), desk);
        desk.typed("glm");
        screen!(format!("models_found_{width}x{height}"), desk);
        // The key that the last row lacks, and one of a vendor that is not listed.
        desk.press(KeyCode::Esc);
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('m'));
        desk.offers(market());
        desk.typed("grok");
        screen!(format!("models_keyless_{width}x{height}"), desk);
        desk.press(KeyCode::Enter);
        screen!(format!("models_key_{width}x{height}"), desk);
    }
    // A server that the config does not have.
    for (width, height) in [(100, 30), (40, 12)] {
        let mut desk = worked((width, height));
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('m'));
        desk.offers(market());
        desk.found_here(vec![answering(
            0,
            "ollama",
            &[("qwen3-coder:30b", Some(32_768))],
        )]);
        desk.typed("coder");
        desk.press(KeyCode::Down);
        screen!(format!("models_here_{width}x{height}"), desk);
    }
}
