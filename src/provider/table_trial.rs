//! The table of providers, tried.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::json;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agent::cost::ServicePrice;
use crate::config::ModelConfig;
use crate::config::secret::Secret;
use crate::config::{KeySource, ProviderConfig, Wire};
use crate::protocol::money::Currency;
use crate::protocol::route::Abilities;
use crate::protocol::usage::{CacheLife, Price};
use crate::provider::listed::Reach;
use crate::provider::rehearsals::Rehearsals;
use crate::provider::table::Providers;

fn provider(wire: Wire, base_url: &str, key: &str, preset: Option<&str>) -> ProviderConfig {
    ProviderConfig {
        wire,
        base_url: base_url.to_owned(),
        key: if key.is_empty() {
            KeySource::None
        } else {
            KeySource::Env(key.to_owned())
        },
        preset: preset.map(ToOwned::to_owned),
        models: BTreeMap::new(),
        cache: CacheLife::Short,
        script: None,
        subscription: None,
        currency: None,
        origin: "a test".to_owned(),
    }
}

fn price(input: i64) -> Price {
    Price {
        currency: Currency::USD,
        input,
        output: input,
        cache_read: None,
        cache_write: None,
        cache_write_long: None,
        web_search: None,
        tiers: Vec::new(),
    }
}

fn providers() -> Providers {
    let mut own = provider(
        Wire::Anthropic,
        "https://api.anthropic.com",
        "SET",
        Some("anthropic"),
    );
    let model = |price| ModelConfig {
        context: Some(1000),
        max_output: None,
        price,
        abilities: Abilities::default(),
    };
    own.models
        .insert("claude-sonnet-5".to_owned(), model(Some(price(7))));
    own.models
        .insert("claude-haiku-4-5".to_owned(), model(None));
    let mut yuan = provider(
        Wire::OpenAiChat,
        "https://api.deepseek.com",
        "SET",
        Some("deepseek"),
    );
    yuan.currency = Some(Currency::CNY);
    let mut dollars = provider(
        Wire::OpenAiChat,
        "https://api.moonshot.cn/v1",
        "SET",
        Some("moonshot"),
    );
    dollars.currency = Some(Currency::USD);
    let config = [
        ("own", own),
        ("yuan", yuan),
        ("dollars", dollars),
        (
            "plain",
            provider(
                Wire::OpenAiChat,
                "https://api.openai.com/v1",
                "NOT_SET",
                None,
            ),
        ),
        (
            "here",
            provider(
                Wire::OpenAiChat,
                "http://127.0.0.1:8080/v1",
                "",
                Some("deepseek"),
            ),
        ),
        (
            "bare",
            provider(Wire::OpenAiChat, "http://127.0.0.1:8080/v1", "", None),
        ),
        (
            "plan",
            provider(
                Wire::OpenAiChat,
                "https://api.z.ai/api/coding/paas/v4",
                "SET",
                Some("zai-coding"),
            ),
        ),
        (
            "china",
            provider(
                Wire::OpenAiChat,
                "https://api.moonshot.cn/v1",
                "SET",
                Some("moonshot"),
            ),
        ),
        (
            "odd",
            provider(
                Wire::OpenAiChat,
                "https://example.org/v1",
                "SET",
                Some("nobody"),
            ),
        ),
    ];
    Providers::new(
        config
            .map(|(name, config)| (name.to_owned(), config))
            .into(),
        Arc::new(|source| {
            Ok(Secret::new("sk").filter(|_| *source == KeySource::Env("SET".to_owned())))
        }),
        Rehearsals::default(),
    )
}

