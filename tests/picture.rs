//! Pictures through the true program: on every wire, to a model that takes none, and out of the log again.

use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pretty_assertions::assert_eq;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::pty::Terminal;
use crate::support::server::{Dialect, Request, Server, Turn, answer, config, respond};
use crate::support::valid;
use crate::support::{CREEL, Home, LONGEST};

const BLIND: &str =
    "[providers.chat.models.blind]\ncontext = 1000000\nmax_output = 8000\nimages = false\n";

/// A home with two pictures, whose server says `fine` to everything.
fn home() -> (Home, Server) {
    let server =
        Server::start(|request| crate::support::server::answer(request, &Turn::text("fine")));
    let home = Home::with(&(config(&server, Some((1.0, 2.0))) + BLIND));
    let small = image::RgbImage::from_pixel(64, 48, image::Rgb([9, 90, 200]));
    small.save(home.work().join("small.png")).unwrap();
    let wide = image::RgbImage::from_pixel(3136, 64, image::Rgb([200, 9, 90]));
    wide.save(home.work().join("wide.jpg")).unwrap();
    // The ending says nothing.
    std::fs::rename(home.work().join("wide.jpg"), home.work().join("wide")).unwrap();
    (home, server)
}

fn data(home: &Home, name: &str) -> String {
    STANDARD.encode(std::fs::read(home.work().join(name)).unwrap())
}

