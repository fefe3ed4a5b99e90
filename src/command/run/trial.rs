//! Whole runs against the engine, with the rehearsal as the model.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::cli::{Cli, RunArgs, Sub};
use crate::command::tests::written;
use crate::command::{Face, cli, run, sessions, show};
use crate::config::Config;
use crate::config::load;
use crate::config::paths::Paths;
use crate::engine::clock::Clock;
use crate::engine::walls::Sandbox;
use crate::engine::{Engine, Options};
use crate::protocol::event::{Fact, Signal};
use crate::protocol::item::Block;
use crate::provider::rehearsal;

/// A home with a script under `play/x`, and a folder to work in.
struct Stage {
    home: TempDir,
    folder: TempDir,
}

impl Stage {
    fn new(script: &str) -> Self {
        let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(home.path().join("script.md"), script).unwrap();
        let config = "model = \"play/x\"\n[providers.play]\nwire = \"rehearsal\"\nscript = \"script.md\"\n\
            [providers.dear]\nwire = \"openai-chat\"\nbase_url = \"https://api.example.com/v1\"\n";
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        std::fs::write(folder.path().join("a.txt"), "alpha\n").unwrap();
        Self { home, folder }
    }

    fn engine(&self) -> (Engine, Config) {
        let home: &Path = self.home.path();
        let env = |name: &str| (name == "CREEL_HOME").then(|| home.as_os_str().to_owned());
        let paths = Paths::from_environment(&env).unwrap();
        let config = load::load(&paths, &env).unwrap();
        let options = Options {
            config: config.clone(),
            paths,
            clock: Clock::system(),
            home: None,
            unattended: true,
            redactor: Arc::default(),
            sandbox: Sandbox::Off { program: None },
        };
        (
            Engine::start(options, &tokio::runtime::Handle::current()).unwrap(),
            config,
        )
    }

    /// `creel run LINE`, in the stage's folder, with something piped in.
    async fn run(&self, line: &str, piped: &str) -> (String, String, u8) {
        let args = args(&format!(
            "creel run --cwd {} {line}",
            self.folder.path().display()
        ));
        let (engine, config) = self.engine();
        let door = engine.door.clone();
        let said = written(piped.as_bytes(), async |face: &mut Face<'_>| {
            run::run(&args, &door, &config, face).await
        });
        let said = said.await;
        drop(door);
        engine.ended().await;
        said
    }

    async fn json(&self, line: &str) -> (Value, u8) {
        let (out, err, code) = self.run(&format!("--output json {line}"), "").await;
        (
            serde_json::from_str(&out).unwrap_or_else(|_| panic!("no JSON: {out} {err}")),
            code,
        )
    }
}

fn args(line: &str) -> RunArgs {
    use clap::Parser;
    match Cli::try_parse_from(line.split_whitespace())
        .unwrap()
        .command
    {
        Some(Sub::Run(args)) => args,
        _ => panic!("no run"),
    }
}

