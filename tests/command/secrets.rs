//! What is handed on holds no secret: exports in every form, and bug reports.

use std::os::unix::fs::PermissionsExt;

use crate::support::Home;

#[test]
fn no_secret_is_handed_on() {
    let home = Home::new();
    // Put together here, so that nothing in this file looks like one.
    let canaries = [
        format!("ghp_{}", "k7Qw2RtZ9p".repeat(4)),
        format!("AKIA{}", "Q7W2RTZ9PLX4VBN8"),
        "hunter22canary".to_owned(),
        "QzY3bmFyeQ".repeat(8),
    ];
    let [token, id, password, body] = &canaries;
    home.file(
        ".env",
        &format!("DB_PASSWORD={password}\nURL=postgres://me:{password}@db/x\n"),
    );
    let begin = ["-----BEGIN", "PRIVATE KEY-----"].join(" ");
    home.file("key.pem", &format!("{begin}\n{body}\n"));
    home.plays(&format!(
        "> *\n< call bash {{\"command\":\"cat .env key.pem; echo {id}\"}}\n\n< text: It says {id}.\n"
    ));
    let ran = home.run(&[
        "run",
        "--mode",
        "auto",
        "--output",
        "json",
        &format!("use {token}"),
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let sessions = home.run(&["sessions", "--json"]).json();
    let session = sessions[0]["id"].as_str().unwrap().to_owned();
    for form in ["markdown", "html", "jsonl"] {
        let export = home.run(&["export", &session, "--to", form]);
        assert_eq!(export.code, 0, "{export:?}");
        for canary in &canaries {
            assert!(
                !export.out.contains(canary),
                "{form}: {canary}: {}",
                export.out
            );
        }
        for kind in ["github token", "aws key id", "password", "private key"] {
            let mark = format!("‹redacted:{kind}›");
            assert!(export.out.contains(&mark), "{form}: {mark}: {}", export.out);
        }
        let whole = home.run(&["export", &session, "--to", form, "--with-secrets"]);
        for canary in &canaries {
            assert!(
                whole.out.contains(canary),
                "{form}: {canary}: {}",
                whole.out
            );
        }
    }

    std::fs::create_dir_all(home.path().join("state/crashes")).unwrap();
    for file in ["state/creel.log", "state/crashes/20261127T120000-1.txt"] {
        std::fs::write(home.path().join(file), canaries.join(" ") + "\n").unwrap();
    }
    let canary = format!("notify.command = [\"tell\", \"{token}\"]\n");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.config(&(canary + &config));
    let printed = home.run(&["bug-report"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed.out.contains("‹redacted:github token›"),
        "{printed:?}"
    );
    assert!(printed.out.contains("ok    database"), "{printed:?}");
    // Nobody was there to be asked.
    let entries = std::fs::read_dir(home.work()).unwrap().flatten();
    assert_eq!(entries.count(), 2);
    let written = home.run(&["bug-report", "--output", "report.md"]);
    assert!(written.code == 0 && written.out.is_empty(), "{written:?}");
    let path = home.work().join("report.md");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for report in [printed.out, std::fs::read_to_string(&path).unwrap()] {
        for canary in [token, id] {
            assert!(!report.contains(canary), "{canary}: {report}");
        }
    }
}