#[test]
fn a_card_says_what_a_model_costs_and_lacks() {
    let providers = providers();
    let date = Some("2026-11-12");
    let cases = [
        (
            "own/claude-sonnet-5",
            Some(7),
            None,
            Some(1000),
            false,
            None,
        ),
        (
            "own/claude-haiku-4-5",
            Some(1_000_000),
            date,
            Some(1000),
            false,
            None,
        ),
        (
            "own/claude-opus-5",
            Some(5_000_000),
            date,
            Some(1_000_000),
            false,
            None,
        ),
        ("own/claude-unknown", None, None, None, false, None),
        (
            "plain/gpt-5",
            Some(1_250_000),
            date,
            Some(272_000),
            false,
            Some("no key: NOT_SET is not set"),
        ),
        (
            "here/deepseek-v4-pro",
            Some(1_320_000),
            date,
            Some(1_000_000),
            false,
            None,
        ),
        // No model of the vendor whose preset it stands under.
        ("here/my-model", None, None, None, true, None),
        ("bare/deepseek-v4-pro", None, None, None, true, None),
        (
            "plan/glm-5",
            Some(1_000_000),
            Some("2026-11-12"),
            Some(200_000),
            false,
            None,
        ),
        // It is sold there in yuan, by a list that the table does not have.
        ("china/kimi-k2.6", None, None, Some(262_144), false, None),
        // As the person says, wherever it is.
        (
            "dollars/kimi-k2.6",
            Some(950_000),
            date,
            Some(262_144),
            false,
            None,
        ),
        (
            "yuan/deepseek-v4-pro",
            None,
            None,
            Some(1_000_000),
            false,
            None,
        ),
        (
            "nowhere/x",
            None,
            None,
            None,
            false,
            Some(
                "there is no provider `nowhere`: known are bare, china, dollars, here, odd, own, plain, plan, yuan",
            ),
        ),
    ];
    for (model, price, price_date, context, local, lacks) in cases {
        let card = providers.card(&model.parse().unwrap());
        assert_eq!(
            (
                card.price.map(|price| price.input),
                card.price_date.as_deref(),
                card.context,
                card.local,
                card.lacks.as_deref()
            ),
            (price, price_date, context, local, lacks),
            "{model}"
        );
        assert_eq!(card.subscription, model.starts_with("plan/"), "{model}");
    }
    let odd = providers.card(&"odd/x".parse().unwrap()).lacks.unwrap();
    assert!(
        odd.starts_with("there is no preset `nobody`: known are anthropic, openai, "),
        "{odd}"
    );
}

#[test]
fn another_service_costs_what_the_table_says_of_it() {
    let providers = providers();
    let cases = [
        ("plain/gpt-5", Some("priority"), Some(Some(2_500_000))),
        ("plain/gpt-5", Some("default"), None),
        ("plain/gpt-5", None, None),
        ("plain/gpt-5", Some("scale"), Some(None)),
        ("own/claude-opus-5", Some("fast"), Some(Some(10_000_000))),
        ("own/claude-opus-5", Some("priority"), Some(None)),
        // The person's own price, and models that are in no table.
        ("own/claude-sonnet-5", Some("priority"), None),
        ("own/claude-unknown", Some("priority"), None),
        ("nobody/m", Some("priority"), None),
    ];
    for (model, tier, expected) in cases {
        let found = providers.service(&model.parse().unwrap(), tier);
        let input = match found {
            ServicePrice::Usual => None,
            ServicePrice::Of(price) => Some(Some(price.input)),
            ServicePrice::Unlisted => Some(None),
        };
        assert_eq!(input, expected, "{model} {tier:?}");
    }
}

#[test]
fn the_models_of_the_config_come_first_and_once() {
    let cards = providers().models();
    let of = |provider: &str| {
        cards
            .iter()
            .filter(|card| card.model.provider == provider)
            .map(|card| card.model.model.as_str())
            .collect::<Vec<_>>()
    };
    let own = of("own");
    assert_eq!(
        own[..3],
        ["claude-haiku-4-5", "claude-sonnet-5", "claude-opus-5-5"]
    );
    assert_eq!(own.len(), 15);
    assert_eq!(of("plain")[0], "gpt-5.6-sol");
    assert_eq!(of("odd"), [""; 0]);
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let providers = providers();
    let get = |model: &str| {
        providers
            .get(&model.parse().unwrap())
            .map(|_| ())
            .map_err(|failure| failure.message)
    };
    assert_eq!(get("own/any"), Ok(()));
    assert_eq!(
        get("\u{1b}[31mx/any"),
        Err(
            "there is no provider `x`: known are bare, china, dollars, here, odd, own, plain, plan, yuan"
                .to_owned()
        )
    );
    assert!(
        get("odd/x")
            .unwrap_err()
            .contains("there is no preset `nobody`")
    );
    let none = Providers::new(
        BTreeMap::new(),
        Arc::new(|_| Ok(None)),
        Rehearsals::default(),
    );
    assert_eq!(
        none.card(&"anthropic/x".parse().unwrap()).lacks.unwrap(),
        "there is no provider `anthropic`, nor any other: set a key such as ANTHROPIC_API_KEY, or add \
         [providers.anthropic] to config.toml"
    );
}

