//! B20 to B26, B29 and B30: refusals, and servers that are not who they should be.

use crate::matrix::script::{ALL, EVENTS, does, done, marks, refuses, says};
use crate::matrix::{Row, Seen, Trial, elsewhere, not, program};
use crate::support::server::{Act, Dialect, head, respond};

pub fn rows() -> Vec<Row> {
    vec![
        keys(),
        bad(),
        retired(),
        strangers(),
        names(),
        redirects(),
        packed(),
        second(),
        fallback(),
    ]
}

fn once(status: u16, kind: &'static str, words: &str, message: &'static str) -> Trial {
    let plays = vec![
        refuses(status, "retry-after: 0\r\n", "some_error", words),
        done(),
    ];
    program(
        status.to_string(),
        ALL,
        plays,
        Seen::given_up(kind, message),
    )
}

fn keys() -> Row {
    let midway = |status: u16, message: &'static str| {
        program(
            format!("{status} after the first step"),
            ALL,
            vec![
                says(marks()),
                refuses(status, "", "some_error", "no"),
                done(),
            ],
            Seen {
                result: "",
                requests: 2,
                outcomes: vec!["done"],
                marks: 1,
                facts: Some("TICIASICAE"),
                ledger: "work listed, work free",
                ..Seen::given_up("auth", message)
            },
        )
    };
    Row {
        id: "B20",
        fault: "the key is refused, or its money spent",
        must: "stopped with the way out, not asked again; other providers go on",
        trials: vec![
            once(
                401,
                "auth",
                "invalid key",
                "check the key (sk-…cdef from TRIAL_KEY)",
            ),
            once(402, "auth", "insufficient balance", "add credit there"),
            once(
                403,
                "auth",
                "forbidden",
                "check the key (sk-…cdef from TRIAL_KEY)",
            ),
            midway(401, "check the key (sk-…cdef from TRIAL_KEY)"),
            midway(402, "add credit there"),
            midway(403, "check the key (sk-…cdef from TRIAL_KEY)"),
            elsewhere(
                "given anew from the card, and the turn goes on",
                "tests/terminal.rs",
                "a_refused_key_is_given_anew_from_its_card",
            ),
            elsewhere(
                "another endpoint of the route goes on",
                "tests/route.rs",
                "of_five_endpoints_the_good_one_serves",
            ),
        ],
    }
}

fn bad() -> Row {
    Row {
        id: "B21",
        fault: "the request is refused",
        must: "said in the server's words, not asked again",
        trials: vec![
            once(400, "bad_request", "unknown parameter", "unknown parameter"),
            once(422, "bad_request", "unknown parameter", "unknown parameter"),
            not(
                "a report of what is wrong with the request",
                "every request of every trial is held against the vendors' rules here; a person is told the server's own words",
            ),
        ],
    }
}

fn retired() -> Row {
    Row {
        id: "B22",
        fault: "the model is gone",
        must: "said with where the others are listed; never another model by itself",
        trials: vec![
            once(
                404,
                "bad_request",
                "model: m",
                "`creel models` lists what there is",
            ),
            once(
                410,
                "bad_request",
                "model: m",
                "`creel models` lists what there is",
            ),
            elsewhere(
                "a route goes on at its next endpoint and says so",
                "tests/route.rs",
                "of_five_endpoints_the_good_one_serves",
            ),
        ],
    }
}

fn strangers() -> Row {
    let here = |name: &str, test| elsewhere(name, "tests/matrix/servers.rs", test);
    Row {
        id: "B23",
        fault: "a server that cannot prove who it is",
        must: "refused with the cause, not asked again; there is no way around it",
        trials: vec![
            here(
                "expired, another's name, of nobody known",
                "a_server_is_trusted_only_for_a_good_reason",
            ),
            elsewhere(
                "no TLS at all",
                "src/provider/http/tests/mod.rs",
                "a_server_that_does_not_speak_tls_is_named",
            ),
            program(
                "the control: no TLS is asked for on this machine",
                ALL,
                vec![done()],
                Seen::once(),
            ),
        ],
    }
}

