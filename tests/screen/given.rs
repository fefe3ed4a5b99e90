//! What the screens are made of: models, prices, sessions, a turn with every kind of entry.

use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

use creel::config::KeySource;
use creel::engine::clock::Clocks;
use creel::protocol::ask::{About, Approval, Risk, Subject};
use creel::protocol::call::{Detail, Outcome};
use creel::protocol::failure::FailureKind;
use creel::protocol::id::{CallId, ModelRef, SessionId};
use creel::protocol::item::Item;
use creel::protocol::money::{Amounts, Currency, Money};
use creel::protocol::offer::{Figure, Left, Offer, Pays};
use creel::protocol::query::{Found, LastAnswer, ModelCard, Today};
use creel::protocol::route::{EndpointReport, Need, Needs, Policy, Reason, RouteReport};
use creel::protocol::rule::Mode;
use creel::protocol::session::{Card, State};
use creel::protocol::time::Time;
use creel::protocol::usage::{Price, Usage};
use creel::tui::app::local::{Answering, Usual};
use creel::tui::app::message::{Msg, Tag};
use creel::tui::app::setup::{Instructions, Now, Place, Setup, SkillCard};

use super::desk::Desk;

/// 2026-11-23, 10:00 UTC.
pub const START: i64 = 1_795_428_000_000;

pub fn model(text: &str) -> ModelRef {
    text.parse().unwrap()
}

pub fn sonnet() -> ModelCard {
    ModelCard {
        model: model("anthropic/claude-sonnet-5-5"),
        context: Some(1_000_000),
        max_output: Some(64_000),
        price: Some(Price {
            currency: Currency::USD,
            input: 2_000_000,
            output: 10_000_000,
            cache_read: Some(100_000),
            cache_write: Some(2_500_000),
            cache_write_long: None,
            web_search: None,
            tiers: Vec::new(),
        }),
        price_date: Some("2026-11-20".to_owned()),
        local: false,
        subscription: false,
        accepted: false,
        lacks: None,
    }
}

pub fn setup() -> Setup {
    Setup {
        cwd: PathBuf::from("/home/ada/src/api"),
        person_home: Some(PathBuf::from("/home/ada")),
        place: Place {
            branch: Some("main".to_owned()),
            instructions: vec![Instructions {
                file: "AGENTS.md".to_owned(),
                tokens: 812,
            }],
            gone: false,
            brings: false,
            unversioned: false,
        },
        model: Some(sonnet().model),
        card: Some(sonnet()),
        found: Some("$ANTHROPIC_API_KEY".to_owned()),
        key_places: [(
            "anthropic".to_owned(),
            KeySource::Env("ANTHROPIC_API_KEY".to_owned()),
        )]
        .into(),
        mode: Mode::Ask,
        day_limit: Some(Money::usd(10_000_000_000_000)),
        fixed_tokens: 948,
        skills: vec![SkillCard {
            name: "commit".to_owned(),
            description: "Commit one change with a message that says why".to_owned(),
            body: "Look at the staged change.\n".to_owned(),
        }],
        data_place: "~/.local/share/creel, 0 bytes".to_owned(),
        config_place: "none yet; defaults".to_owned(),
        terminal: "true colour · kitty keys · copy by OSC 52".to_owned(),
        usual: usual(),
        process: 4711,
        ..Setup::default()
    }
}

pub fn usual() -> Vec<Usual> {
    let ports = [
        ("Ollama", 11434),
        ("LM Studio", 1234),
        ("llama.cpp", 8080),
        ("vLLM", 8000),
    ];
    ports
        .map(|(name, port)| Usual {
            name: name.to_owned(),
            port,
        })
        .into()
}

/// A server of this machine with these models, each with its window.
pub fn answering(at: usize, preset: &str, models: &[(&str, Option<u64>)]) -> Answering {
    let models = models.iter().map(|(name, window)| ModelCard {
        model: format!("{preset}/{name}").parse().unwrap(),
        context: *window,
        price: None,
        price_date: None,
        local: true,
        ..sonnet()
    });
    Answering {
        at: usual().remove(at),
        preset: preset.to_owned(),
        kept: false,
        models: models.collect(),
    }
}

