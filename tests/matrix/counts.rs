//! B27 and B28: what the server counts, and how slowly it speaks.

use std::fmt::Write as _;
use std::time::Duration;

use crate::matrix::hasty::Hurry;
use crate::matrix::script::{ALL, PIECES, Play, does, spoilt};
use crate::matrix::{Row, Seen, Trial, Way, elsewhere, program};
use crate::support::server::{Act, Dialect, Turn, answer};

pub fn rows() -> Vec<Row> {
    vec![usage(), slow()]
}

/// The numbers that a server counts, replaced by what `say` makes of them; nothing takes them away.
fn counts(say: &'static str) -> Play {
    spoilt(Turn::text("All is well."), move |_, text| {
        let names = [
            "input_tokens",
            "output_tokens",
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "promptTokenCount",
            "candidatesTokenCount",
            "totalTokenCount",
            "prompt_eval_count",
            "eval_count",
        ];
        names.iter().fold(text, |text, name| {
            let mark = format!("\"{name}\":");
            let mut parts = text.split(&mark);
            let mut spoilt = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
                match say {
                    "" => write!(spoilt, "\"not_{name}\":0").unwrap(),
                    say => write!(spoilt, "{mark}{say}").unwrap(),
                }
                spoilt.push_str(rest);
            }
            spoilt
        })
    })
}

fn usage() -> Row {
    let estimated = || Seen {
        ledger: "work estimated",
        ..Seen::once()
    };
    Row {
        id: "B27",
        fault: "usage that is missing or a lie",
        must: "estimated in its place and marked so; never free",
        trials: vec![
            program("missing", ALL, vec![counts("")], estimated()),
            program("zero", ALL, vec![counts("0")], estimated()),
            program("negative", ALL, vec![counts("-5")], estimated()),
            program("no number", ALL, vec![counts("\"many\"")], estimated()),
            program(
                "falling",
                &[Dialect::Anthropic],
                vec![spoilt(Turn::text("All is well."), |_, text| {
                    text.replace("\"output_tokens\":1}", "\"output_tokens\":90}")
                })],
                Seen::once(),
            ),
            elsewhere(
                "huge",
                "src/store/try_out/append.rs",
                "budgets_count_what_was_answered_and_hold_what_was_not",
            ),
        ],
    }
}

fn slow() -> Row {
    let drips = does(|request| {
        let whole = answer(request, &Turn::text("All is well."));
        let mut acts = Vec::new();
        for act in whole {
            acts.push(act);
            acts.push(Act::Pause(Duration::from_millis(60)));
        }
        acts
    });
    Row {
        id: "B28",
        fault: "a server that drips",
        must: "heard to its end as long as something comes; the whole has a cap",
        trials: vec![
            Trial {
                name: "longer in all than the patience for one piece".to_owned(),
                way: Way::Hasty {
                    wires: PIECES.to_vec(),
                    hurry: Hurry::Piece,
                    play: drips,
                    sees: "All is well.",
                },
            },
            elsewhere(
                "the cap",
                "src/provider/http/tests/patience.rs",
                "an_answer_without_end_is_cut",
            ),
        ],
    }
}
