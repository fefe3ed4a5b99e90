//! What a run denies: a whole tool is not offered to the model, a part of one is.

use serde_json::json;

use crate::support::Home;
use crate::support::server::{Dialect, Request, Server, Turn, config};

/// The names of the tools in a request, in whatever form the dialect gives them.
fn offered(request: &Request) -> Vec<String> {
    let body = request.json();
    let lists = [&body["tools"], &body["tools"][0]["functionDeclarations"]];
    let tools = lists
        .into_iter()
        .filter_map(|list| list.as_array())
        .flatten();
    let name = |tool: &serde_json::Value| {
        let name = tool["name"]
            .as_str()
            .or(tool["function"]["name"].as_str())?;
        Some(name.to_owned())
    };
    tools.filter_map(name).collect()
}

#[test]
fn a_tool_that_is_denied_whole_is_not_offered() {
    let all = [
        "read", "write", "edit", "grep", "glob", "bash", "question", "recall", "remember",
    ];
    // The config, the arguments, and the tools that are missing; who may not write may not edit.
    let cases: [(&str, &[&str], &[&str]); 5] = [
        ("", &[], &[]),
        ("permissions.deny = [\"Bash\"]\n", &[], &["bash"]),
        ("", &["--deny", "Bash"], &["bash"]),
        (
            "",
            &["--deny", "bash", "--deny", "Write"],
            &["write", "edit", "bash"],
        ),
        ("", &["--deny", "bash(rm *)"], &[]),
    ];
    for &dialect in Dialect::ALL {
        let mut bodies = Vec::new();
        for (first, arguments, missing) in cases {
            let call = Turn::call("", "glob", &json!({ "pattern": "*" }));
            let server = Server::plays(vec![call.clone(), call, Turn::text("Done.")]);
            let home = Home::with(&format!("{first}{}", config(&server, Some((3.0, 15.0)))));
            let model = dialect.model();
            let run = ["run", "--model", &model];
            let said = home.run(&[&run[..], arguments, &["go"]].concat());
            assert_eq!(said.code, 0, "{dialect:?} {arguments:?}: {said:?}");
            let requests = server.requests();
            assert_eq!(requests.len(), 3, "{dialect:?} {arguments:?}");
            let left: Vec<&str> = all
                .into_iter()
                .filter(|tool| !missing.contains(tool))
                .collect();
            for request in &requests {
                assert_eq!(offered(request), left, "{dialect:?} {first} {arguments:?}");
            }
            bodies.push(requests[0].json()["tools"].clone());
        }
        assert_eq!(
            bodies[1], bodies[2],
            "wherever it is denied, the model is told the same"
        );
        assert_eq!(bodies[0], bodies[4]);
    }
}

#[test]
fn a_call_of_a_tool_that_was_not_offered_is_denied() {
    let script = "> *\n< call bash {\"command\":\"echo 1 > made\"}\n\n< text: I may not.\n";
    let home = Home::scripted(script);
    let said = home.run(&["run", "--mode", "auto", "--deny", "bash", "go"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(!home.work().join("made").exists());
}
