//! Lines and their parts.

#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;

use crate::agent::command_line::{LONGEST, Unprovable, split};

fn texts(line: &str) -> Result<Vec<String>, Unprovable> {
    Ok(split(line)?.into_iter().map(|part| part.text).collect())
}

#[test]
fn every_command_of_a_line_is_found() {
    let cases: &[(&str, &[&str])] = &[
        ("git status", &["git status"]),
        ("  git   diff\t--stat ", &["git diff --stat"]),
        (
            "a && b || c; d | e |& f & g",
            &["a", "b", "c", "d", "e", "f", "g"],
        ),
        ("a\nb\n\n", &["a", "b"]),
        ("FOO=1 BAR=x make all", &["FOO=1 BAR=x make all"]),
        ("PATH=.; git log", &["PATH=.", "git log"]),
        ("PATH+=:. git log", &["PATH+=:. git log"]),
        ("cargo build \\\n  --release", &["cargo build --release"]),
        (
            "git show HEAD@{1} {} a{b}c",
            &["git show HEAD@{1} {} a{b}c"],
        ),
        (
            "echo ${f%.rs} ${x:-none} ${#y} $",
            &["echo ${f%.rs} ${x:-none} ${#y} $"],
        ),
        (
            "echo 'a; b' \"c && d\" e\\;f",
            &["echo 'a; b' \"c && d\" e\\;f"],
        ),
        (
            "echo $(rm -rf x) done",
            &["rm -rf x", "echo $(rm -rf x) done"],
        ),
        (
            "echo \"$(date; whoami)\"",
            &["date", "whoami", "echo \"$(date; whoami)\""],
        ),
        ("echo `id`", &["id", "echo `id`"]),
        ("echo $(a $(b))", &["b", "a $(b)", "echo $(a $(b))"]),
        ("X=$(steal) true", &["steal", "X=$(steal) true"]),
        ("cargo test 2>&1 | tail -5", &["cargo test", "tail -5"]),
        ("ls # and && rm -rf /", &["ls"]),
        ("echo a#b", &["echo a#b"]),
        ("grep x *.rs", &["grep x *.rs"]),
        ("echo $HOME ${USER}", &["echo $HOME ${USER}"]),
        ("", &[]),
        ("\"git\" 'status'", &["\"git\" 'status'"]),
    ];
    for (line, expected) in cases {
        assert_eq!(
            texts(line),
            Ok(expected.iter().map(|text| (*text).to_owned()).collect()),
            "{line}"
        );
    }
}

#[test]
fn words_lose_their_quotes() {
    assert_eq!(
        split("r'm' \"-r\"f a\\ b").unwrap()[0].words,
        ["rm", "-rf", "a b"]
    );
}

#[test]
fn what_is_known_only_when_it_runs_is_marked() {
    let cases: &[(&str, &[usize])] = &[
        ("git log -3", &[]),
        ("git $X", &[1]),
        ("git log \"$(id)\" `id`", &[2, 3]),
        ("tar cf x *", &[3]),
        ("tar cf x ./* src/*.rs", &[]),
        ("echo '*' '$X' \\$X", &[]),
        ("echo a$b c", &[1]),
    ];
    for (line, expected) in cases {
        let parts = split(line).unwrap();
        assert_eq!(parts.last().unwrap().open, *expected, "{line}");
    }
}

#[test]
fn writes_by_redirection_are_named() {
    let cases: &[(&str, &[&str])] = &[
        ("make > out.txt", &["out.txt"]),
        ("make >>out.txt 2>err", &["out.txt", "err"]),
        ("make &> all", &["all"]),
        ("make >& all", &["all"]),
        ("make >| forced", &["forced"]),
        ("make 2>&1 >/dev/null", &[]),
        ("wc < in.txt", &[]),
        ("make > \"a b\"", &["a b"]),
    ];
    for (line, expected) in cases {
        assert_eq!(split(line).unwrap()[0].writes, *expected, "{line}");
    }
}

#[test]
fn what_is_not_understood_is_not_guessed_at() {
    let lines = [
        "if true; then rm x; fi",
        "for f in *; do rm $f; done",
        "(rm x)",
        "f() { rm x; }",
        "$cmd x",
        "`which rm` x",
        "cat <<EOF\nx\nEOF",
        "cat <<< x",
        "diff <(a) <(b)",
        "echo $'\\x72m'",
        "echo $((1+1))",
        "echo 'open",
        "echo \"open",
        "echo $(open",
        "echo `open",
        "a \\",
        "x > $FILE",
        "x > ~/.bashrc",
        "> only",
        "case x in y) rm;; esac",
        "{ rm x; }",
        "! rm x",
        "echo a\rrm b",
        "echo a\u{202e}b",
        "rm\u{200b} x",
        "a=(1 2)",
        "x 1<> f",
        "echo ${x:-$(rm y)}",
        "{rm,-rf,x}",
        "r{m,x} y",
        "git {push,--force}",
        "echo {1..9}",
        "r? x",
        "/bin/r* x",
        "[r]m x",
        "*",
        "r\\\nm x",
        "i\\\nf true",
        "{fd}>x rm y",
        "echo ${x@P}",
        "echo ${!x}",
        "echo ${x=1}",
        "echo ${a[0]}",
        "echo $[1+1]",
        "cat </dev/tcp/host/80",
        "a[0]=1 rm x",
        "rm\u{a0}x",
        "rm\u{2003}x",
        "x > $(rm y)",
        "x > *.txt",
    ];
    for line in lines {
        assert!(split(line).is_err(), "{line:?} gave {:?}", texts(line));
    }
}

#[test]
fn great_length_and_depth_are_refused() {
    assert!(split(&"a;".repeat(LONGEST)).is_err());
    assert!(split(&format!("{}a{}", "echo $(".repeat(50), ")".repeat(50))).is_err());
    assert_eq!(split(&"a;".repeat(10_000)).unwrap().len(), 10_000);
}
