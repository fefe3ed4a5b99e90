//! `creel rules`: kept, listed, tried on past calls, used by a run, and taken away.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::Home;
use crate::support::server::{Server, Turn, config};

fn calls(line: &str) -> Turn {
    Turn {
        calls: vec![("bash".to_owned(), json!({ "command": line }).to_string())],
        ..Turn::default()
    }
}

fn run(home: &Home) -> i32 {
    home.run(&["run", "--model", "messages/m", "go"]).code
}

fn list(home: &Home) -> Vec<Value> {
    let listed = home.run(&["rules", "list", "--json"]).json();
    listed.as_array().cloned().unwrap_or_default()
}

#[test]
fn a_rule_that_is_added_lets_a_run_go_on_and_one_that_is_removed_does_not() {
    let turn = || [calls("echo hi"), Turn::text("Done.")];
    let server = Server::plays([turn(), turn(), turn()].concat());
    let home = Home::with(&config(&server, None));
    assert_eq!(run(&home), 3, "nobody can be asked");
    let said = home.run(&["rules", "add", "Bash(echo *)", "--days", "7", "--json"]);
    let said = said.json();
    assert_eq!(
        (
            &said["number"],
            &said["looked"],
            &said["covers"],
            &said["denied"]
        ),
        (&json!(1), &json!(1), &json!(1), &json!(0)),
        "{said}"
    );
    assert_eq!(run(&home), 0);
    let rules = list(&home);
    let fields = ["number", "effect", "rule", "scope", "used", "unused"];
    let told = fields.map(|name| rules[0][name].clone());
    let expected = [
        json!(1),
        json!("allow"),
        json!("Bash(echo *)"),
        json!("repository"),
        json!(1),
        json!(false),
    ];
    assert_eq!((rules.len(), told), (1, expected));
    assert!(
        rules[0]["until"].is_string() && rules[0]["last_used"].is_string(),
        "{rules:?}"
    );
    let tried = home.run(&["rules", "test", "Bash(echo bye)"]).out;
    assert_eq!(
        tried,
        "would have let run 0 of 2 calls, 0 of them you denied\n"
    );
    let removed = home.run(&["rules", "remove", "Bash(echo *)"]).out;
    assert_eq!(removed, "removed rule 1: Bash(echo *)\n");
    assert_eq!(run(&home), 3);
    assert_eq!(list(&home), Vec::<Value>::new());
    for (arguments, why) in [
        (
            vec!["rules", "remove", "1"],
            "there is no rule 1: `creel rules list` shows them",
        ),
        (vec!["rules", "add", "Bash(x"], "has no closing parenthesis"),
        (vec!["rules", "remove"], "RULE"),
    ] {
        let said = home.run(&arguments);
        assert!(said.code != 0 && said.err.contains(why), "{said:?}");
    }
}

#[test]
fn a_rule_that_allows_all_is_said_to() {
    let home = Home::with("");
    let said = home.run(&["rules", "add", "Bash"]);
    assert_eq!(
        said.err,
        "creel: it allows every command, also one that deletes or sends: `creel rules remove 1` takes it away\n"
    );
    for rule in [vec!["Bash(ls *)"], vec!["Bash", "--deny"]] {
        let said = home.run(&[vec!["rules", "add"], rule].concat());
        assert_eq!(said.err, "");
    }
}

#[test]
fn rules_of_the_config_are_listed_and_stay() {
    let home = Home::with("[permissions]\ndeny = [\"Bash(rm *)\"]\n");
    let rules = list(&home);
    let told = (&rules[0]["effect"], &rules[0]["rule"], &rules[0]["scope"]);
    assert_eq!(
        told,
        (&json!("deny"), &json!("Bash(rm *)"), &json!("config"))
    );
    let said = home.run(&["rules", "remove", "Bash(rm *)"]);
    assert!(said.err.contains("stands in the config"), "{said:?}");
    home.run(&[
        "rules",
        "add",
        "Read(.env)",
        "--deny",
        "--scope",
        "everywhere",
    ]);
    let text = home.run(&["rules", "list"]).out;
    assert!(
        text.contains("Read(.env)") && text.contains("everywhere"),
        "{text}"
    );
    assert_eq!(
        home.run(&["rules", "remove", "--unused"]).err,
        "creel: no rule lies unused: one that allows does when nothing ran by it for 90 days, any does past its end\n"
    );
}
