//! B01 to B06: the way to the server, and what it says of coming back.

use crate::matrix::hasty::Hurry;
use crate::matrix::script::{
    ALL, Cut, EVENTS, Play, breaks_off, does, done, fails_at_once, fails_within, marks, refuses,
    says, streams, whole,
};
use crate::matrix::{Row, Seen, Trial, Way, elsewhere, not, program};
use crate::support::server::{Act, Dialect, Turn, answer, chunk, events, head};

pub fn rows() -> Vec<Row> {
    vec![limited(), overloaded(), within(), cut(), stalled(), dead()]
}

fn limited() -> Row {
    let limit = |headers| refuses(429, headers, "rate_limit_error", "not now");
    let again =
        |name: &str, headers| program(name, ALL, vec![limit(headers), done()], Seen::twice());
    Row {
        id: "B01",
        fault: "429 and when to come back",
        must: "waits as long as it says, at most 15 minutes, else as long as is usual; seen, and stopped by a key",
        trials: vec![
            again("seconds", "retry-after: 0\r\n"),
            again("milliseconds", "retry-after-ms: 20\r\n"),
            again(
                "a date by the server's own clock",
                "date: Thu, 26 Nov 2026 10:00:00 GMT\r\nretry-after: Thu, 26 Nov 2026 10:00:00 GMT\r\n",
            ),
            again("nothing", ""),
            again("less than nothing", "retry-after: -5\r\n"),
            program(
                "thirty years",
                ALL,
                vec![limit("retry-after: 1000000000\r\n"), done()],
                Seen::given_up("rate", "not now"),
            ),
            elsewhere(
                "the wait of each attempt",
                "src/agent/retry.rs",
                "waits_as_told_else_doubles_else_gives_up",
            ),
            elsewhere(
                "spread over many sessions",
                "src/agent/retry.rs",
                "jitter_spreads_a_fifth_to_either_side",
            ),
            elsewhere(
                "the countdown is on the screen and a key ends it",
                "tests/matrix/screen.rs",
                "a_wait_is_counted_down_on_the_screen_and_a_key_ends_it",
            ),
            elsewhere(
                "other sessions are held back too",
                "src/engine/trial/supply.rs",
                "a_limit_told_to_one_session_holds_the_others_back_until_a_key",
            ),
        ],
    }
}

fn overloaded() -> Row {
    const NOW: &str = "retry-after: 0\r\n";
    let mut trials: Vec<Trial> = [500, 502, 503, 504, 529]
        .into_iter()
        .map(|status| {
            let plays = vec![
                refuses(status, NOW, "overloaded_error", "Overloaded"),
                done(),
            ];
            program(status.to_string(), ALL, plays, Seen::twice())
        })
        .collect();
    trials.extend([
        program(
            "for ever",
            ALL,
            vec![refuses(529, "retry-after-ms: 500\r\n", "overloaded_error", "Overloaded")],
            Seen {
                requests: 8,
                facts: Some("TICACACACACACACACAE"),
                ledger: "work free, retry free, retry free, retry free, retry free, retry free, retry free, retry free",
                ..Seen::given_up("overloaded", "Overloaded")
            },
        ),
        program(
            "not to be asked again",
            ALL,
            vec![refuses(503, "x-should-retry: false\r\n", "api_error", "no"), done()],
            Seen::given_up("overloaded", "no"),
        ),
        elsewhere("1, 2, 4 to 60 s", "src/agent/retry.rs", "waits_as_told_else_doubles_else_gives_up"),
        not(
            "unattended, until the run's deadline",
            "a run has no deadline: `--max-steps` and `--budget` end it, and the attempts are as many as with a person",
        ),
    ]);
    Row {
        id: "B02",
        fault: "500, 502, 503, 504, 529",
        must: "asked again after a while, eight times in all",
        trials,
    }
}

fn within() -> Row {
    Row {
        id: "B03",
        fault: "200, and an error within the stream",
        must: "as B02; what was said before it is kept and marked when nothing better comes",
        trials: vec![
            program(
                "then well",
                ALL,
                vec![fails_within("Overloaded"), done()],
                Seen {
                    ledger: "work estimated, retry listed",
                    shown: Some(("I was about to", 0)),
                    ..Seen::twice()
                },
            ),
            program(
                "before the first word, behind its beginning",
                &[Dialect::Anthropic, Dialect::OpenAiResponses],
                vec![fails_at_once("Overloaded"), done()],
                Seen {
                    ledger: "work estimated, retry listed",
                    ..Seen::twice()
                },
            ),
            // Nothing of an answer is there that could be charged.
            program(
                "and nothing else",
                &[Dialect::Gemini, Dialect::Ollama, Dialect::OpenAiChat],
                vec![fails_at_once("Overloaded"), done()],
                Seen {
                    ledger: "work free, retry listed",
                    ..Seen::twice()
                },
            ),
            program(
                "garbage in its place",
                EVENTS,
                vec![does(|request| {
                    vec![
                        Act::send(head(request)),
                        Act::Send(chunk("data: garbage\n\n")),
                        Act::send("0\r\n\r\n"),
                    ]
                })],
                Seen {
                    ledger: "work estimated",
                    ..Seen::given_up("protocol", "garbage")
                },
            ),
            program(
                "and not asked again",
                ALL,
                vec![fails_within("Overloaded")],
                Seen {
                    arguments: &["--no-retry"],
                    result: "I was about to",
                    facts: Some("TICAIE"),
                    ledger: "work estimated",
                    shown: Some(("I was about to", 1)),
                    ..Seen::given_up("overloaded", "Overloaded")
                },
            ),
        ],
    }
}

