//! `creel providers`: the list, and the check against servers of every dialect.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::Mutex;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::pty::{READY, Terminal};
use crate::support::server::{self, Act, Dialect, Gate, Request, Server, Turn, answer, respond};
use crate::support::{Home, end, signal};

const KEY: &str = "sk-test-0123456789abcdefghij-SECRET";

/// Lists one model where the key is good, and does what it is asked.
fn good(request: &Request) -> Vec<Act> {
    let all = request.headers.iter().map(|(_, value)| value.as_str());
    if !all.collect::<Vec<_>>().join("\n").contains(KEY) {
        let body = r#"{"error":{"message":"no such key","type":"authentication_error"}}"#;
        return respond(401, "content-type: application/json\r\n", body);
    }
    if request.body.is_empty() {
        let body = r#"{"data":[{"id":"m"}],"models":[{"name":"m"}]}"#;
        return respond(200, "content-type: application/json\r\n", body);
    }
    let said = Turn::call(
        "one two three four five six seven eight nine ten eleven twelve",
        "report",
        &json!({"word": "ready"}),
    );
    answer(request, &said)
}

/// A provider of each dialect, with the key at this place.
fn plain(server: &Server, place: &str) -> String {
    let entries = server::config(server, Some((1.0, 2.0)));
    entries.replace("key_env = \"TRIAL_KEY\"", place)
}

fn home(server: &Server, key: &str, more: &str) -> Home {
    let home = Home::with("");
    let file = home.beside("key");
    std::fs::write(&file, key).unwrap();
    let config = plain(server, &format!("key_file = \"{}\"", file.display()));
    home.config(&format!("{config}{more}"));
    home
}

