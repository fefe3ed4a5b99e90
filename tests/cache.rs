//! Twenty turns with tools against a server that measures: every request begins as the one before did, what could be read
//! from a prompt cache is read, and `creel cache` tells what the server saw.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::Home;
use crate::support::server::{Act, Dialect, HEAD, Request, Server, Turn, chunk, config, events};

/// The turn from which on another model is asked.
const CHANGED: usize = 14;

/// The turn in which the model makes more calls than a cache looks back.
const MANY: usize = 9;

/// A token is taken as this many bytes.
const TOKEN: usize = 4;

/// What a vendor has kept of the prompts it saw.
#[derive(Debug, Default)]
struct Cache {
    /// Prefixes of marked prompts, block by block, each with the model's name.
    blocks: HashSet<String>,
    /// Whole bodies with where they were sent, for a vendor that finds what it knows by itself.
    bodies: Vec<(String, String)>,
    /// Tokens of each prompt, and those read from the cache.
    counted: Vec<(usize, usize)>,
}

impl Cache {
    /// Counts a request as its vendor would: what it has, and what it keeps.
    fn count(&mut self, request: &Request) -> (usize, usize, usize) {
        let (whole, read, written) = if request.dialect() == Dialect::Anthropic {
            self.marked(request)
        } else {
            self.found(request)
        };
        self.counted.push((whole, read));
        (whole - read - written, read, written)
    }

    /// By the marks: a prefix is found at a mark or up to 20 blocks before it, and kept at each mark.
    fn marked(&mut self, request: &Request) -> (usize, usize, usize) {
        let body = request.json();
        let mut blocks = Vec::new();
        for list in ["tools", "system"] {
            blocks.extend(body[list].as_array().unwrap().iter().cloned());
        }
        for message in body["messages"].as_array().unwrap() {
            blocks.extend(message["content"].as_array().unwrap().iter().cloned());
        }
        let mut prefix = body["model"].to_string();
        let mut prefixes = Vec::new();
        let mut marks = Vec::new();
        for (index, block) in blocks.iter_mut().enumerate() {
            if let Some(mark) = block.as_object_mut().unwrap().shift_remove("cache_control") {
                assert_eq!(mark, json!({"type": "ephemeral", "ttl": "1h"}));
                marks.push(index);
            }
            let _ = write!(prefix, "\n{block}");
            prefixes.push(prefix.clone());
        }
        assert!(marks.len() <= 4, "{} marks", marks.len());
        let within = |mark: &usize| mark.saturating_sub(20)..=*mark;
        let known = marks
            .iter()
            .flat_map(within)
            .filter(|&index| self.blocks.contains(&prefixes[index]))
            .max();
        let tokens = |index: usize| prefixes[index].len() / TOKEN;
        let read = known.map_or(0, tokens);
        let last = marks.last().map_or(0, |&mark| tokens(mark));
        self.blocks
            .extend(marks.iter().map(|&mark| prefixes[mark].clone()));
        (prefix.len() / TOKEN, read, last.saturating_sub(read))
    }

    /// By itself: the longest prefix of whatever the same model was sent before.
    fn found(&mut self, request: &Request) -> (usize, usize, usize) {
        let body = request.bare();
        // One dialect names the model in its address, not in the body.
        let same = self.bodies.iter().filter(|(path, _)| *path == request.path);
        let read = same.map(|(_, known)| common(known, &body)).max();
        let whole = body.len() / TOKEN;
        // In the others its name stands first: another one has nothing in common.
        let read = read.filter(|&read| read > 100).unwrap_or(0) / TOKEN;
        self.bodies.push((request.path.clone(), body));
        (whole, read, 0)
    }
}

