//! The splitter of command lines against the real shell: whatever it takes for understood must run as it says. Needs `bash`;
//! without it there is nothing to compare with, and the test says so.

use std::process::{Command, Stdio};

use proptest::prelude::{ProptestConfig, Strategy, prop};
use proptest::sample::select;
use proptest::{prop_assert, proptest};

use crate::agent::command_line::{Part, split};

/// Pieces of lines; none of them names a command that does anything.
const PIECES: &[&str] = &[
    "aa", "bb", "cc", "dd", "x", "1", "2", " ", " ", " ", "  ", "\t", "\n", ";", "&&", "||", "|",
    "&", "|&", "#", "'", "'", "\"", "\"", "\\", "\\\n", "$", "$V", "${V}", "${V:-e}", "{", "}",
    "{aa,bb}", "{1..2}", ",", "(", ")", "$(aa)", "`bb`", "$(", "`", "<", ">", ">>", "2>&1", ">&2",
    "&>", "*", "?", "[x]", "!", "=", "V=1", "+=", "~", "$'", "$\"", "-", "--", ".", "if", "then",
    "fi", "do", "done", "for", "in", "{ ", "; }", "time", "[[", "é", "\u{a0}", "@", "%", ":", "^",
];

/// What bash runs: every command it does not find is one it tells of, word by word.
const RECORDER: &str = "exec 9>&1 2>/dev/null; \
    command_not_found_handle() { local run; printf -v run '\\001%s' \"$@\"; printf 'RUN%s\\002' \"$run\" >&9; }; \
    eval \"$LINE\"";

fn runs(line: &str, folder: &std::path::Path) -> Vec<Vec<String>> {
    let output = Command::new("/bin/bash")
        .args(["--noprofile", "--norc", "-c", RECORDER])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/nowhere")
        .env("LINE", line)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.split('\u{2}')
        .filter_map(|run| run.split_once("RUN\u{1}"))
        .map(|(_, words)| words.split('\u{1}').map(str::to_owned).collect())
        .collect()
}

/// Whether the part is what was run; of words that only the run shows, the command's name.
fn is_told(part: &Part, run: &[String]) -> bool {
    let known = part.open.is_empty() && part.wild.is_empty() && !part.text.contains('~');
    if known {
        part.words == run
    } else {
        part.words.first() == run.first()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_understood_runs_as_it_is_said(line in prop::collection::vec(select(PIECES), 1..14).prop_map(|pieces| pieces.concat())) {
        if let Ok(parts) = split(&line)
            && std::path::Path::new("/bin/bash").exists()
        {
            let folder = tempfile::tempdir().unwrap();
            for run in runs(&line, folder.path()) {
                prop_assert!(
                    parts.iter().any(|part| is_told(part, &run)),
                    "{line:?} ran {run:?}, told were {parts:#?}"
                );
            }
        }
    }
}

#[test]
fn the_recorder_records() {
    if !std::path::Path::new("/bin/bash").exists() {
        // Nothing to compare with on this machine.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(runs("aa 'b c' | dd; V=1 cc $(bb)", folder.path()).len(), 4);
}

fn cases() -> u32 {
    std::env::var("CREEL_SOAK")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(300)
}