fn rows(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

#[test]
fn a_check_asks_what_is_free_and_only_where_it_is_told_what_costs() {
    let server = Server::start(good);
    let home = home(&server, KEY, "");
    let said = home.run(&["providers", "check", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let found = said.json();
    assert_eq!(rows(&found).len(), Dialect::ALL.len(), "{found}");
    for row in rows(&found) {
        assert_eq!(
            (&row["key_good"], &row["model_there"], &row["tried"]),
            (&json!(true), &json!(true), &json!(false)),
            "{row}"
        );
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.body.is_empty())
    );
    assert_eq!(rows(&home.run(&["cost", "--json"]).json()["rows"]).len(), 0);

    // A line for each, and how to test more.
    let said = home.run(&["providers", "check"]);
    assert_eq!(said.out.lines().count(), Dialect::ALL.len(), "{said:?}");
    assert!(
        said.err.contains("`creel providers check NAME`"),
        "{said:?}"
    );
    for more in [&["--free"][..], &["chat", "--free"], &["--json"]] {
        let said = home.run(&[&["providers", "check"], more].concat());
        let told = said.err.contains("providers check NAME");
        assert_eq!(told, more == ["--free"], "{more:?} {said:?}");
    }

    for &dialect in Dialect::ALL {
        let said = home.run(&["providers", "check", dialect.provider(), "--json"]);
        assert_eq!(said.code, 0, "{dialect:?}: {said:?}");
        assert!(said.err.contains("one short question"), "{said:?}");
        let found = said.json();
        let row = &found[0];
        for seen in ["streams", "calls_tool", "reports_usage"] {
            assert_eq!(row[seen], true, "{dialect:?} {seen}: {row}");
        }
        assert!(
            row["cost"]["amount"].as_f64().unwrap() <= row["worst_usd"].as_f64().unwrap(),
            "{row}"
        );
        assert!(
            !said.out.contains("SECRET") && !said.err.contains("SECRET"),
            "{said:?}"
        );
    }
    // Each is a row of the ledger with its price, in a session that is put away. Two more where a cache is reported.
    let cost = home.run(&["cost", "--by", "model", "--json"]).json();
    let asked = server.requests();
    let asked = asked.iter().filter(|request| !request.body.is_empty());
    assert_eq!(cost["total"]["calls"], asked.count(), "{cost}");
    assert_eq!(cost["total"]["unknown"], 0, "{cost}");
    assert_eq!(home.run(&["sessions", "--json"]).json(), json!([]));
    let kept = home.run(&["sessions", "--all", "--json"]).json();
    assert!(
        rows(&kept).iter().all(|card| card["state"] == "archived"),
        "{kept}"
    );
    // A command gives the key as well as a file does.
    let command = plain(&server, &format!("key_command = [\"printf\", \"{KEY}\"]"));
    let by_command = Home::with(&command);
    let said = by_command.run(&["providers", "check"]);
    assert_eq!(
        (said.code, said.out.contains("SECRET")),
        (0, false),
        "{said:?}"
    );
    let before = server.requests().len();
    assert_eq!(home.run(&["providers", "check", "chat", "--free"]).code, 0);
    // The list, and whether it is there without the key too.
    assert_eq!(server.requests().len(), before + 2);
}

#[test]
fn every_configured_model_is_compared_with_the_list_and_a_configured_one_is_asked() {
    let server = Server::start(|request| {
        if request.body.is_empty() {
            let body = r#"{"data":[{"id":"first"},{"id":"second"}]}"#;
            return respond(200, "content-type: application/json\r\n", body);
        }
        good(request)
    });
    let address = &server.address;
    let file = Home::with("");
    let key = file.beside("key");
    std::fs::write(&key, KEY).unwrap();
    file.config(&format!(
        "model = \"mine/gone\"\n[roles]\nsmall = \"mine/lost\"\n[routes.all]\nendpoints = [\"mine/second\", \"mine/past\"]\n\
         [providers.mine]\nwire = \"openai-chat\"\nbase_url = \"{address}/v1\"\nkey_file = \"{}\"\n\
         [providers.mine.models.last]\nprice = {{ input = 1, output = 2 }}\n\
         [providers.mine.models.second]\nprice = {{ input = 1, output = 2 }}\n",
        key.display()
    ));
    let said = file.run(&["providers", "check", "mine", "--json"]);
    let found = said.json();
    let row = &found[0];
    let missing = ["mine/gone", "mine/lost", "mine/past", "mine/last"];
    assert_eq!(
        (&row["models_missing"], &row["model"], &row["state"]),
        (&json!(missing), &json!("mine/second"), &json!("warn")),
        "{row}"
    );
    assert_eq!(
        (&row["tried"], &row["calls_tool"]),
        (&json!(true), &json!(true)),
        "{row}"
    );
    let asked = server.requests();
    let asked = asked.iter().filter(|request| !request.body.is_empty());
    assert!(asked.clone().count() > 0);
    assert!(
        asked
            .map(Request::json)
            .all(|body| body["model"] == "second")
    );
    let said = file.run(&["providers", "check", "mine", "--free"]);
    assert!(
        said.out
            .contains("gone, lost, past, last are not in its list; choose others"),
        "{said:?}"
    );
}

/// As [`good`], with a cache that has all of a request it was sent before, byte for byte.
fn caching() -> impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static {
    let known = Mutex::new(Vec::new());
    move |request| {
        if request.body.is_empty() {
            return good(request);
        }
        let mut known = known.lock().unwrap();
        let cached = if known.contains(&request.body) {
            1_300
        } else {
            0
        };
        known.push(request.body.clone());
        let usage = json!({"prompt_tokens": 1_400, "completion_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": cached}});
        let call = json!({"index": 0, "id": "c1", "type": "function",
            "function": {"name": "report", "arguments": "{\"word\": \"ready\"}"}});
        let events = [
            json!({"choices": [{"index": 0, "delta": {"content": "one two three four five six seven "}}]}),
            json!({"choices": [{"index": 0, "delta": {"content": "eight nine ten eleven twelve"}}]}),
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]}),
            json!({"choices": [], "usage": usage}),
        ];
        let body = events
            .iter()
            .map(|event| format!("data: {event}\n\n"))
            .collect::<Vec<_>>()
            .concat();
        respond(
            200,
            "content-type: text/event-stream\r\n",
            &format!("{body}data: [DONE]\n\n"),
        )
    }
}

