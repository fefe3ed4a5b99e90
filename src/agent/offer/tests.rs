//! Offers, as tables.

#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;
use serde_json::Value;

use super::*;
use crate::protocol::cache::Made;
use crate::protocol::image::{Image, ImageKind};
use crate::protocol::item::Opaque;
use crate::protocol::item::{Block, Origin};
use crate::protocol::money::Currency;
use crate::protocol::told::Told;
use crate::protocol::usage::Price;

fn card() -> ModelCard {
    ModelCard {
        model: "a/m".parse().unwrap(),
        context: Some(200_000),
        max_output: None,
        price: Some(Price {
            currency: Currency::USD,
            input: 3_000_000,
            output: 15_000_000,
            cache_read: Some(300_000),
            cache_write: Some(3_750_000),
            cache_write_long: Some(6_000_000),
            web_search: None,
            tiers: Vec::new(),
        }),
        price_date: None,
        local: false,
        subscription: false,
        accepted: false,
        lacks: None,
    }
}

/// Without a price of writing: the cache fills by itself.
fn plain() -> ModelCard {
    let mut card = card();
    card.price = card.price.map(|price| Price {
        cache_write: None,
        cache_write_long: None,
        ..price
    });
    card
}

#[test]
fn bytes_are_tokens_as_they_were_counted() {
    let ratio = |tokens, bytes| Ratio { tokens, bytes };
    let cases = [
        (Ratio::USUAL, 4_000, 1_000),
        (Ratio::USUAL, 6, 2),
        (ratio(1_000, 3_000), 9_000, 3_000),
        (ratio(2, 3), 2, 1),
        (ratio(0, 0), 9_000, 0),
        (ratio(u64::MAX, 1), u64::MAX, u64::MAX),
    ];
    for (ratio, bytes, expected) in cases {
        assert_eq!(ratio.of(bytes), expected, "{ratio:?} {bytes}");
    }
}

#[test]
fn the_next_prompt_is_the_last_with_its_answer_and_what_came_since() {
    let counted = Counted {
        usage: Usage {
            input: 100,
            cache_read: 900,
            output: 200,
            reasoning: Some(150),
            ..Usage::default()
        },
        bytes: 4_000,
        answered: 4_200,
        pictures: 0,
        reasons: false,
    };
    let pictured = Counted {
        pictures: 500,
        ..counted
    };
    let reasons = Counted {
        reasons: true,
        ..counted
    };
    let unsaid = Counted {
        usage: Usage {
            reasoning: None,
            ..counted.usage
        },
        ..counted
    };
    let cases = [
        (counted, 4_200, 0, 1_050),
        (counted, 5_000, 0, 1_250),
        (reasons, 5_000, 0, 1_400),
        (unsaid, 5_000, 0, 1_400),
        // A conversation never shrinks; what seems to is no less than what was counted.
        (counted, 100, 0, 1_050),
        // Half of it was a picture, so its text is half as dense.
        (pictured, 5_000, 500, 1_150),
        (pictured, 5_000, 800, 1_450),
    ];
    for (counted, bytes, pictures, expected) in cases {
        assert_eq!(
            counted.next(bytes, pictures),
            expected,
            "{counted:?} {bytes} {pictures}"
        );
    }
}

#[test]
fn each_token_is_billed_once_and_where_it_belongs() {
    use CacheLife::{Long, Short};
    let cases = [
        // Input, read, written for a short and for a long life.
        (10_000, 0, Short, card(), [0, 0, 10_000, 0]),
        (10_000, 9_000, Short, card(), [0, 9_000, 1_000, 0]),
        (10_000, 9_000, Long, card(), [0, 9_000, 0, 1_000]),
        (10_000, 9_000, Long, plain(), [1_000, 9_000, 0, 0]),
        // Too short to be kept.
        (900, 0, Short, card(), [900, 0, 0, 0]),
        (10_000, 50_000, Short, card(), [0, 10_000, 0, 0]),
        (0, 0, Short, card(), [0; 4]),
    ];
    for (tokens, warm, life, card, expected) in cases {
        let usage = billed(tokens, warm, 1024, life, &card);
        let found = [
            usage.input,
            usage.cache_read,
            usage.cache_write,
            usage.cache_write_long,
        ];
        assert_eq!(found, expected, "{tokens} {warm} {life:?}");
        assert_eq!(usage.prompt(), tokens);
    }
}

#[test]
fn a_figure_says_what_it_is() {
    let usage = Usage {
        cache_read: 96_000,
        cache_write: 1_000,
        ..Usage::default()
    };
    let covered = ModelCard {
        subscription: true,
        ..card()
    };
    let unknown = ModelCard {
        price: None,
        ..card()
    };
    let local = ModelCard {
        local: true,
        ..unknown.clone()
    };
    let cases = [
        (card(), false, Figure::About(Money::usd(32_550_000_000))),
        (plain(), false, Figure::About(Money::usd(31_800_000_000))),
        (covered, false, Figure::Included),
        (local, false, Figure::Free),
        (unknown, false, Figure::Unknown),
        (card(), true, Figure::Play),
    ];
    for (card, plays, expected) in cases {
        assert_eq!(figure(&usage, &card, plays), expected);
    }
}

