//! What was read is taken into the log by the true binary: once, counted as it was, and marked by where it comes from.

use std::collections::BTreeMap;

use creel::import::read::read;
use creel::import::{Spent, What};
use creel::protocol::import::Program;
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::import::home;
use crate::support::Home;

#[test]
fn sessions_are_taken_in_once_and_cost_what_they_cost() {
    for program in Program::ALL {
        let name = program.name();
        let source = home(program);
        let (sessions, problems) = read(program, source.path()).unwrap();
        let entries = || sessions.iter().flat_map(|session| &session.entries);
        let items = entries()
            .filter(|entry| !matches!(entry.what, What::Spent(_)))
            .count();
        let mut spent: BTreeMap<&str, Spent> = BTreeMap::new();
        for entry in entries() {
            if let What::Spent(told) = &entry.what {
                let most = spent.entry(&told.key);
                most.or_insert_with(|| (**told).clone()).raise(told);
            }
        }
        let creel = Home::new();
        let path = source.path().to_string_lossy().into_owned();
        let take = || {
            let said = creel.run(&["import", name, &path, "--json"]);
            assert_eq!(said.code, 0, "{name}: {}", said.err);
            let report = said.json();
            ["sessions", "items", "already", "skipped"].map(|field| report[field].clone())
        };
        let skipped = problems.len();
        assert_eq!(
            take(),
            [
                json!(sessions.len()),
                json!(items),
                json!(0),
                json!(skipped)
            ],
            "{name}"
        );
        let counted = || {
            let total = creel.run(&["cost", "--json"]).json()["total"].clone();
            ["input_tokens", "cache_read_tokens", "output_tokens"]
                .map(|field| total[field].as_u64().unwrap_or_default())
        };
        let all = |of: fn(&Spent) -> u64| spent.values().map(of).sum::<u64>();
        let expected = [
            all(|spent| spent.usage.input),
            all(|spent| spent.usage.cache_read),
            all(|spent| spent.usage.output),
        ];
        assert_eq!(counted(), expected, "{name}");
        assert_eq!(
            take(),
            [json!(0), json!(0), json!(items), json!(skipped)],
            "{name} again"
        );
        assert_eq!(counted(), expected, "{name} again");
        let listed = creel
            .run(&["sessions", "--json", "--all", "--limit", "1000"])
            .json();
        let listed = listed.as_array().unwrap();
        assert_eq!(listed.len(), sessions.len(), "{name}");
        assert!(listed.iter().all(|card| card["source"] == name), "{name}");
    }
}