#[test]
fn what_a_server_tells_is_among_the_models_with_its_window() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    // Asked twice: for its models, and for the window it runs with.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let count = std::io::Read::read(&mut stream, &mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..count]).into_owned();
            let body = if head.starts_with("GET /props ") {
                r#"{"default_generation_settings":{"n_ctx":4096},"modalities":{"vision":false}}"#
            } else {
                assert!(head.starts_with("GET /v1/models "), "{head}");
                r#"{"data":[{"id":"tiny.gguf","meta":{"n_ctx_train":65536}}]}"#
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = std::io::Write::write_all(&mut stream, format!("{head}{body}").as_bytes());
        }
    });
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let off = format!("http://{}/v1", nobody.local_addr().unwrap());
    drop(nobody);
    let mut here = provider(Wire::OpenAiChat, &base_url, "SET", Some("llamacpp"));
    here.key = KeySource::None;
    let providers = Providers::new(
        [
            ("here".to_owned(), here),
            (
                "off".to_owned(),
                provider(Wire::OpenAiChat, &off, "SET", Some("llamacpp")),
            ),
        ]
        .into(),
        Arc::new(|_| Ok(None)),
        Rehearsals::default(),
    );
    let models = || -> Vec<(String, Option<u64>)> {
        let cards = providers.models().into_iter();
        cards
            .map(|card| (card.model.to_string(), card.context))
            .collect()
    };
    assert_eq!(models(), []);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(providers.look(Reach::Here));
    assert_eq!(models(), [("here/tiny.gguf".to_owned(), Some(4096))]);
}

#[test]
fn what_is_answered_in_one_region_is_charged_as_the_table_says() {
    let mut own = provider(
        Wire::Anthropic,
        "https://api.anthropic.com",
        "KEY",
        Some("anthropic"),
    );
    let priced = ModelConfig {
        price: Some(price(1)),
        ..ModelConfig::default()
    };
    own.models.insert("claude-opus-5".to_owned(), priced);
    let config = [
        ("own".to_owned(), own),
        (
            "anthropic".to_owned(),
            provider(
                Wire::Anthropic,
                "https://api.anthropic.com",
                "KEY",
                Some("anthropic"),
            ),
        ),
        (
            "deepseek".to_owned(),
            provider(
                Wire::OpenAiChat,
                "https://api.deepseek.com",
                "KEY",
                Some("deepseek"),
            ),
        ),
    ];
    let providers = Providers::new(config.into(), Arc::new(|_| Ok(None)), Rehearsals::default());
    let usual = 1_000_000;
    let here = json!({"inference_geo": "us"});
    let anywhere = json!({"inference_geo": "global"});
    let cases = [
        ("anthropic/claude-opus-5", Some(&here), 1_100_000),
        ("anthropic/claude-opus-5", Some(&anywhere), usual),
        ("anthropic/claude-opus-5", None, usual),
        // The person's own price is as it is.
        ("own/claude-opus-5", Some(&here), usual),
        ("deepseek/deepseek-v4-pro", Some(&here), usual),
        ("nobody/m", Some(&here), usual),
    ];
    for (model, usage, expected) in cases {
        let model = model.parse().unwrap();
        assert_eq!(
            providers.region_factor(&model, usage),
            expected,
            "{model} {usage:?}"
        );
    }
}