fn names() -> Row {
    Row {
        id: "B24",
        fault: "no name, no network",
        must: "asked again after a while, and goes on by itself",
        trials: vec![
            elsewhere(
                "no such name, nobody at the port",
                "src/provider/http/tests/sending.rs",
                "a_connection_lost_before_the_answer_is_asked_again",
            ),
            program(
                "there, gone, there",
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
            not(
                "only an address of the newer kind",
                "addresses are taken as the system gives them, in its order: nothing here knows one kind from the other",
            ),
        ],
    }
}

fn redirects() -> Row {
    let trials = [301, 302, 303, 307, 308].map(|status| {
        program(
            status.to_string(),
            ALL,
            vec![
                does(move |_| respond(status, "location: http://127.0.0.1:9/elsewhere\r\n", "")),
                done(),
            ],
            Seen::given_up(
                "protocol",
                "redirects to http://127.0.0.1:9/elsewhere, which was not followed, since the key would go to another server",
            ),
        )
    });
    let mut trials = Vec::from(trials);
    trials.push(elsewhere(
        "the other place hears nothing",
        "tests/matrix/servers.rs",
        "a_redirect_takes_the_key_nowhere",
    ));
    Row {
        id: "B25",
        fault: "a redirect",
        must: "not followed with the key",
        trials,
    }
}

/// A body of one event that never ends, packed a thousand to one. The bits are those of fixed codes: `data: x`, then "258
/// times the same byte", over and over.
fn bomb(megabytes: usize) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut held, mut count) = (0_u32, 0);
    let mut put = |bits: u32, width: u32, reversed: bool| {
        for index in 0..width {
            let at = if reversed { width - 1 - index } else { index };
            held |= ((bits >> at) & 1) << count;
            count += 1;
            if count == 8 {
                bytes.push(held as u8);
                (held, count) = (0, 0);
            }
        }
    };
    put(1, 1, false);
    put(1, 2, false);
    for byte in *b"data: x" {
        put(0x30 + u32::from(byte), 8, true);
    }
    for _ in 0..megabytes * 1024 * 1024 / 258 {
        put(0b1100_0101, 8, true);
        put(0, 5, true);
    }
    put(0, 7, true);
    put(0, 7, false);
    bytes
}

fn packed() -> Row {
    let sends = |bytes: Vec<u8>| {
        does(move |request| {
            let head = head(request).replace(
                "transfer-encoding: chunked",
                &format!("content-encoding: gzip\r\ncontent-length: {}", bytes.len()),
            );
            vec![Act::send(head), Act::Send(bytes.clone())]
        })
    };
    Row {
        id: "B26",
        fault: "a packed body",
        must: "unpacked, with a cap",
        trials: vec![
            elsewhere(
                "good, cut, spoilt",
                "src/provider/http/tests/mod.rs",
                "a_packed_answer_is_unpacked",
            ),
            program(
                "100 MB in half of one",
                EVENTS,
                vec![sends(bomb(100))],
                Seen {
                    ledger: "work estimated",
                    ..Seen::given_up("protocol", "8 MB")
                },
            ),
            program(
                "100 MB in half of one that is no line of JSON",
                &[Dialect::Ollama],
                vec![sends(bomb(100))],
                Seen::given_up("protocol", "something else than a stream"),
            ),
            program(
                "no packed body at all",
                ALL,
                vec![sends(b"data: plain\n\n".to_vec()), done()],
                Seen {
                    ledger: "work free",
                    ..Seen::given_up("protocol", "cannot be read")
                },
            ),
        ],
    }
}

fn second() -> Row {
    Row {
        id: "B29",
        fault: "HTTP/2 is taken back",
        must: "asked again",
        trials: vec![
            elsewhere(
                "GOAWAY, RST_STREAM",
                "tests/matrix/servers.rs",
                "what_is_taken_back_in_http_2_is_asked_again",
            ),
            not(
                "without TLS",
                "HTTP/2 is agreed on within the handshake of TLS; without it HTTP/1.1 is spoken, and the rows B04 and B06 are its trials",
            ),
        ],
    }
}

fn fallback() -> Row {
    Row {
        id: "B30",
        fault: "two providers are down",
        must: "the next of the route serves, in its order, none asked twice, all in the ledger",
        trials: vec![
            elsewhere(
                "four of five at fault, on every wire",
                "tests/route.rs",
                "of_five_endpoints_the_good_one_serves",
            ),
            elsewhere(
                "two down, the third serves",
                "tests/matrix/servers.rs",
                "of_three_the_last_serves_and_each_was_asked_once",
            ),
        ],
    }
}