/// A route whose first endpoint is at its limit.
pub fn explained() -> RouteReport {
    let row = |name: &str, serves, reason| EndpointReport {
        model: model(name),
        serves,
        reason,
        not_known: Vec::new(),
        until: None,
        first: None,
        rate: None,
    };
    let cooling = Reason::Cooling {
        kind: FailureKind::Rate,
        message: "api.anthropic.com answered 429: slow down".to_owned(),
    };
    RouteReport {
        model: ModelRef::route("work"),
        policy: Some(Policy::Ordered),
        needs: Needs::default(),
        serves: Some(model("openrouter/anthropic/claude-sonnet-5.5")),
        ready: None,
        endpoints: vec![
            row("anthropic/claude-sonnet-5-5", false, cooling),
            EndpointReport {
                not_known: vec![Need::Tools],
                ..row(
                    "openrouter/anthropic/claude-sonnet-5.5",
                    true,
                    Reason::First,
                )
            },
        ],
    }
}

pub fn now(millis: u64) -> Now {
    Now {
        wall: Time(START + millis as i64),
        since: Duration::from_millis(millis),
        clocks: Clocks::default(),
        fresh: SessionId(Uuid::from_u128(0x1234_5678)),
    }
}

pub fn outcome(text: &str, exit: Option<i32>, millis: u64, detail: Detail) -> Outcome {
    Outcome {
        exit,
        millis,
        detail,
        ..Outcome::done(text)
    }
}

pub const PATCH: &str = "@@ -38,5 +38,6 @@ impl Policy\n     let n = self.attempt;\n-    let d = base * 2u32.pow(n);\n+    let d = hdr.retry_after()\n+        .unwrap_or_else(|| backoff(base, n));\n     sleep(d)\n }\n";

pub fn approval(risk: Risk, line: &str, why: &str) -> About {
    About::Approval(Approval {
        call: CallId::new(1, 1, 9),
        tool: "bash".to_owned(),
        subject: Subject::Command {
            argv: vec!["bash".to_owned(), "-c".to_owned(), line.to_owned()],
            parts: line.split(" && ").map(str::to_owned).collect(),
        },
        cwd: PathBuf::from("/home/ada/src/api"),
        risk,
        risk_why: why.to_owned(),
        reason: "mode ask: commands ask".to_owned(),
        session_rule: Some(format!("Bash({line})")),
        session_rules_beside: Vec::new(),
        level: None,
        network: false,
        rules: Vec::new(),
        no_rule: None,
        bound: None,
    })
}

/// A turn with every kind of entry.
pub fn worked(size: (u16, u16)) -> Desk {
    let mut desk = Desk::running(size);
    desk.item(Item::Thought {
        text: "The header may be a date or seconds.\nBoth must be read.".to_owned(),
        opaque: None,
    });
    desk.done(
        1,
        "read",
        r#"{"path":"src/http/retry.rs"}"#,
        outcome(
            "…",
            None,
            3,
            Detail::Lines {
                first: 1,
                last: 212,
                total: 212,
            },
        ),
    );
    desk.done(
        2,
        "grep",
        r#"{"pattern":"Retry-After","path":"src"}"#,
        outcome("…", None, 8, Detail::Hits { count: 7 }),
    );
    desk.done(
        3,
        "edit",
        r#"{"path":"src/http/retry.rs","old_string":"a","new_string":"b"}"#,
        outcome(
            "edited",
            None,
            2,
            Detail::Diff {
                path: "src/http/retry.rs".to_owned(),
                patch: PATCH.to_owned(),
                added: 2,
                removed: 1,
                created: false,
            },
        ),
    );
    let lines = (1..=214)
        .map(|n| format!("test case {n} ... ok"))
        .collect::<Vec<_>>()
        .join(
            "
",
        );
    desk.done(
        4,
        "bash",
        r#"{"command":"cargo test -p http retry"}"#,
        outcome(&lines, Some(0), 8_100, Detail::None),
    );
    desk.item(Item::Answer {
        text: "The header now **wins** over the computed back-off, capped at `self.cap`.\n\n| form | tested |\n|---|---|\n| delta-seconds | yes |\n| HTTP-date | yes |\n\n```rust\nlet d = d.min(self.cap);\n```\n"
            .to_owned(),
        cut: false,
        opaque: None,
    });
    desk.answered(
        Usage {
            input: 1_000,
            cache_read: 11_500,
            output: 600,
            ..Usage::default()
        },
        31_000_000_000,
    );
    desk.update(Msg::Found(
        Tag::Today,
        Found::Today(Today {
            used: 2_320_000_000_000,
            charged: 2_320_000_000_000,
            estimated: false,
            limit: Some(10_000_000_000_000),
        }),
    ));
    desk
}

