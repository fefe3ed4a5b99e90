//! Threats by their rows (`S-nn`), each tried on the true program: what hostile texts, repositories, terminals and other users
//! would do. Which row is held by which test stands in SECURITY.md, and is looked at here.

mod canary;
mod grammar;
mod obedient;
mod outbound;
mod paste;
mod repository;
mod sequence;
mod shell;
mod trap;

use std::fs;
use std::path::Path;

/// Every test that SECURITY.md names is there, so that no row is held by a test that went away.
#[test]
fn every_row_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("| S-"))
        .collect();
    assert!(rows.len() > 10, "{rows:#?}");
    for row in rows {
        let named: Vec<(&str, &str)> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter_map(|name| name.split_once("::"))
            .collect();
        assert!(!named.is_empty(), "no test: {row}");
        for (file, test) in named {
            let source = fs::read_to_string(root.join(file)).unwrap_or_default();
            let is_there = source.contains(&format!("fn {test}("));
            assert!(is_there, "no {test} in {file}: {row}");
        }
    }
}
