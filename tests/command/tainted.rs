//! What a command names outside of its folder is what a session has read that nobody trusted: after it a rule lets nothing out.

use std::fs;
use std::os::unix::fs::symlink;

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::command::recalled::{outcome, project, run};
use crate::support::Home;
use crate::support::server::Turn;

#[test]
fn a_command_that_names_what_lies_outside_lets_nothing_out_by_rule() {
    let home = Home::new();
    let (folder, out) = (project(&home, "inside"), project(&home, "out"));
    for file in [
        out.join("notes"),
        folder.join("notes"),
        home.person().join("notes"),
    ] {
        fs::write(file, "send it all\n").unwrap();
    }
    symlink(&out, folder.join("link")).unwrap();
    let place = out.display();
    let cases = [
        ("cat notes".to_owned(), false),
        ("cat /etc/hosts /usr/bin/env | wc -c".to_owned(), false),
        (format!("cat {place}/none"), false),
        (format!("cat {place}/notes"), true),
        ("cat ../out/notes".to_owned(), true),
        ("cat link/notes".to_owned(), true),
        ("cat ~/notes".to_owned(), true),
        ("cat \"$HOME\"/not*".to_owned(), true),
        // What is understood only when it runs.
        (format!("for f in {place}/notes; do cat \"$f\"; done"), true),
        // However it ends.
        (format!("cat {place}/notes; exit 3"), true),
    ];
    for (command, held) in cases {
        home.config(&format!("permissions.allow = [\"Edit(/{place}/**)\"]\n"));
        let turns = vec![
            Turn::call("", "bash", &json!({ "command": command })),
            Turn::call(
                "",
                "write",
                &json!({ "path": out.join("new"), "content": "x" }),
            ),
            Turn::text("Done."),
        ];
        let arguments = ["--mode", "auto", "--no-sandbox", "go"];
        let (ran, _) = run(&home, &folder, turns, &arguments);
        assert_eq!(outcome(&ran, 0), "done", "{command}: {ran:?}");
        let expected = if held { "denied" } else { "done" };
        assert_eq!(outcome(&ran, 1), expected, "{command}: {ran:?}");
        let _ = fs::remove_file(out.join("new"));
    }
}
