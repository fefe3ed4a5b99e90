//! `creel trust`: what a folder brings does nothing until it is trusted, holds then as it is, and is taken back.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::Home;
use crate::support::server::{Server, Turn, config};

fn brings(home: &Home, allow: &[&str]) {
    let folder = home.work().join(".claude");
    std::fs::create_dir_all(&folder).unwrap();
    let text = json!({ "permissions": { "allow": allow, "deny": ["Read(.env)"] }, "hooks": {} });
    std::fs::write(folder.join("settings.json"), text.to_string()).unwrap();
}

/// How each rule stands, and under which number.
fn standing(home: &Home) -> Vec<(String, String, Value)> {
    let listed = home.run(&["trust", "list", "--json"]).json();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows = listed["brought"].as_array().unwrap().iter();
    let mut rows: Vec<_> = rows
        .map(|row| {
            (
                text(row, "rule"),
                text(row, "standing"),
                row["number"].clone(),
            )
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn row(rule: &str, standing: &str, number: Value) -> (String, String, Value) {
    (rule.to_owned(), standing.to_owned(), number)
}

#[test]
fn what_a_folder_brings_is_accepted_holds_as_it_is_and_is_removed() {
    let turn = || {
        let call = json!({ "command": "echo hi" }).to_string();
        let call = Turn {
            calls: vec![("bash".to_owned(), call)],
            ..Turn::default()
        };
        [call, Turn::text("Done.")]
    };
    let server = Server::plays([turn(), turn(), turn(), turn()].concat());
    let home = Home::with(&config(&server, None));
    let run = || home.run(&["run", "--model", "messages/m", "go"]).code;
    brings(&home, &["Bash(echo *)", "Bash(ls)"]);
    let denies = || row("Read(.env)", "holds", Value::Null);
    let new = |rule| row(rule, "new", Value::Null);
    assert_eq!(
        standing(&home),
        [new("Bash(echo *)"), new("Bash(ls)"), denies()]
    );
    assert_eq!(run(), 3, "nothing of it is trusted");

    let said = home.run(&["trust", "accept", "Bash(cat *)"]);
    assert_eq!(
        (said.code, said.err.contains("brings no rule Bash(cat *)")),
        (1, true),
        "{said:?}"
    );
    let said = home.run(&["trust", "accept", "Bash(echo *)"]);
    assert_eq!(
        (said.code, &*said.out),
        (0, "rule 1: Bash(echo *) holds now\n"),
        "{said:?}"
    );
    let trusted = || row("Bash(echo *)", "trusted", json!(1));
    assert_eq!(standing(&home), [trusted(), new("Bash(ls)"), denies()]);
    assert_eq!(run(), 0, "it lets the call run");

    // Another text is another rule.
    brings(&home, &["Bash(echo *) ", "Bash(echo h*)"]);
    let told = standing(&home);
    assert!(told.contains(&new("Bash(echo h*)")), "{told:?}");
    brings(&home, &["Bash(echo h*)"]);
    let gone = row("Bash(echo *)", "gone", json!(1));
    assert_eq!(standing(&home), [gone, new("Bash(echo h*)"), denies()]);
    assert_eq!(run(), 3, "no file brings it any more");

    let said = home.run(&["trust", "accept", "--all", "--json"]);
    assert_eq!((said.code, said.json()), (0, json!({ "accepted": [2] })));
    let said = home.run(&["trust", "remove", "Bash(nothing)"]);
    assert_eq!(
        (said.code, said.err.contains("brings no rule Bash(nothing)")),
        (1, true),
        "{said:?}"
    );
    let said = home.run(&["trust", "remove", "--all"]);
    assert_eq!(
        (said.code, &*said.out),
        (0, "2 rules trusted no more\n"),
        "{said:?}"
    );
    assert_eq!(standing(&home), [new("Bash(echo h*)"), denies()]);
    assert_eq!(run(), 3, "and nothing runs by it");
}