fn cut() -> Row {
    let mut trials = Vec::new();
    for (name, cut, ledger) in [
        (
            // It was sent: what it cost nobody said.
            "before the head",
            Cut::BeforeHead,
            "work estimated, retry listed, work listed",
        ),
        (
            "before the first event",
            Cut::BeforeFirst,
            "work estimated, retry listed, work listed",
        ),
        (
            "in a text",
            Cut::InText,
            "work estimated, retry listed, work listed",
        ),
        (
            "in a call",
            Cut::InCall,
            "work estimated, retry listed, work listed",
        ),
        (
            "after a call",
            Cut::BeforeEnd,
            "work estimated, retry listed, work listed",
        ),
    ] {
        for (how, farewell) in [("closed", Act::HalfClose), ("reset", Act::Reset)] {
            trials.push(program(
                format!("{name}, {how}"),
                ALL,
                vec![breaks_off(cut, farewell), says(marks()), done()],
                Seen {
                    requests: 3,
                    facts: Some("TICACIASICIAE"),
                    ledger,
                    shown: Some(("I mark it.", 1)),
                    ..Seen::marked()
                },
            ));
        }
    }
    trials.push(program(
        "the size of a piece is no number",
        ALL,
        vec![
            does(|request| {
                let events = events(request, &Turn::text("I was about to"));
                let said = |event: &String| event.contains("I was about to");
                let said = events.iter().position(said).unwrap_or(0);
                let mut acts = vec![Act::send(head(request))];
                acts.extend(events[..=said].iter().map(|event| Act::Send(chunk(event))));
                acts.push(Act::send("nonsense\r\n"));
                acts
            }),
            done(),
        ],
        Seen {
            ledger: "work estimated, retry listed",
            ..Seen::twice()
        },
    ));
    Row {
        id: "B04",
        fault: "the connection is lost",
        must: "asked again; no call of an answer that broke off runs; nothing that was shown is doubled",
        trials,
    }
}

fn stalled() -> Row {
    let hasty = |name: &str, hurry, play: Play, sees| Trial {
        name: name.to_owned(),
        way: Way::Hasty {
            wires: ALL.to_vec(),
            hurry,
            play,
            sees,
        },
    };
    // As long as the client is there; a trial ends long before.
    let pings = does(|request| {
        let mut acts = vec![Act::send(head(request))];
        for _ in 0..200 {
            acts.push(Act::Send(chunk(if request.path.ends_with("/api/chat") {
                "\n"
            } else {
                ": ping\n\n"
            })));
            acts.push(Act::Pause(std::time::Duration::from_millis(10)));
        }
        acts
    });
    let half = |count: usize| {
        does(move |request| {
            let mut acts = answer(request, &Turn::text("All is well."));
            acts.truncate(count);
            acts.push(Act::Pause(std::time::Duration::from_secs(2)));
            acts
        })
    };
    Row {
        id: "B05",
        fault: "nothing comes",
        must: "each stage has its time: 10 s to connect, 60 s for the head, 90 s between two pieces, 10 min of pings alone",
        trials: vec![
            hasty("no head", Hurry::Head, half(0), "did not answer within"),
            hasty("no first byte", Hurry::Piece, half(1), "nothing came from"),
            hasty("no more", Hurry::Piece, half(2), "nothing came from"),
            hasty(
                "only pings",
                Hurry::Quiet,
                pings,
                "nothing but signs of life",
            ),
            not(
                "no connection",
                "the kernel of this machine takes every connection to a port that listens: nothing on it can be slow to connect",
            ),
            hasty(
                "no handshake",
                Hurry::Handshake,
                half(0),
                "did not answer within",
            ),
            elsewhere(
                "the server has closed and the client has not",
                "src/provider/http/tests/mod.rs",
                "dropping_the_stream_closes_the_connection",
            ),
        ],
    }
}

fn dead() -> Row {
    Row {
        id: "B06",
        fault: "a connection kept for the next request is dead",
        must: "asked on a new one at once, as an attempt like any other",
        trials: vec![
            program(
                "reset while idle",
                ALL,
                vec![
                    does(|request| {
                        let mut acts = answer(request, &marks());
                        acts.push(Act::Reset);
                        acts
                    }),
                    done(),
                ],
                Seen::marked(),
            ),
            program(
                "reset when it is used again",
                ALL,
                vec![says(marks()), does(|_| vec![Act::Reset]), done()],
                Seen {
                    requests: 3,
                    facts: Some("TICIASICACIAE"),
                    ledger: "work listed, work estimated, retry listed",
                    ..Seen::marked()
                },
            ),
            program(
                "and the new one is dead as well",
                ALL,
                vec![
                    says(marks()),
                    does(|_| vec![Act::Reset]),
                    does(|_| vec![Act::Reset]),
                    done(),
                ],
                Seen {
                    requests: 4,
                    facts: Some("TICIASICACACIAE"),
                    ledger: "work listed, work estimated, retry estimated, retry listed",
                    ..Seen::marked()
                },
            ),
            program(
                "the whole answer came before",
                ALL,
                vec![streams(|request| {
                    whole(request, &Turn::text("All is well.")).into_bytes()
                })],
                Seen::once(),
            ),
        ],
    }
}