fn common(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// The answer, with what the vendor counted in place of the server's own figures.
fn counted(request: &Request, turn: &Turn, cache: &mut Cache) -> Vec<Act> {
    let (fresh, read, written) = cache.count(request);
    let own = request.body.len() / TOKEN;
    let mut acts = vec![Act::send(HEAD)];
    let whole = fresh + read;
    let (own, counted) = match request.dialect() {
        Dialect::Anthropic => (
            format!("\"input_tokens\":{own},"),
            format!(
                "\"input_tokens\":{fresh},\"cache_read_input_tokens\":{read},\"cache_creation_input_tokens\":{written},"
            ),
        ),
        Dialect::OpenAiChat => (
            format!("\"prompt_tokens\":{own},"),
            format!(
                "\"prompt_tokens\":{whole},\"prompt_tokens_details\":{{\"cached_tokens\":{read}}},"
            ),
        ),
        Dialect::OpenAiResponses => (
            format!("\"input_tokens\":{own},\"input_tokens_details\":{{\"cached_tokens\":0}}"),
            format!(
                "\"input_tokens\":{whole},\"input_tokens_details\":{{\"cached_tokens\":{read}}}"
            ),
        ),
        Dialect::Ollama => (
            format!("\"prompt_eval_count\":{own},"),
            format!("\"prompt_eval_count\":{whole},\"prompt_eval_cached_count\":{read},"),
        ),
        Dialect::Gemini => (
            format!("\"promptTokenCount\":{own},"),
            format!("\"promptTokenCount\":{whole},\"cachedContentTokenCount\":{read},"),
        ),
    };
    for event in events(request, turn) {
        let event = event.replace(&own, &counted);
        acts.push(Act::Send(chunk(&event)));
    }
    acts.push(Act::send("0\r\n\r\n"));
    acts
}

/// What the model says to the request of this number, from 0: calls, and when their results are there a word.
fn turn(number: usize) -> Turn {
    let turn = number / 2 + 1;
    if number % 2 == 1 {
        return Turn::text(format!("That was turn {turn}."));
    }
    let calls = if turn == MANY { 15 } else { turn % 3 + 1 };
    let read = |call: usize| {
        let path = format!("notes/{:02}.txt", (turn * 5 + call) % 20);
        ("read".to_owned(), json!({ "path": path }).to_string())
    };
    Turn {
        text: format!("In turn {turn} I read {calls}."),
        calls: (0..calls).map(read).collect(),
        ..Turn::default()
    }
}

#[test]
fn twenty_turns_are_read_from_the_cache() {
    for dialect in Dialect::ALL {
        let cache = Arc::new(Mutex::new(Cache::default()));
        let kept = Arc::clone(&cache);
        let server = Server::start(move |request| {
            let mut cache = kept.lock().unwrap();
            let turn = turn(cache.counted.len());
            counted(request, &turn, &mut cache)
        });
        let home = Home::new();
        let price =
            "price = { input = 3.0, output = 15.0, cache_read = 0.3, cache_write = 3.75 }\n";
        let usual = "max_output = 8000\n";
        let mut text = config(&server, None).replace(usual, &format!("{usual}{price}"));
        let provider = dialect.provider();
        let _ = write!(
            text,
            "[providers.{provider}.models.other]\nmax_output = 8000\n{price}"
        );
        let wire = "wire = \"anthropic\"\n";
        text = text.replace(wire, &format!("{wire}cache = \"1h\"\n"));
        home.config(&text);
        for number in 0..20 {
            let lines = format!("note {number}, a line of it\n").repeat(30);
            home.file(&format!("notes/{number:02}.txt"), &lines);
        }
        for number in 1..=20 {
            let model = if number < CHANGED { "m" } else { "other" };
            let model = format!("{provider}/{model}");
            let prompt = format!("Go on with turn {number}.");
            let mut line = vec!["run", "--model", &model];
            if number > 1 {
                line.push("--continue");
            }
            line.push(&prompt);
            let said = home.run(&line);
            assert_eq!(said.code, 0, "{said:?}");
            assert_eq!(said.out.trim(), format!("That was turn {number}."));
        }

        let requests = server.requests();
        assert_eq!(requests.len(), 40, "{dialect:?}");
        let counted = cache.lock().unwrap().counted.clone();
        let changed = 2 * (CHANGED - 1);
        for (number, pair) in requests.windows(2).enumerate() {
            let (number, what) = (number + 1, format!("{dialect:?}, request {}", number + 2));
            let (before, now) = (pair[0].bare(), pair[1].bare());
            // In thousandths, rounded down.
            let share = common(&before, &now) * 1_000 / before.len();
            if number == changed {
                // One dialect names the model in its address alone: there what stands before the conversation is kept, and the
                // signatures of the model before are not.
                let most = if *dialect == Dialect::Gemini { 100 } else { 10 };
                assert!(share < most, "{what}: {share}");
                assert_eq!(counted[number].1, 0, "{what}");
            } else {
                assert!(share >= 995, "{what}: {share}");
                // All of the prompt before, but for its closing brackets.
                let (before, read) = (counted[number - 1].0, counted[number].1);
                assert!(read + 2 >= before, "{what}: {read} of {before} tokens");
            }
        }
        told(&home, &requests, &counted, changed);
        // What was lost goes by the price of then, whatever the config says by now.
        let lost = rows(&home)["total"]["lost_usd"].clone();
        home.config(&text.replace("input = 3.0", "input = 30.0"));
        assert_eq!(rows(&home)["total"]["lost_usd"], lost);
        home.config(&text.replace(price, ""));
        assert_eq!(rows(&home)["total"]["lost_usd"], lost);

        if *dialect == Dialect::OpenAiChat {
            // With the quirks of another vendor these are no longer the bodies that were sent.
            home.config(&text.replace(
                "wire = \"openai-chat\"",
                "wire = \"openai-chat\"\npreset = \"mistral\"",
            ));
            let rows = rows(&home)["requests"].clone();
            for row in rows.as_array().unwrap() {
                assert_eq!(row["bytes"], Value::Null);
                assert!(
                    row["untold"].as_str().unwrap().contains("other settings"),
                    "{row}"
                );
            }
        }
    }
}

fn rows(home: &Home) -> Value {
    let sessions = home.run(&["sessions", "--json"]).json();
    let id = sessions[0]["id"].as_str().unwrap();
    let said = home.run(&["cache", id, "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.err, "");
    said.json()
}

/// What `creel cache` says is what the server measured.
fn told(home: &Home, requests: &[Request], counted: &[(usize, usize)], changed: usize) {
    let told = rows(home);
    let rows = told["requests"].as_array().unwrap();
    assert_eq!(rows.len(), requests.len());
    for (number, row) in rows.iter().enumerate() {
        let now = requests[number].bare();
        let mut expected = json!({
            "turn": number / 2 + 1, "step": number % 2 + 1, "bytes": now.len(), "untold": null, "broke": null,
            "prompt_tokens": counted[number].0, "cache_read_tokens": counted[number].1,
            "before_bytes": null, "prefix_bytes": null, "missed_because": null,
        });
        if number > 0 {
            let before = requests[number - 1].bare();
            expected["before_bytes"] = json!(before.len());
            expected["prefix_bytes"] = json!(common(&before, &now));
        }
        if number == changed {
            expected["broke"] =
                json!({"at": "model", "message": null, "setting": null, "cause": "model"});
            expected["missed_because"] = json!("broke");
            assert!(row["lost_usd"].as_f64().unwrap() > 0.01, "{row}");
            assert_eq!(row["lost_usd"], told["total"]["lost_usd"]);
        } else {
            assert_eq!(row["lost_usd"], 0.0, "{row}");
        }
        for (field, expected) in expected.as_object().unwrap() {
            assert_eq!(
                &row[field],
                expected,
                "{field} of request {}: {row}",
                number + 1
            );
        }
        if number > 0 && number != changed {
            assert!(row["prefix_percent"].as_f64().unwrap() >= 99.5, "{row}");
        }
    }
    let read: usize = counted.iter().map(|(_, read)| read).sum();
    assert_eq!(told["total"]["cache_read_tokens"], read);
}

/// What a face says a first prompt weighs, before the engine is there, is what then goes out: of each wire within a few tokens.
#[test]
fn what_a_first_request_carries_is_weighed_as_it_is_sent() {
    use creel::config::load;
    use creel::config::paths::Paths;
    use creel::engine::carried;
    use creel::note::Shelf;
    use creel::provider::rehearsals::Rehearsals;
    use creel::provider::table::Providers;

    let server = Server::plays(vec![Turn::text("well"); 5]);
    let rules = "permissions.deny = [\"Glob\", \"Bash(rm *)\"]\n";
    let home = Home::with(&format!("{rules}{}", config(&server, Some((3.0, 15.0)))));
    home.file("AGENTS.md", "Say \"hello\".\nBe brief.\n\tAlways.\n");
    let env = |name: &str| {
        let all = home.environment();
        let found = all.into_iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into())
    };
    let paths = Paths::from_environment(&env).unwrap();
    let loaded = load::load(&paths, &env).unwrap();
    let providers = Providers::new(
        loaded.providers,
        Arc::new(|_| Ok(None)),
        Rehearsals::default(),
    );
    let work = home.work().canonicalize().unwrap();
    let told = creel::project::instructions::read(&work, &work).unwrap();
    let told = carried::instruction_tokens(&told);
    std::fs::write(home.path().join("MEMORY.md"), "- Back-off caps at 30 s.\n").unwrap();
    let kept = carried::note_tokens(&Shelf::new(&home.path(), &work));
    assert!(told > 0 && kept > 0);
    let told = told + kept;
    let wires = [
        Dialect::Anthropic,
        Dialect::OpenAiChat,
        Dialect::OpenAiResponses,
        Dialect::Gemini,
        Dialect::Ollama,
    ];
    for wire in wires {
        let model = wire.model();
        let said = home.run(&["run", "--model", &model, "hi"]);
        assert_eq!(said.code, 0, "{}", said.err);
        let sent = server.requests().last().unwrap().body.len() / TOKEN;
        let own = carried::own_tokens(
            &providers,
            Some(&model.parse().unwrap()),
            (&work, &loaded.rules),
        );
        let named = String::from_utf8_lossy(&server.requests().last().unwrap().body).into_owned();
        assert!(
            named.contains(r#""name":"bash""#) && !named.contains(r#""name":"glob""#),
            "a tool that is denied is not named: {named}"
        );
        let weighed = usize::try_from(own + told).unwrap();
        assert!(
            weighed.abs_diff(sent) <= 24,
            "{wire:?}: {weighed} weighed, {sent} sent"
        );
    }
}

#[test]
fn tools_that_a_rule_takes_away_are_the_cause_that_is_told() {
    let wires = [Dialect::Anthropic, Dialect::OpenAiChat, Dialect::Gemini];
    for wire in wires {
        let server = Server::plays(vec![Turn::text("well")]);
        let home = Home::with(&config(&server, Some((3.0, 15.0))));
        let model = wire.model();
        let first = home.run(&["run", "--model", &model, "--output", "json", "hi"]);
        let session = first.json()["session_id"].as_str().unwrap().to_owned();
        for more in [&["--deny", "Glob"][..], &["--deny", "Glob"], &[]] {
            let mut arguments = vec!["run", "--session", &session, "again"];
            arguments.extend(more);
            let said = home.run(&arguments);
            assert_eq!(said.code, 0, "{}", said.err);
        }
        let told = home.run(&["cache", &session, "--json"]).json();
        let rows = told["requests"].as_array().or_else(|| told.as_array());
        let causes: Vec<&str> = (rows.unwrap().iter())
            .map(|row| {
                assert!(row["untold"].is_null(), "{wire:?}: {row}");
                row["broke"]["cause"].as_str().unwrap_or("none")
            })
            .collect();
        assert_eq!(
            causes,
            ["none", "tools", "none", "tools"],
            "{wire:?}: {told}"
        );
    }
}
