//! Servers that are not who they should be, that take back what they began, or that send elsewhere: what the rows of the table
//! name as their trials.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;

use crate::matrix::tls::{Safe, Shows, Speaks, authority};
use crate::support::server::{Act, Dialect, Request, Server, Turn, answer, config, respond};
use crate::support::{Home, Said, said};

/// A home whose model is at this address, and that trusts the authority of these trials.
fn trusting(address: &str, arguments: &[&str]) -> (Home, Said) {
    let home = Home::with(&format!(
        "[providers.safe]\nwire = \"anthropic\"\nbase_url = \"{address}\"\nkey_env = \"TRIAL_KEY\"\n\
         [providers.safe.models.m]\ncontext = 1000000\nprice = {{ input = 3, output = 15 }}\n"
    ));
    let trusted = home.beside("authority.pem");
    fs::write(&trusted, authority()).unwrap();
    let usual = ["run", "--model", "safe/m", "--output", "json"];
    let mut command = home.creel(&[&usual[..], arguments, &["go"]].concat());
    command.env("SSL_CERT_FILE", &trusted);
    let said = said(command);
    (home, said)
}

/// Answers one request of HTTP/1.1 as a model would.
fn well() -> Speaks {
    Arc::new(|_, stream| {
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let count = stream.read(&mut piece).unwrap_or(0);
            request.extend_from_slice(&piece[..count]);
            let text = String::from_utf8_lossy(&request).to_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                if count == 0 {
                    return;
                }
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap_or(0)) {
                break;
            }
        }
        let request = Request {
            path: "/v1/messages".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        for act in answer(&request, &Turn::text("All is well.")) {
            if let Act::Send(bytes) = act {
                let _ = stream.write_all(&bytes);
            }
        }
        let _ = stream.flush();
        let _ = stream.read(&mut piece);
    })
}

const ONE: &[&[u8]] = &[b"http/1.1"];

#[test]
fn a_server_is_trusted_only_for_a_good_reason() {
    let cases = [
        (Shows::Good, true, "", 0),
        (Shows::Expired, true, "has expired", 5),
        (Shows::Stranger, true, "is for another name", 5),
        (
            Shows::Good,
            false,
            "is from an issuer this machine does not know",
            5,
        ),
    ];
    for (shows, known, words, code) in cases {
        let server = Safe::start(shows, ONE, well());
        // One that is not known is signed by whom nobody trusts: the file of the trusted holds another.
        let (_, said) = if known {
            trusting(&server.address, &[])
        } else {
            let home = Home::with(&format!(
                "[providers.safe]\nwire = \"anthropic\"\nbase_url = \"{}\"\n[providers.safe.models.m]\ncontext = 1000000\nprice = {{ input = 3, output = 15 }}\n",
                server.address
            ));
            let said = home.run(&["run", "--model", "safe/m", "--output", "json", "go"]);
            (home, said)
        };
        let message = said.json()["error"]["message"].clone();
        let message = message.as_str().unwrap_or_default();
        // A machine without any certificates says that instead of trusting nobody.
        let is_bare = !known && message.contains("ca-certificates");
        assert!(message.contains(words) || is_bare, "{shows:?}: {message}");
        assert_eq!(said.code, code, "{shows:?}: {message}");
        assert!(server.connections() <= 1, "{shows:?} was asked again");
    }
}

#[test]
fn what_is_taken_back_in_http_2_is_asked_again() {
    // The settings that begin a connection, then: no stream was taken; or the first one is taken back, for it was refused.
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const REFUSED: &[u8] = &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7];
    const CANCELLED: &[u8] = &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8];
    for (name, frames) in [
        ("GOAWAY", vec![GOAWAY]),
        ("RST_STREAM, refused", vec![REFUSED, GOAWAY]),
        ("RST_STREAM, cancelled", vec![CANCELLED, GOAWAY]),
    ] {
        let answers = well();
        let speaks: Speaks = Arc::new(move |index, stream| {
            if index > 0 {
                return answers(index, stream);
            }
            let _ = stream.write_all(SETTINGS);
            let _ = stream.flush();
            // The preface, the settings and the head of the request.
            let mut heard = Vec::new();
            let mut piece = [0; 4096];
            while !has_headers(&heard) {
                match stream.read(&mut piece) {
                    Ok(count) if count > 0 => heard.extend_from_slice(&piece[..count]),
                    _ => return,
                }
            }
            for frame in &frames {
                let _ = stream.write_all(frame);
            }
            let _ = stream.flush();
            let _ = stream.read(&mut piece);
        });
        let server = Safe::start(Shows::Good, &[b"h2", b"http/1.1"], speaks);
        let (_, said) = trusting(&server.address, &[]);
        assert_eq!(said.json()["result"], "All is well.", "{name}: {said:?}");
        assert_eq!(server.connections(), 2, "{name}");
    }
}

/// Whether the frames that came hold one of headers (type 1).
fn has_headers(heard: &[u8]) -> bool {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();
    let mut rest = heard.get(preface..).unwrap_or_default();
    while let [a, b, c, kind, ..] = rest {
        if *kind == 1 {
            return true;
        }
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    false
}

#[test]
fn a_redirect_takes_the_key_nowhere() {
    let other = Server::start(|request| answer(request, &Turn::text("mine")));
    let target = format!("location: {}/v1/messages\r\n", other.address);
    let server = Server::start(move |_| respond(307, &target, ""));
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    for dialect in Dialect::ALL {
        let said = home.run(&["run", "--model", &dialect.model(), "go"]);
        assert_eq!(said.code, 5, "{said:?}");
    }
    assert_eq!(server.requests().len(), Dialect::ALL.len());
    assert!(other.requests().is_empty());
}

#[test]
fn of_three_the_last_serves_and_each_was_asked_once() {
    for dialect in Dialect::ALL {
        let servers = [
            Server::start(|_| respond(503, "", "down")),
            Server::start(|_| vec![Act::Reset]),
            Server::start(|request| answer(request, &Turn::text("All is well."))),
        ];
        let mut text = String::new();
        for (name, server) in ["first", "second", "third"].iter().zip(&servers) {
            let entries = config(server, Some((3.0, 15.0)));
            for entry in entries.split("[providers.") {
                if let Some(rest) = entry.strip_prefix(dialect.provider()) {
                    let _ = writeln!(text, "[providers.{name}{rest}");
                }
            }
        }
        text.push_str("[routes.all]\nendpoints = [\"first/m\", \"second/m\", \"third/m\"]\n");
        let home = Home::with(&text);
        let said = home.run(&["run", "--model", "route/all", "--output", "json", "go"]);
        let result = said.json();
        assert_eq!(result["result"], "All is well.", "{dialect:?}: {said:?}");
        assert_eq!(result["model"], "third/m", "{dialect:?}");
        let asked: Vec<usize> = servers
            .iter()
            .map(|server| server.requests().len())
            .collect();
        assert_eq!(asked, [1, 1, 1], "{dialect:?}");
        let cost = home.run(&["cost", "--by", "provider", "--json"]).json();
        let mut rows: Vec<(&str, u64)> = (cost["rows"].as_array().unwrap().iter())
            .map(|row| (row["key"].as_str().unwrap(), row["calls"].as_u64().unwrap()))
            .collect();
        rows.sort_unstable();
        assert_eq!(
            rows,
            [("first", 1), ("second", 1), ("third", 1)],
            "{dialect:?}"
        );
    }
}