fn pick<'v>(value: &'v Value, fields: &[&str]) -> Vec<&'v Value> {
    fields.iter().map(|field| &value[*field]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_ends_the_run() {
    let stage = Stage::new(
        "> *\n< call bash {\"command\":\"touch begun; until test -e end; do sleep 0.01; done\"}\n\n< text: done\n",
    );
    let (engine, config) = stage.engine();
    let door = engine.door.clone();
    let folder = stage.folder.path();
    let args = args(&format!(
        "creel run --cwd {} --mode auto go",
        folder.display()
    ));
    let over = std::sync::atomic::AtomicBool::new(false);
    let run = async {
        let said = written(b"", async |face: &mut Face<'_>| {
            run::run(&args, &door, &config, face).await
        });
        let said = said.await;
        over.store(true, std::sync::atomic::Ordering::SeqCst);
        said
    };
    let fill = async {
        // A run that ends before its command began never makes the file: what it said is looked at below.
        let is_over = || over.load(std::sync::atomic::Ordering::SeqCst);
        while !folder.join("begun").exists() && !is_over() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        engine.fill_disk();
        std::fs::write(folder.join("end"), "").unwrap();
    };
    let ((_, err, code), ()) = tokio::join!(run, fill);
    assert_eq!(code, 1);
    assert!(
        err.contains("nothing more can be kept: no space left"),
        "{err}"
    );
    drop(door);
    engine.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_prints_the_last_answer_and_nothing_else() {
    let stage = Stage::new(
        "> *\n< text: I look.\n< call read {\"path\":\"a.txt\"}\n\n< text: It says alpha.\n",
    );
    assert_eq!(
        stage.run("look", "").await,
        ("It says alpha.\n".to_owned(), String::new(), 0)
    );
    let (value, code) = stage.json("look").await;
    let fields = [
        "ending",
        "result",
        "steps",
        "tool_calls",
        "stop_reason",
        "cost_usd",
        "cost_known",
        "model",
        "error",
    ];
    let calls = json!([{ "id": "call_1_1_1", "name": "read", "input": { "path": "a.txt" }, "outcome": "done" }]);
    let expected = [
        json!("finished"),
        json!("It says alpha."),
        json!(2),
        calls,
        json!("end"),
        json!(0.0),
        json!(true),
        json!("play/x"),
        Value::Null,
    ];
    assert_eq!(
        (pick(&value, &fields), code),
        (expected.iter().collect(), 0)
    );
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys.join(" "),
        "cost_known cost_other cost_usd duration_ms ending error model result session_id steps stop_reason thinking \
         tool_calls usage"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_with_the_session_and_ends_with_the_result() {
    let stage = Stage::new("> *\n< call read {\"path\":\"a.txt\"}\n\n< text: Done.\n");
    let (out, _, code) = stage.run("--output stream-json look", "").await;
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kept: Vec<&str> = lines
        .iter()
        .filter(|line| !line["seq"].is_null())
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kept.first().zip(kept.last()),
        Some((&"session", &"result")),
        "{kept:?}"
    );
    for wanted in ["turn", "call", "outcome", "usage", "text"] {
        assert!(kept.contains(&wanted), "{wanted} is not in {kept:?}");
    }
    let numbers: Vec<u64> = lines
        .iter()
        .filter_map(|line| line["seq"].as_u64())
        .collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let session = &lines[0]["session_id"];
    assert!(lines.iter().all(|line| line["session_id"] == *session));
    assert_eq!(
        (&lines.last().unwrap()["result"], code),
        (&json!("Done."), 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn endings_have_their_words_and_codes() {
    let denied = "> *\n< call write {\"path\":\"b.txt\",\"content\":\"x\"}\n\n< text: I may not.\n";
    let stage = Stage::new(denied);
    let (value, code) = stage.json("write").await;
    assert_eq!((value["ending"].as_str(), code), (Some("denied"), 3));
    assert_eq!(value["tool_calls"][0]["outcome"], json!("denied"));
    let (value, code) = stage.json("--mode edits write").await;
    assert_eq!((value["ending"].as_str(), code), (Some("finished"), 0));
    std::fs::remove_file(stage.folder.path().join("b.txt")).unwrap();
    let (value, code) = stage.json("--allow Write write").await;
    assert_eq!((value["ending"].as_str(), code), (Some("finished"), 0));
    let (value, code) = stage.json("--mode edits --deny write write").await;
    assert_eq!((value["ending"].as_str(), code), (Some("denied"), 3));
    let (value, code) = stage.json("--mode edits --max-steps 1 write").await;
    assert_eq!(
        (value["ending"].as_str(), code, &value["steps"]),
        (Some("limit"), 6, &json!(1))
    );
    assert_eq!(value["tool_calls"][0]["outcome"], json!("cancelled"));

    let stage = Stage::new("> *\n< text: half\n< error auth the key was refused\n");
    let (value, code) = stage.json("go").await;
    assert_eq!(
        (value["ending"].as_str(), code, &value["error"]["kind"]),
        (Some("failed"), 5, &json!("auth"))
    );
    let (out, err, code) = stage.run("go", "").await;
    assert!(
        err.starts_with("creel: ") && err.lines().count() == 1,
        "{err}"
    );
    assert_eq!((code, out.contains("refused")), (5, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_says_why_and_prints_no_result() {
    let stage = Stage::new("> *\n< text: x\n");
    let folder = stage.folder.path().canonicalize().unwrap();
    let cases = [
        ("", "the prompt is empty: creel run \"what to do\", or pipe it in".to_owned(), 2),
        ("--session abcd x", "there is no session `abcd`: `creel sessions --all` lists them".to_owned(), 1),
        ("--continue x", format!("there is no session in {} to go on with", folder.display()), 1),
        ("--model nowhere/x x", "there is no provider `nowhere`: there are dear, play, rehearsal".to_owned(), 2),
        (
            "--model rehearsal/tuor x",
            rehearsal::unknown("tuor"),
            2,
        ),
        (
            "--model groq/x x",
            "the provider `groq` has no key: set GROQ_API_KEY, or add [providers.groq] to the config".to_owned(),
            2,
        ),
        (
            "--model dear/x --budget 1 x",
            "dear/x has no price, so --budget cannot hold it: write its price into the config, as [providers.dear.models.\"x\"] \
             price = { input = 1, output = 2 }"
                .to_owned(),
            2,
        ),
    ];
    for (line, expected, code) in cases {
        assert_eq!(
            stage.run(line, "").await,
            (String::new(), format!("creel: {expected}\n"), code),
            "{line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on() {
    let stage = Stage::new("> one\n< text: first\n\n> two\n< text: second\n\n> *\n< text: other\n");
    assert_eq!(stage.run("one", "").await.0, "first\n");
    assert_eq!(stage.run("--continue -", "two\n").await.0, "second\n");
    let (value, _) = stage.json("--continue three").await;
    let id = value["session_id"].as_str().unwrap().to_owned();
    assert_eq!(
        stage
            .run(&format!("--session {} four", &id[id.len() - 6..]), "")
            .await
            .2,
        0
    );

    let (engine, _) = stage.engine();
    let door = engine.door.clone();
    let now = crate::command::moment::from_system();
    let list = cli::SessionsArgs {
        limit: None,
        all: false,
        json: true,
    };
    let (out, _, _) = written(b"", async |face: &mut Face<'_>| {
        sessions::run(&list, &door, &now, face).await
    })
    .await;
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value.as_array().unwrap().len(), 1);
    assert_eq!(
        pick(&value[0], &["id", "turns", "state"]),
        [&json!(id), &json!(4), &json!("done")]
    );

    let page = cli::ShowArgs {
        place: id.parse().unwrap(),
        after: None,
        limit: Some(3),
        json: true,
    };
    let (out, _, _) = written(b"", async |face: &mut Face<'_>| {
        show::run(&page, &door, &now, face).await
    })
    .await;
    let value: Value = serde_json::from_str(&out).unwrap();
    let items = value["items"].as_array().unwrap();
    let said: Vec<&str> = items
        .iter()
        .map(|item| item["text"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["one", "first", "two"]);
    assert_eq!(value["next"], items[2]["seq"]);
    drop(door);
    engine.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_run_with_its_own_code() {
    let stage = Stage::new(
        "> *\n< text: I wait.\n< call bash {\"command\":\"sleep 60\"}\n\n< text: over\n",
    );
    for code in [130, 143] {
        let line = format!(
            "creel run --cwd {} --mode auto --output json x",
            stage.folder.path().display()
        );
        let args = args(&line);
        let (engine, config) = stage.engine();
        let door = engine.door.clone();
        let mut feed = door.listen();
        // The signal comes when the command runs, and twice, as `timeout` sends it.
        let first = stream::once(async move {
            while let Some(signal) = feed.next().await {
                if matches!(&signal, Signal::Event(event) if matches!(event.fact, Fact::CallStarted { .. }))
                {
                    break;
                }
            }
            code
        });
        let signals = Box::pin(first.chain(stream::iter([code])));
        let (out, err, ended) = written(b"", async |face: &mut Face<'_>| {
            run::begin(&args, vec![Block::text("x")], &door, &config, signals, face).await
        })
        .await;
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (value["ending"].as_str(), ended),
            (Some("interrupted"), code),
            "{err}"
        );
        assert_eq!(value["tool_calls"][0]["outcome"], json!("cancelled"));
        assert_eq!(value["result"], json!("I wait."));
        drop(door);
        engine.ended().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_nothing_is_said_beside_the_result() {
    let stage = Stage::new("> *\n< think: hm\n");
    let (out, err, code) = stage.run("go", "").await;
    assert_eq!(
        (&*out, &*err, code),
        ("", "creel: the model said nothing\n", 0)
    );
    let (_, err, _) = stage.run("--output stream-json go", "").await;
    assert_eq!(err, "", "it is in a line of its own there");
}

#[tokio::test]
async fn the_tour_touches_nothing_where_its_files_are_there() {
    let stage = Stage::new("> *\n< text: no\n");
    let mine = stage.folder.path().join("tide.sh");
    std::fs::write(&mine, "mine").unwrap();
    let (out, err, code) = stage.run("--model rehearsal/tour --mode auto x", "").await;
    assert_eq!((out.as_str(), code), ("", 1));
    assert!(
        err.starts_with("creel: tide.sh is there already in "),
        "{err}"
    );
    assert_eq!(err.lines().count(), 1);
    assert_eq!(std::fs::read_to_string(mine).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(stage.folder.path()).unwrap().count(), 2);
    // Tool words make none of them.
    let (_, _, code) = stage.run("--model rehearsal/tour -", "read a.txt").await;
    assert_eq!(code, 0);
}