#[test]
fn a_cache_that_is_reported_is_measured() {
    let server = Server::start(caching());
    let home = home(&server, KEY, "");
    let said = home.run(&["providers", "check", "chat", "--json"]);
    let row = said.json()[0].clone();
    let expected = json!({"read_tokens": 1_300, "prompt_tokens": 1_400});
    assert_eq!(row["cache"], expected, "{row}");
    let sent: Vec<usize> = server
        .requests()
        .iter()
        .map(|request| request.body.len())
        .collect();
    assert_eq!(
        sent.len(),
        5,
        "the list with and without the key, a short question, a long one twice"
    );
    assert!(
        sent[2] < 1_500 && sent[3] > 5_000 && sent[3] == sent[4],
        "{sent:?}"
    );
    let cost = home.run(&["cost", "--json"]).json()["total"].clone();
    assert_eq!(
        (&cost["calls"], &cost["cache_read_tokens"]),
        (&json!(3), &json!(1_300))
    );
    let (paid, worst) = (row["cost"]["amount"].as_f64(), row["worst_usd"].as_f64());
    assert!(
        paid == cost["cost_usd"].as_f64() && paid < worst,
        "{row} {cost}"
    );

    let said = home.run(&["providers", "check", "chat"]);
    assert!(
        said.out
            .contains("its cache had 1.3k of 1.4k tokens sent twice"),
        "{said:?}"
    );
}