pub fn card(title: &str, state: State, days: i64) -> Card {
    let mut cost = Amounts::default();
    let included = u32::from(state == State::Interrupted);
    if included == 0 {
        cost.add(Money::usd(3_180_000_000_000));
    }
    Card {
        id: SessionId(Uuid::from_u128(0xabcd_0000 + days as u128)),
        title: title.to_owned(),
        state,
        model: sonnet().model,
        cwd: setup().cwd,
        project: setup().cwd,
        created: Time(START - days * 86_400_000),
        active: Time(START - days * 86_400_000),
        turns: 23,
        cost,
        unpriced: 0,
        included,
        list: Amounts::default(),
        parent: None,
        gist: "capped the retry sleep at 30 s".to_owned(),
        pinned: false,
        temporary: false,
        unseen: false,
        steps: 0,
        estimated: false,
        list_estimated: false,
        source: "creel".to_owned(),
    }
}

/// As weighed for a session of 96,000 tokens that the card's model answers.
pub fn offer(card: ModelCard) -> Offer {
    let about = |parts| Figure::About(Money::usd(parts));
    Offer {
        model: card.model.clone(),
        host: Some("api.anthropic.com".to_owned()),
        first: false,
        tokens: 96_000,
        warm: 95_000,
        next: about(12_000_000_000),
        cold: about(192_000_000_000),
        then: about(12_100_000_000),
        left: Left::default(),
        pays: Pays::Here,
        speed: Some(62),
        used: Some(Time(START)),
        warm_until: Some(Time(START + 270_000)),
        card,
    }
}

/// What the list of models is made of: the model of now, a cheaper one, a dearer one, and those without a figure.
pub fn market() -> Vec<Offer> {
    let about = |parts| Figure::About(Money::usd(parts));
    let price = |input, cache_read, output| Price {
        input,
        output,
        cache_read: Some(cache_read),
        cache_write: None,
        ..sonnet().price.unwrap()
    };
    let there = |name: &str, host: &str, price| Offer {
        host: Some(host.to_owned()),
        warm: 0,
        warm_until: None,
        left: Left {
            thoughts: 14,
            images: 1,
        },
        ..offer(ModelCard {
            model: model(name),
            price,
            ..sonnet()
        })
    };
    let days = |days: i64| Some(Time(START - days * 86_400_000));
    let deepseek = Offer {
        first: true,
        next: about(127_000_000_000),
        then: about(5_900_000_000),
        pays: Pays::After(19),
        speed: Some(41),
        used: days(3),
        ..there(
            "deepseek/deepseek-v4-pro",
            "api.deepseek.com",
            Some(price(1_320_000, 44_000, 3_960_000)),
        )
    };
    let kimi = Offer {
        next: about(290_000_000_000),
        then: about(31_000_000_000),
        pays: Pays::Never,
        speed: Some(55),
        used: None,
        ..there(
            "moonshot/kimi-k3",
            "api.moonshot.ai",
            Some(price(3_000_000, 300_000, 15_000_000)),
        )
    };
    let mut local = there("local/qwen3-coder", "127.0.0.1", None);
    local.card.context = Some(32_768);
    local.card.local = true;
    local.card.price_date = None;
    let mut covered = there(
        "zai-coding/glm-5.3",
        "api.z.ai",
        Some(price(1_400_000, 260_000, 4_400_000)),
    );
    covered.card.subscription = true;
    let mut unknown = there("new/nameless", "llm.example.org", None);
    unknown.card.context = None;
    let mut lacking = there("xai/grok-5", "api.x.ai", None);
    lacking.card.lacks = Some("no key: XAI_API_KEY is not set".to_owned());
    let free = |offer: Offer, figure, speed| Offer {
        next: figure,
        then: figure,
        pays: Pays::AtOnce,
        speed,
        ..offer
    };
    vec![
        offer(sonnet()),
        deepseek,
        kimi,
        free(covered, Figure::Included, Some(48)),
        free(local, Figure::Free, Some(12)),
        Offer {
            pays: Pays::Unknown,
            ..free(unknown, Figure::Unknown, None)
        },
        lacking,
    ]
}

/// What a card asked the log for has come.
pub fn learns(desk: &mut Desk) {
    let id = desk.app.view().id;
    let mut offers = market();
    offers[0].card = sonnet();
    desk.update(Msg::Found(Tag::Ahead(id), Found::Offers(offers)));
    let last = LastAnswer {
        at: Some(Time(START - 3_600_000)),
        day: "2026-11-23".to_owned(),
        zone: 3_600,
    };
    desk.update(Msg::Found(Tag::Last(id), Found::LastAnswer(last)));
}