/// The pictures of the first message, as base64.
fn pictures(request: &Request) -> Vec<String> {
    let body = request.json();
    let url = |value: &Value| {
        let url = value.as_str().unwrap();
        url.split_once(";base64,").unwrap().1.to_owned()
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match request.dialect() {
        Dialect::Anthropic => list(&body["messages"][0]["content"])
            .iter()
            .filter(|block| block["type"] == "image")
            .map(|block| text(&block["source"]["data"]))
            .collect(),
        Dialect::OpenAiChat => list(&body["messages"][1]["content"])
            .iter()
            .filter(|part| part["type"] == "image_url")
            .map(|part| url(&part["image_url"]["url"]))
            .collect(),
        Dialect::OpenAiResponses => list(&body["input"][0]["content"])
            .iter()
            .filter(|part| part["type"] == "input_image")
            .map(|part| url(&part["image_url"]))
            .collect(),
        Dialect::Gemini => list(&body["contents"][0]["parts"])
            .iter()
            .filter(|part| part["inlineData"].is_object())
            .map(|part| text(&part["inlineData"]["data"]))
            .collect(),
        Dialect::Ollama => list(&body["messages"][1]["images"])
            .iter()
            .map(text)
            .collect(),
    }
}

#[test]
fn a_run_shows_pictures_on_every_wire_and_goes_on_from_them() {
    let (home, server) = home();
    for (round, dialect) in Dialect::ALL.iter().enumerate() {
        let model = dialect.model();
        let first = home.run(&[
            "run",
            "what is this?",
            "--model",
            &model,
            "--image",
            "small.png",
            "-i",
            "wide",
            "--output",
            "json",
        ]);
        assert_eq!((first.code, &*first.err), (0, ""), "{dialect:?}");
        let session = first.json()["session_id"].as_str().unwrap().to_owned();
        let more = home.run(&["run", "and now?", "--session", &session]);
        assert_eq!(
            (more.code, &*more.out),
            (0, "fine\n"),
            "{dialect:?} {}",
            more.err
        );
        let requests = server.requests();
        let [before, after] = &requests[requests.len() - 2..] else {
            panic!("{round}")
        };
        for request in [before, after] {
            valid::check(request).unwrap();
        }
        let sent = pictures(before);
        assert_eq!(sent.len(), 2, "{dialect:?}");
        assert_eq!(sent[0], data(&home, "small.png"), "byte for byte");
        let wide = image::load_from_memory(&STANDARD.decode(&sent[1]).unwrap()).unwrap();
        assert_eq!((wide.width(), wide.height()), (1568, 32), "made smaller");
        let words =
            json!("what is this?\n\n[image small.png 64x48]\n\n[image wide 1568x32]").to_string();
        assert!(
            before.bare().contains(&words),
            "{dialect:?} {}",
            before.bare()
        );
        // The second begins as the first did, pictures and all.
        let (before, after) = (before.bare(), after.bare());
        let open = before.trim_end_matches([']', '}']);
        assert!(after.starts_with(open), "{dialect:?}");
        let told = home.run(&["cache", &session, "--json"]);
        let told = told.json();
        let rows = told["requests"]
            .as_array()
            .or_else(|| told.as_array())
            .unwrap();
        assert_eq!(rows.len(), 2, "{told}");
        assert!(
            rows.iter().all(|row| row["untold"].is_null()),
            "rebuilt to the byte: {told}"
        );
    }
}

#[test]
fn a_model_that_takes_none_is_told_what_it_does_not_see() {
    let (home, server) = home();
    let refused = home.run(&["run", "see", "--model", "chat/blind", "-i", "small.png"]);
    assert_eq!(refused.code, 1);
    let line = "chat/blind takes no images: choose another model, or take small.png out";
    assert!(refused.err.contains(line), "{}", refused.err);
    assert_eq!(server.requests().len(), 0, "nothing was sent");
    let listed = home.run(&["sessions", "--all", "--json"]).json();
    assert_eq!(listed, json!([]), "no empty session is left");

    let first = home.run(&[
        "run",
        "see",
        "--model",
        "chat/m",
        "-i",
        "small.png",
        "--output",
        "json",
    ]);
    let session = first.json()["session_id"].as_str().unwrap().to_owned();
    for words in ["again", "once more"] {
        let more = home.run(&["run", words, "--session", &session, "--model", "chat/blind"]);
        assert_eq!(more.code, 0, "{}", more.err);
    }
    let requests = server.requests();
    let [_, second, third] = requests.as_slice() else {
        panic!("{}", requests.len())
    };
    let marker = json!("see\n\n[image small.png 64x48, not sent: chat/blind takes no images]");
    for request in [second, third] {
        assert_eq!(request.json()["messages"][1]["content"], marker);
        assert!(!request.bare().contains("base64"));
    }
    let open = second.bare();
    assert!(third.bare().starts_with(open.trim_end_matches([']', '}'])));
    // Back to one that sees: the picture is there again.
    home.run(&["run", "back", "--session", &session, "--model", "chat/m"]);
    let last = server.requests().pop().unwrap();
    assert_eq!(pictures(&last), [data(&home, "small.png")]);
}

/// A server whose model sees nothing, and that says so in its own words only when it is shown something. With `props` it says
/// so to whoever asks, as well.
fn sightless(props: bool) -> Server {
    Server::start(move |request| {
        let json = "content-type: application/json\r\n";
        if request.path.ends_with("/props") {
            let told = json!({"default_generation_settings": {"n_ctx": 1_000_000}, "modalities": {"vision": false}});
            let status = if props { 200 } else { 404 };
            return respond(status, json, &told.to_string());
        }
        if String::from_utf8_lossy(&request.body).contains("base64,") {
            let words = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj";
            let body = json!({"error": {"code": 500, "message": words, "type": "server_error"}});
            return respond(500, json, &body.to_string());
        }
        answer(request, &Turn::text("fine"))
    })
}

/// The requests that were made of the model.
fn asked(server: &Server) -> Vec<Request> {
    let mut requests = server.requests();
    requests.retain(|request| request.path.ends_with("/chat/completions"));
    requests
}

#[test]
fn a_refused_picture_is_not_sent_again_by_the_next_process() {
    let (home, _server) = home();
    let server = sightless(false);
    home.config(&config(&server, None));
    let first = home.run(&["run", "see", "--model", "chat/m", "-i", "small.png"]);
    assert_eq!(first.code, 5, "{}", first.err);
    let way_out = "this one gets their names instead from now on";
    assert!(first.err.contains(way_out), "{}", first.err);
    for words in ["again", "once more"] {
        let more = home.run(&["run", words, "--continue"]);
        assert_eq!((more.code, &*more.out), (0, "fine\n"), "{}", more.err);
    }
    let marker = "[image small.png 64x48, not sent: chat/m takes no images]";
    let requests = asked(&server);
    assert_eq!(requests.len(), 3);
    for request in &requests[1..] {
        assert!(request.bare().contains(marker), "{}", request.bare());
    }
}

#[test]
fn a_server_that_says_it_sees_nothing_is_sent_no_picture_at_all() {
    let (home, seeing) = home();
    let server = sightless(true);
    let llama = format!(
        "[providers.llama]\nwire = \"openai-chat\"\npreset = \"llamacpp\"\nbase_url = \"{}/v1\"\n\
         [providers.llama.models.m]\ncontext = 1000000\nmax_output = 8000\n",
        server.address
    );
    home.config(&(config(&seeing, None) + &llama));
    let refused = home.run(&["run", "see", "--model", "llama/m", "-i", "small.png"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    let line = "llama/m takes no images: choose another model, or take small.png out";
    assert!(refused.err.contains(line), "{}", refused.err);
    assert_eq!(asked(&server).len(), 0);
    // A conversation that has one already goes on with its name, from the first request on and in a home that knows nothing.
    for file in ["data", "state"] {
        let _ = std::fs::remove_dir_all(home.path().join(file));
    }
    let seen = home.run(&["run", "see", "--model", "chat/m", "-i", "small.png"]);
    assert_eq!(seen.code, 0, "{}", seen.err);
    let more = home.run(&["run", "and now?", "--continue", "--model", "llama/m"]);
    assert_eq!((more.code, &*more.out), (0, "fine\n"), "{}", more.err);
    let [request] = &asked(&server)[..] else {
        panic!("{}", more.err)
    };
    let marker = "[image small.png 64x48, not sent: llama/m takes no images]";
    assert!(request.bare().contains(marker), "{}", request.bare());
}

#[test]
fn what_is_no_picture_ends_a_run_before_it_begins() {
    let (home, server) = home();
    home.file("notes.png", "just words");
    let whole = std::fs::read(home.work().join("small.png")).unwrap();
    std::fs::write(home.work().join("half.png"), &whole[..60]).unwrap();
    let cases = [
        (
            "notes.png",
            "notes.png is no picture: PNG, JPEG, WebP and GIF are",
        ),
        ("half.png", "the picture half.png is damaged"),
        ("gone.png", "gone.png: No such file or directory"),
        (".", "is no file"),
    ];
    for (path, why) in cases {
        let said = home.run(&["run", "see", "--model", "chat/m", "-i", path]);
        assert_eq!(said.code, 1, "{path}");
        assert!(said.err.contains(why), "{path}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{path}: {}", said.err);
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_picture_is_named_where_a_session_is_read_and_goes_with_it() {
    let (home, _server) = home();
    let bytes = std::fs::read(home.work().join("small.png")).unwrap();
    let holds = || {
        ["creel.db", "creel.db-wal"].iter().any(|name| {
            let file = std::fs::read(home.path().join("data").join(name)).unwrap_or_default();
            file.windows(bytes.len()).any(|window| window == bytes)
        })
    };
    let run = home.run(&[
        "run",
        "see",
        "--model",
        "chat/m",
        "-i",
        "small.png",
        "--output",
        "json",
    ]);
    let session = run.json()["session_id"].as_str().unwrap().to_owned();
    assert!(holds());
    let readings: [&[&str]; 5] = [
        &["show", &session],
        &["show", &session, "--json"],
        &["export", &session, "--to", "markdown"],
        &["export", &session, "--to", "html"],
        &["export", &session, "--to", "jsonl"],
    ];
    for arguments in readings {
        let said = home.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?} {}", said.err);
        assert!(
            said.out.contains("[image small.png 64x48]"),
            "{arguments:?} {}",
            said.out
        );
    }
    let purged = home.run(&["purge", &session, "--yes"]);
    assert_eq!(purged.code, 0, "{}", purged.err);
    assert!(!holds());
}

/// Waits until what is typed is in the log.
fn wait_for_draft(home: &Home, part: &str) {
    let began = Instant::now();
    let held = || {
        let log = rusqlite::Connection::open(home.db()).ok()?;
        let query = "SELECT count(*) FROM draft WHERE instr(body, ?) > 0";
        log.query_row(query, [part], |row| row.get::<_, u32>(0))
            .ok()
    };
    while held().is_none_or(|count| count == 0) {
        assert!(began.elapsed() < LONGEST, "no draft with {part}");
        std::thread::yield_now();
    }
}

#[test]
fn a_picture_is_dropped_and_pasted_and_outlives_a_crash() {
    let (home, server) = home();
    home.config(&(format!("model = \"chat/m\"\n{}", config(&server, None)) + BLIND));
    // A desktop whose clipboard holds the other picture.
    let programs = home.beside("programs");
    std::fs::create_dir(&programs).unwrap();
    let program = programs.join("wl-paste");
    std::fs::write(
        &program,
        format!(
            "#!/bin/sh\nexec cat '{}'\n",
            home.work().join("wide").display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "PATH={}:{}",
        programs.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let arguments = [&*path, "WAYLAND_DISPLAY=wayland-0", CREEL];
    let mut terminal = Terminal::start(&home, "env", &arguments, (24, 80));
    terminal.wait_for("Enter send");
    terminal.press(&format!(
        "\x1b[200~'{}'\x1b[201~",
        home.work().join("small.png").display()
    ));
    terminal.wait_for("> [small.png 64x48]");
    terminal.press(" and \x16");
    terminal.wait_for("> [small.png 64x48] and [clipboard 1568x32]");
    wait_for_draft(&home, "clipboard");
    terminal.signal(Signal::KILL);
    terminal.end();

    let mut again = Terminal::creel(&home, &[]);
    again.wait_for("> [small.png 64x48] and [clipboard 1568x32]");
    // One is taken away as a whole; the other goes.
    again.press("\x7f?\r");
    again.wait_for("fine");
    again.wait_for("[small.png 64x48]");
    let request = server.requests().pop().unwrap();
    assert_eq!(pictures(&request), [data(&home, "small.png")]);
    again.wait_for("Enter send");
    again.press("\x03\x03");
    assert_eq!(again.end(), 0);
}