#[test]
fn whose_fault_it_is_is_said_and_the_key_is_not() {
    let server = Server::start(good);
    let wrong = home(&server, "sk-test-0123456789abcdefghij-WRONG", "");
    let said = wrong.run(&["providers", "check"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert_eq!(said.out.lines().count(), Dialect::ALL.len(), "{said:?}");
    for line in said.out.lines() {
        assert!(
            line.starts_with("bad ") && line.contains("check the key"),
            "{line}"
        );
    }
    assert!(!said.out.contains("WRONG"), "{said:?}");

    let nobody = "[providers.gone]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    let home = Home::with(nobody);
    let said = home.run(&["providers", "check", "gone"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(
        said.out.contains("nothing answers at 127.0.0.1:9"),
        "{said:?}"
    );
    for (name, why) in [
        ("nobody", "there is no provider `nobody`"),
        ("groq", "set GROQ_API_KEY"),
        ("rehearsal", "plays a script"),
    ] {
        let said = home.run(&["providers", "check", name]);
        assert_eq!((said.code, said.err.contains(why)), (2, true), "{said:?}");
    }
}

#[test]
fn a_check_keeps_within_the_budgets() {
    let server = Server::start(good);
    let home = home(&server, KEY, "[budget]\nday = 0.0001\n");
    let said = home.run(&["providers", "check", "chat"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.out.contains("budget.day"), "{said:?}");
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.body.is_empty())
    );
}

#[test]
fn providers_are_listed_with_where_their_keys_come_from() {
    let server = Server::start(good);
    let home = home(&server, KEY, "[providers.keyless]\npreset = \"groq\"\n");
    let listed = home.run(&["providers", "--json"]).json();
    let row = |name: &str| {
        rows(&listed)
            .iter()
            .find(|row| row["name"] == name)
            .unwrap()
    };
    assert_eq!(row("chat")["ready"], true, "{listed}");
    assert!(
        row("chat")["key"].as_str().unwrap().ends_with("key"),
        "{listed}"
    );
    assert_eq!(
        row("keyless")["lacks"],
        "no key: GROQ_API_KEY is not set",
        "{listed}"
    );
    assert_eq!(row("rehearsal")["key"], Value::Null, "{listed}");
    let said = home.run(&["providers"]);
    assert!(
        said.out.contains(&server.address) && !said.out.contains("SECRET"),
        "{said:?}"
    );
}

/// An address, what the environment says, and what the proxy is asked for.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

/// The way there as one run of the check went: what came to the proxy, and what was said.
fn by_proxy(base_url: &str, environment: &[(&str, &str)]) -> (Vec<String>, String) {
    let proxy = Server::start(|_| {
        respond(
            200,
            "content-type: application/json\r\n",
            r#"{"data":[{"id":"m"}]}"#,
        )
    });
    let home = Home::with(&format!(
        "[providers.far]\nwire = \"openai-chat\"\nbase_url = \"{base_url}\"\n"
    ));
    // What a project says of proxies is nobody's wish.
    for file in [".env", "creel.toml", ".creel/config.toml"] {
        let text = "HTTP_PROXY=http://127.0.0.1:9\nHTTPS_PROXY=http://127.0.0.1:9\n";
        std::fs::create_dir_all(home.work().join(".creel")).unwrap();
        std::fs::write(home.work().join(file), text).unwrap();
    }
    let mut command = home.creel(&["providers", "check", "far", "--free"]);
    command.current_dir(home.work());
    for (name, value) in environment {
        command.env(name, value.replace("PROXY", &proxy.address));
    }
    let said = crate::support::said(command);
    let paths = proxy.requests().into_iter().map(|request| request.path);
    (paths.collect(), format!("{said:?}"))
}

#[test]
fn proxies_are_the_persons_own_and_never_stand_before_this_machine() {
    // An address that is not of this machine by its look, and where nobody is but it.
    let far = "https://0.0.0.0:9/v1";
    let cases: [Case; 5] = [
        (far, &[], &[]),
        (far, &[("HTTPS_PROXY", "PROXY")], &["0.0.0.0:9"]),
        (far, &[("ALL_PROXY", "PROXY")], &["0.0.0.0:9"]),
        (
            far,
            &[("HTTPS_PROXY", "PROXY"), ("NO_PROXY", "0.0.0.0")],
            &[],
        ),
        (
            "http://127.0.0.1:9/v1",
            &[("HTTP_PROXY", "PROXY"), ("ALL_PROXY", "PROXY")],
            &[],
        ),
    ];
    for (base_url, environment, expected) in cases {
        let (paths, said) = by_proxy(base_url, environment);
        assert_eq!(paths, expected, "{base_url} {environment:?}: {said}");
    }
}

#[test]
fn a_check_ends_with_ctrl_c_and_what_it_may_cost_is_settled() {
    let gate = Gate::default();
    let waits = gate.clone();
    let server = Server::start(move |request| {
        let mut acts = Vec::new();
        if !request.body.is_empty() {
            acts.push(Act::Wait(waits.clone()));
        }
        acts.extend(good(request));
        acts
    });
    let home = home(&server, KEY, "");
    let child = home.creel(&["providers", "check", "chat"]).spawn().unwrap();
    // The list with the key and without, and the call.
    server.wait_for(3);
    signal(child.id(), Signal::INT);
    let said = end(child);
    assert_eq!(said.code, 130, "{said:?}");
    let total = home.run(&["cost", "--json"]).json()["total"].clone();
    assert_eq!(
        (&total["calls"], &total["unknown"]),
        (&json!(1), &json!(0)),
        "{total}"
    );
    assert!(total["cost_usd"].as_f64().unwrap() > 0.0, "{total}");
    gate.open();
}

#[test]
fn a_key_given_in_the_list_of_models_is_kept_and_switches_nothing() {
    let server = Server::start(good);
    let home = Home::new();
    home.plays("> *\n< text: I have heard you.\n");
    let played = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let address = &server.address;
    home.config(&format!(
        "{played}[providers.further]\nwire = \"openai-chat\"\nbase_url = \"{address}/v1\"\nkey_env = \"NOT_SET\"\n\
         [providers.further.models.m]\ncontext = 100000\n"
    ));
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("\x18m");
    terminal.wait_for("no key: NOT_SET is not set");
    terminal.press("further");
    terminal.wait_for("give its key");
    terminal.press("\r");
    terminal.wait_for("The key for further.");
    // One that is refused is said to be, and nothing of it is kept.
    terminal.press("\x1b[200~sk-test-of-nobody-at-all-0000\x1b[201~");
    terminal.wait_for("…0000");
    terminal.press("\r");
    terminal.wait_for("the fault is with the key");
    assert!(!home.path().join("keys/further").exists());
    terminal.press(&format!("\x1b[200~{KEY}\x1b[201~"));
    terminal.wait_for("…CRET");
    terminal.press("\r");
    terminal.wait_for("model for");
    terminal.wait_until("the key there", |screen| {
        !screen.contains("no key: NOT_SET is not set")
    });
    terminal.press("\x1b");
    terminal.wait_until("no list", |screen| !screen.contains("model for"));
    terminal.quit();
    let raw = terminal.raw();
    assert!(!String::from_utf8_lossy(&raw).contains("SECRET"));
    let file = home.path().join("keys/further");
    let mode = std::fs::metadata(&file).unwrap().permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o600
    );
    let said = home.run(&["providers", "check", "further", "--free"]);
    assert_eq!(said.code, 0, "{said:?}");
    // What answers when no model is named is what it was.
    let said = home.run(&["run", "go"]);
    assert_eq!(said.out.trim(), "I have heard you.", "{said:?}");
}

#[test]
fn a_key_may_be_given_by_the_command_that_prints_it() {
    let server = Server::start(good);
    let home = Home::new();
    let file = home.beside("key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    home.plays("> *\n< text: I have heard you.\n");
    let played = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let address = &server.address;
    home.config(&format!(
        "{played}[providers.further]\nwire = \"openai-chat\"\nbase_url = \"{address}/v1\"\nkey_env = \"NOT_SET\"\n\
         [providers.further.models.m]\ncontext = 100000\n"
    ));
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("\x18m");
    terminal.wait_for("no key: NOT_SET is not set");
    terminal.press("further");
    terminal.wait_for("give its key");
    terminal.press("\r");
    terminal.wait_for("The key for further.");
    // What cannot be run is said in one line, and the command stands there to be put right.
    terminal.press("!/nowhere/pass\r");
    terminal.wait_for("cannot run the key command `/nowhere/pass`");
    terminal.press(&format!("\x1b[200~!cat '{}'\x1b[201~", file.display()));
    terminal.wait_for("!cat");
    terminal.press("\r");
    terminal.wait_for("model for");
    terminal.wait_until("the key there", |screen| {
        !screen.contains("no key: NOT_SET is not set")
    });
    terminal.press("\x1b");
    terminal.wait_until("no list", |screen| !screen.contains("model for"));
    terminal.quit();
    let raw = terminal.raw();
    assert!(!String::from_utf8_lossy(&raw).contains("SECRET"));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let line = format!("key_command = [\"cat\", \"{}\"]", file.display());
    assert!(config.contains(&line), "{config}");
    assert!(!home.path().join("keys").exists());
}

#[test]
fn a_window_that_a_server_told_is_known_when_it_is_off() {
    let windows = [8192, 16_384];
    let home = Home::with("");
    let listed = |port: &str| {
        home.config(&format!(
            "[providers.mine]\npreset = \"vllm\"\nbase_url = \"{port}/v1\"\n[providers.mine.models.m]\n"
        ));
        let found = home.run(&["models", "--json"]).json();
        let row = rows(&found).iter().find(|row| row["model"] == "mine/m");
        row.unwrap()["context"].clone()
    };
    assert_eq!(listed("http://127.0.0.1:1"), Value::Null);
    let told = std::sync::Arc::new(Mutex::new(windows[0]));
    let window = std::sync::Arc::clone(&told);
    let server = Server::start(move |_: &Request| {
        let window = *window.lock().unwrap();
        let body = json!({"object": "list", "data": [{"id": "m", "max_model_len": window}]});
        respond(200, "content-type: application/json\r\n", &body.to_string())
    });
    let address = server.address.clone();
    assert_eq!(listed(&address), windows[0]);
    *told.lock().unwrap() = windows[1];
    assert_eq!(listed(&address), windows[1]);
    drop(server);
    assert_eq!(listed(&address), windows[1]);
    // Nothing is known of a server at another place.
    assert_eq!(listed("http://127.0.0.1:1"), Value::Null);
}

#[test]
fn the_models_that_a_config_names_are_listed_and_asked_by_their_names() {
    let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
    let heard = std::sync::Arc::clone(&asked);
    let server = Server::start(move |request: &Request| {
        if request.body.is_empty() {
            let body = r#"{"data":[{"id":"served"},{"id":"vendor/second"}]}"#;
            return respond(200, "content-type: application/json\r\n", body);
        }
        let model = request.json()["model"].as_str().map(str::to_owned);
        heard.lock().unwrap().extend(model);
        answer(request, &Turn::text("I have heard you."))
    });
    let home = Home::with("");
    home.config(&format!(
        "model = \"mine/first\"\n[providers.mine]\nwire = \"openai-chat\"\nbase_url = \"{}/v1\"\n\
         [providers.mine.models.first]\ncontext = 90000\n\
         [providers.mine.models.\"vendor/second\"]\ncontext = 100000\nprice = {{ input = 1, output = 2 }}\n",
        server.address
    ));
    let found = home.run(&["models", "--json"]).json();
    let mine: Vec<(&str, Option<u64>)> = rows(&found)
        .iter()
        .filter_map(|row| {
            let name = row["model"].as_str()?.strip_prefix("mine/")?;
            Some((name, row["context"].as_u64()))
        })
        .collect();
    // Each once: those of the config, then what its server has beside.
    assert_eq!(
        mine,
        [
            ("first", Some(90_000)),
            ("vendor/second", Some(100_000)),
            ("served", None)
        ]
    );
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("\x18m");
    terminal.wait_for("vendor/second");
    terminal.press("second");
    terminal.wait_until("that row alone", |screen| !screen.contains("mine/served"));
    terminal.press("\r");
    terminal.wait_until("no list", |screen| !screen.contains("model for"));
    terminal.press("go\r");
    terminal.wait_for("I have heard you.");
    terminal.quit();
    assert_eq!(asked.lock().unwrap().first().unwrap(), "vendor/second");
    // Other sessions begin as before.
    asked.lock().unwrap().clear();
    let said = home.run(&["run", "go"]);
    assert_eq!(said.out.trim(), "I have heard you.", "{said:?}");
    assert_eq!(asked.lock().unwrap().first().unwrap(), "first");
}

/// Who waits is told for whom, and since when.
#[test]
fn a_check_of_a_server_that_stalls_says_so_and_ends_with_ctrl_c() {
    let gate = Gate::default();
    let waits = gate.clone();
    let server = Server::start(move |request| {
        let mut acts = vec![Act::Wait(waits.clone())];
        acts.extend(good(request));
        acts
    });
    let home = home(&server, KEY, "");
    let mut command = home.creel(&["providers", "check", "chat"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("chat was") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it said nothing");
    }
    assert_eq!(
        line,
        "creel: chat was asked for its models 1 s ago and has not answered yet: Ctrl+C breaks off\n"
    );
    signal(child.id(), Signal::INT);
    let said = end(child);
    assert_eq!(said.code, 130, "{said:?}");
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("creel: broken off\n"), "{rest}");
    gate.open();
}
