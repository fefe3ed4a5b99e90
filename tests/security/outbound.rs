//! Rows S-13 and S-30: what a model writes makes nothing be loaded, and nothing can connect to the program.

use std::fmt::Write as _;

use pretty_assertions::assert_eq;

use crate::security::trap::Trap;
#[cfg(target_os = "linux")]
use crate::security::trap::ports;
use crate::support::pty::{READY, Terminal};
use crate::support::server::{Act, Gate, HEAD, Server, Turn, answer, config};
use crate::support::{CREEL, said};

/// Forms in which a text names something to load; `U` is its address.
const FORMS: &str = "![a](U)\n![a](<U>)\n![a](U \"t\")\n![](U)\n[![a](U)](U)\n[a](U)\n<U>\nU\n![a][r]\n[a][r]\n[r]: U\n\
![a] [r]\n<img src=\"U\">\n<img src=U onerror=fetch('U')>\n<img srcset=\"U 1x, U 2x\">\n<picture><source srcset=U></picture>\n\
<iframe src=\"U\"></iframe>\n<script src=\"U\"></script>\n<link rel=stylesheet href=\"U\">\n<link rel=prefetch href=\"U\">\n\
<link rel=icon href=\"U\">\n<object data=\"U\"></object>\n<embed src=\"U\">\n<video src=\"U\" autoplay poster=\"U\"></video>\n\
<audio src=\"U\" autoplay></audio>\n<body background=\"U\">\n<table background=\"U\">\n<meta http-equiv=refresh content=\"0;url=U\">\n\
<base href=\"U\">\n<form action=\"U\"><input type=image src=\"U\"></form>\n<a href=\"U\" ping=\"U\">a</a>\n<style>@import 'U';</style>\n\
<style>b{background:url(U)}</style>\n<p style=\"background:url(U)\">a</p>\n<svg><image href=\"U\"/></svg>\n<svg><use href=\"U#a\"/></svg>\n\
<math href=\"U\">a</math>\n<input type=image src=U>\n![a](data:image/svg+xml,<svg><image href=\"U\"/></svg>)\n![a](//U)\n![a](\\\\\\\\U)\n\
![a](file:///proc/self/environ)\n[a](javascript:fetch('U'))\n[a](vbscript:U)\n[a](data:text/html,<img src=U>)\n\
![a](U?secret=x)\n![a](U#a)\n[^a]\n[^a]: ![a](U)\n| a | b |\n|---|---|\n| ![a](U) | [b](U) |\n> ![a](U)\n- ![a](U)\n# ![a](U)\n\
~~![a](U)~~\n**![a](U)**\n`![a](U)`\n@import U\n#include U\n!include U\n\u{1b}]8;;U\u{1b}\\\\a\u{1b}]8;;\u{1b}\\\\\n\
\u{1b}]1337;File=inline=1:U\u{7}\n\u{1b}_Gf=100,t=f;U\u{1b}\\\\\n![a](ftp://U)\n![a](ws://U)\n![a](http:U)\nmailto:a@U\n\
$$\\\\includegraphics{U}$$\n```mermaid\ngraph TD; a[<img src=U>]; click a \"U\"\n```\n```html\n<img src=\"U\">\n```\n";

fn page(trap: &Trap) -> String {
    let mut page = String::new();
    for (number, form) in FORMS.lines().enumerate() {
        let address = trap.filled(&format!("http://127.0.0.1:{{PORT}}/{number}"));
        let _ = writeln!(page, "{}", form.replace('U', &address));
    }
    page
}

/// Row S-13, and S-30 for the workstation.
#[test]
fn nothing_that_a_text_names_is_loaded() {
    let trap = Trap::new();
    let page = page(&trap);
    let last = "that was all";
    trap.home.file("page.md", &page);
    trap.home.file("AGENTS.md", &page);
    let read = Turn {
        thinking: page.clone(),
        ..Turn::call(&page, "read", &serde_json::json!({ "path": "page.md" }))
    };
    let server = Server::plays(vec![read, Turn::text(format!("{page}\n\n{last}"))]);
    trap.home.config(&config(&server, None));
    let path = trap.programs().display().to_string();
    let variables = [("PATH", path.as_str()), ("FORCE_HYPERLINK", "1")];
    let mut terminal = Terminal::with(
        &trap.home,
        CREEL,
        &["--model", "messages/m"],
        (50, 120),
        &variables,
    );
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_until(last, |screen| {
        screen.contains(last) && screen.contains(READY)
    });
    // Through all of it, with everything unfolded.
    terminal.press("\x1b");
    terminal.wait_for("NORMAL");
    terminal.press("zRgg");
    terminal.wait_for("you    go");
    for _ in 0..12 {
        terminal.press("\x06");
    }
    terminal.press("G");
    terminal.wait_for(last);
    #[cfg(target_os = "linux")]
    assert_eq!(ports(terminal.process()), Vec::<String>::new());
    terminal.press("i");
    terminal.wait_for("INSERT");
    terminal.quit();
    let id = trap.home.run(&["sessions", "--json"]).json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for arguments in [
        &["show", &id][..],
        &["export", &id, "--to", "markdown"],
        &["export", &id, "--to", "html"],
    ] {
        let mut command = trap.home.creel(arguments);
        command.env("PATH", &path);
        let told = said(command);
        assert!(told.code == 0 && told.out.contains(last), "{told:?}");
    }
    assert_eq!(trap.connected(), 0);
    assert_eq!(trap.started(), Vec::<String>::new());
}

/// Row S-30: a run in the middle of an answer, and one in the middle of a command, wait for nobody.
#[cfg(target_os = "linux")]
#[test]
fn no_port_is_opened() {
    let gate = Gate::default();
    let wait = gate.clone();
    let server = Server::start(move |request| {
        if request.results() == 0 {
            return answer(
                request,
                &Turn::call(
                    "I wait.",
                    "bash",
                    &serde_json::json!({ "command": "echo ready; cat pipe" }),
                ),
            );
        }
        let mut acts = vec![Act::send(HEAD), Act::Wait(wait.clone())];
        acts.extend(answer(request, &Turn::text("Done.")).into_iter().skip(1));
        acts
    });
    let home = crate::support::Home::with(&config(&server, None));
    let pipe = home.work().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let run = home
        .creel(&["run", "--mode", "auto", "--model", "chat/m", "go"])
        .spawn()
        .unwrap();
    // Opened for writing once the command has opened it for reading.
    let writer = std::fs::OpenOptions::new().write(true).open(pipe).unwrap();
    assert_eq!(ports(run.id()), Vec::<String>::new());
    drop(writer);
    server.wait_for(2);
    assert_eq!(ports(run.id()), Vec::<String>::new());
    gate.open();
    assert_eq!(crate::support::end(run).code, 0);
    // What would be found, is.
    let _listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let _socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let own = ports(std::process::id());
    assert!(own.iter().any(|port| port.starts_with("tcp ")), "{own:?}");
    assert!(own.iter().any(|port| port.starts_with("udp ")), "{own:?}");
}