#[test]
fn a_change_pays_when_what_it_saves_is_what_it_cost() {
    let about = |parts| Figure::About(Money::usd(parts));
    let yuan = Figure::About(Money {
        parts: 5,
        currency: Currency::CNY,
    });
    let here = (about(12), about(12));
    let cases = [
        // 118 more, then 6 less each time: the drawing.
        ((about(130), about(6)), Pays::After(20)),
        ((about(13), about(6)), Pays::After(1)),
        ((about(24), about(6)), Pays::After(2)),
        ((about(25), about(6)), Pays::After(3)),
        ((about(12), about(12)), Pays::Never),
        ((about(12), about(11)), Pays::AtOnce),
        ((about(3), about(2)), Pays::AtOnce),
        ((about(130), about(12)), Pays::Never),
        ((about(130), about(40)), Pays::Never),
        ((about(3), about(40)), Pays::Never),
        ((Figure::Free, Figure::Free), Pays::AtOnce),
        ((Figure::Included, Figure::Included), Pays::AtOnce),
        ((Figure::Unknown, Figure::Unknown), Pays::Unknown),
        ((yuan, yuan), Pays::Unknown),
    ];
    for (to, expected) in cases {
        assert_eq!(pays(here, to), expected, "{to:?}");
    }
    let free = (Figure::Free, Figure::Free);
    assert_eq!(pays(free, here), Pays::Never);
    assert_eq!(pays(free, free), Pays::Never);
    assert_eq!(pays(free, (yuan, yuan)), Pays::Never);
}

#[test]
fn what_only_another_model_can_read_is_left_behind() {
    let thought = |family: Option<&str>| {
        let opaque = family.map(|family| Opaque {
            family: family.to_owned(),
            wire: None,
            body: Value::Null,
        });
        let text = "hm".to_owned();
        (1, 1, Item::Thought { text, opaque })
    };
    let said = Item::Answer {
        text: "so".to_owned(),
        cut: false,
        opaque: None,
    };
    let image = Image {
        name: "shot.png".to_owned(),
        kind: ImageKind::Png,
        width: 1,
        height: 1,
        hash: "h".to_owned(),
        bytes: 1,
    };
    let shown = Item::Prompt {
        blocks: vec![Block::Image { image }],
        origin: Origin::Person,
    };
    let items = [
        thought(Some("a/m")),
        thought(None),
        (1, 1, said),
        (1, 1, shown),
        thought(Some("a/m")),
        thought(Some("b/n")),
    ];
    for (model, thoughts) in [("a/m", 2), ("b/n", 3), ("c/o", 4)] {
        for (sees, images) in [(true, 0), (false, 1)] {
            let left = left(&items, &model.parse().unwrap(), sees);
            assert_eq!(left, Left { thoughts, images }, "{model}");
        }
    }
}

#[test]
fn growth_is_what_is_usual_in_the_session() {
    let cases: [(&[u64], u64); 5] = [
        (&[], USUAL_GROWTH),
        (&[1_000], USUAL_GROWTH),
        (&[1_000, 1_300], 300),
        (&[1_000, 1_100, 9_100, 9_400], 300),
        // One that became shorter is no growth.
        (&[1_000, 400, 500], 100),
    ];
    for (prompts, expected) in cases {
        assert_eq!(growth(prompts), expected, "{prompts:?}");
    }
}

#[test]
fn speed_and_density_are_medians_of_what_can_be_measured() {
    let answer = |output, millis, first, prompt, bytes: u64| Answer {
        usage: Usage {
            input: prompt,
            output,
            ..Usage::default()
        },
        millis,
        vitals: Some(Vitals {
            first,
            ..Vitals::default()
        }),
        body: (bytes > 0).then(|| SentBody {
            bytes,
            hash: String::new(),
            made: Made {
                max_output: 1,
                effort: None,
                life: CacheLife::Short,
            },
            hidden: Vec::new(),
            told: Told::default(),
        }),
    };
    let answers = [
        answer(100, 3_000, Some(1_000), 1_000, 4_000),
        answer(400, 5_000, Some(1_000), 1_000, 3_000),
        answer(60, 2_000, Some(1_000), 1_000, 5_000),
        // Too short, without a first word, all at once, clocks at odds, nothing counted.
        answer(3, 2_000, Some(1_000), 0, 4_000),
        answer(900, 2_000, None, 1_000, 0),
        answer(900, 1_000, Some(1_000), 0, 0),
        answer(900, 500, Some(1_000), 0, 0),
    ];
    assert_eq!(speed(&answers), Some(60));
    let ratio = Ratio {
        tokens: 1_000,
        bytes: 4_000,
    };
    assert_eq!(density(&answers), Some(ratio));
    assert_eq!((speed(&[]), density(&[])), (None, None));
    assert_eq!((speed(&answers[3..]), density(&answers[3..])), (None, None));
}
