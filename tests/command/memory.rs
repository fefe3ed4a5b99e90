//! `creel import`, `creel search` and `creel index`: taken in once, found by words, gone when purged.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::kept::files;
use crate::support::{Home, modes};

const TALK: &str = r#"{"session":"trip","title":"The trip","project":"/work/holiday","at":"2026-05-01T10:00:00Z","role":"user","who":"Anna","text":"When does the ferry to the island leave?","external_id":"t1"}
{"session":"trip","at":"2026-05-01T10:01:00Z","role":"assistant","who":"Ben","text":"It leaves at nine, I booked two places yesterday.","external_id":"t2"}
{"session":"trip","at":"2026-05-01T10:02:00Z","role":"user","who":"Anna","text":"数据库迁移失败了怎么办","external_id":"t3"}
{"session":"code","project":"/work/api","at":"2026-06-01T10:00:00Z","role":"user","text":"Where is parse_config_file called?","external_id":"c1"}
{"session":"code","project":"/work/api","at":"2026-06-01T10:00:05Z","role":"tool","who":"grep","text":"src/load.rs:41: parse_config_file(path)","external_id":"c2"}
"#;

fn with_talk() -> Home {
    let home = Home::new();
    home.file("talk.jsonl", TALK);
    home
}

fn import(home: &Home) -> Value {
    let path = home.work().join("talk.jsonl");
    let said = home.run(&["import", "jsonl", &path.to_string_lossy(), "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    said.json()
}

/// What the hits are called in the file, best first.
fn found(home: &Home, arguments: &[&str]) -> Vec<String> {
    let said = home.run(&[&["search", "--json"], arguments].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    let hits = said.json();
    let hits = hits.as_array().expect("a list").iter();
    hits.map(|hit| hit["external_id"].as_str().unwrap_or("-").to_owned())
        .collect()
}

#[test]
fn what_was_taken_in_is_found_by_words_names_and_filters() {
    let home = with_talk();
    assert_eq!(
        import(&home),
        json!({"sessions": 2, "items": 5, "skipped": 0, "already": 0, "problems": []})
    );
    let first = |arguments: &[&str]| found(&home, arguments).first().cloned();
    let cases: &[(&[&str], &str)] = &[
        (&["ferry leaving"], "t1"),
        (&["what did Ben book"], "t2"),
        (&["迁移"], "t3"),
        (&["parseConfigFile", "--kind", "call"], "c2"),
        (&["kind:turn", "parse config"], "c1"),
        (&["\"config file called\""], "c1"),
        (&["who:Ben"], "t2"),
        (&["project:api", "where"], "c1"),
        (&["until:2026-05-02", "the"], "t1"),
        (&["since:2026-05-15", "config"], "c1"),
    ];
    for (arguments, expected) in cases {
        assert_eq!(
            first(arguments).as_deref(),
            Some(*expected),
            "{arguments:?}"
        );
    }
    for nothing in [
        &["zeppelin"][..],
        &["ferry", "project:api"],
        &["ferry -island"],
        &["--", "-ferry"],
        &["\"ferry island\""],
        &["source:claude ferry"],
    ] {
        let hits = found(&home, nothing);
        assert!(!hits.contains(&"t1".to_owned()), "{nothing:?}: {hits:?}");
    }
}

#[test]
fn importing_twice_adds_nothing_and_a_grown_file_the_rest() {
    let home = with_talk();
    import(&home);
    assert_eq!(
        import(&home),
        json!({"sessions": 0, "items": 0, "skipped": 0, "already": 5, "problems": []})
    );
    let grown = format!(
        "{TALK}{}\nnot an item\n",
        r#"{"session":"trip","at":"2026-05-01T10:03:00Z","role":"assistant","text":"Restore the backup first.","external_id":"t4"}"#
    );
    home.file("talk.jsonl", &grown);
    let report = import(&home);
    assert_eq!(
        (
            &report["sessions"],
            &report["items"],
            &report["already"],
            &report["skipped"]
        ),
        (&json!(0), &json!(1), &json!(5), &json!(1))
    );
    assert_eq!(report["problems"][0]["line"], 7);
    assert_eq!(found(&home, &["restore backup"])[0], "t4");
}

#[test]
fn many_questions_get_a_line_each() {
    let home = with_talk();
    import(&home);
    home.file(
        "asked.jsonl",
        "{\"id\":7,\"query\":\"ferry\"}\n\n{\"id\":\"b\",\"query\":\"迁移\"}\n",
    );
    let path = home.work().join("asked.jsonl");
    let said = home.run(&["search", "--batch", &path.to_string_lossy()]);
    let told: Vec<_> = said
        .lines()
        .iter()
        .map(|line| {
            (
                line["id"].clone(),
                line["hits"][0]["external_id"].clone(),
                line["micros"].is_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!(7), json!("t1"), true),
            (json!("b"), json!("t3"), true)
        ]
    );
}

#[test]
fn the_index_is_a_copy_that_may_go_and_is_made_again() {
    let home = with_talk();
    import(&home);
    let rebuilt = home.run(&["index", "rebuild", "--json"]).json();
    // Five items, two calls behind what a tool gave back and the titles.
    assert_eq!(rebuilt["waiting"], 0);
    let indexed = rebuilt["indexed"].clone();
    let before = found(&home, &["ferry island leave"]);
    let folder = home.path().join("data/index");
    for (path, mode) in modes(&folder) {
        assert_eq!(mode & 0o077, 0, "{} is for the owner alone", path.display());
    }
    // Damaged, then gone: found all the same.
    for entry in fs::read_dir(&folder).expect("the index").flatten() {
        fs::write(entry.path(), b"damaged").expect("written over");
    }
    assert_eq!(found(&home, &["ferry island leave"]), before);
    home.run(&["index", "rebuild"]);
    // One byte of one file; each time of a new index, whose files have other names.
    for nth in 0.. {
        let entries = fs::read_dir(&folder).expect("the index").flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.sort_by_key(|path| path.extension().map(std::ffi::OsStr::to_owned));
        let Some(file) = files.get(nth) else {
            break;
        };
        let mut bytes = fs::read(file).expect("a file");
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 0xff;
        }
        fs::write(file, bytes).expect("written over");
        let name = file.display().to_string();
        assert_eq!(found(&home, &["ferry island leave"]), before, "{name}");
        let status = home.run(&["index", "rebuild", "--json"]);
        assert_eq!(status.json()["indexed"], indexed, "{name}");
    }
    fs::remove_dir_all(&folder).ok();
    assert_eq!(found(&home, &["ferry island leave"]), before);
    assert_eq!(
        home.run(&["index", "rebuild", "--json"]).json()["indexed"],
        indexed
    );
    assert_eq!(found(&home, &["ferry island leave"]), before);
}

/// The files of a home's log, beside one another.
fn log_files(home: &Home) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(home.path().join("data")).expect("the data");
    let files = entries.flatten().map(|entry| entry.path());
    files
        .filter(|path| path.is_file() && path.to_string_lossy().contains("creel.db"))
        .collect()
}

#[test]
fn a_log_that_was_put_back_and_grew_is_told_from_the_one_that_was_indexed() {
    let home = with_talk();
    import(&home);
    let kept = home.beside("kept");
    fs::create_dir(&kept).expect("a folder");
    for file in log_files(&home) {
        fs::copy(&file, kept.join(file.file_name().expect("a name"))).expect("a copy");
    }
    // What the index takes in is then lost with the log.
    let lines: Vec<String> = (0..40)
        .map(|n| {
            format!(
                "{{\"session\":\"lost\",\"at\":\"2026-05-03T10:00:{n:02}Z\",\"role\":\"user\",\"text\":\"lost zeppelin {n}\"}}\n"
            )
        })
        .collect();
    let lost = lines.concat();
    home.file("talk.jsonl", &lost);
    import(&home);
    home.run(&["index", "rebuild"]);
    let status = home.run(&["index", "status", "--json"]).json();
    assert!(!found(&home, &["zeppelin"]).is_empty());
    for file in log_files(&home) {
        fs::remove_file(file).expect("taken away");
    }
    for file in fs::read_dir(&kept).expect("the copy").flatten() {
        fs::copy(file.path(), home.path().join("data").join(file.file_name())).expect("put back");
    }
    // More than was lost: the log is longer than the index has come, with other facts under the same numbers.
    let lines: Vec<String> = (0..90)
        .map(|n| {
            format!(
                "{{\"session\":\"other\",\"at\":\"2026-05-04T10:{:02}:{:02}Z\",\"role\":\"user\",\"text\":\"balloon {n}\",\"external_id\":\"b{n}\"}}\n",
                n / 60,
                n % 60
            )
        })
        .collect();
    let other = lines.concat();
    home.file("talk.jsonl", &other);
    import(&home);
    assert_eq!(found(&home, &["zeppelin"]), Vec::<String>::new());
    assert_eq!(
        found(&home, &["balloon 0"]).first().map(String::as_str),
        Some("b0")
    );
    let rebuilt = home.run(&["index", "rebuild", "--json"]).json();
    assert!(
        rebuilt["up_to"].as_u64() > status["up_to"].as_u64(),
        "{rebuilt} {status}"
    );
    let mut hits = found(&home, &["balloon", "--limit", "200"]);
    // The title holds the word as well.
    hits.retain(|hit| hit.starts_with('b'));
    assert_eq!(hits.len(), 90);
}

#[test]
fn without_a_hit_the_nearest_words_are_told() {
    let home = with_talk();
    import(&home);
    let cases: &[(&[&str], &str)] = &[
        (&["ferri"], ""),
        (&["fery"], "no hit for `fery`; nearest: ferry (1)"),
        (
            &["fery project:api"],
            "no hit for `fery`; nearest: ferry (1)",
        ),
        (
            &["ilsand plcaes"],
            "no hit for `ilsand`; nearest: island (1); no hit for `plcaes`; nearest: places (1)",
        ),
        (
            &["zeppelin"],
            "no hit for `zeppelin`: other words, or fewer filters, may find it",
        ),
        (
            &["ferry project:nowhere"],
            "no project's folder holds `nowhere`",
        ),
        (&["ferry source:claude"], "there is no session of `claude`"),
        (
            &["ferry", "--session", "ffffffff"],
            "no session's id holds `ffffffff`",
        ),
        (&["ferry since:1d until:2d"], "since: is later than until:"),
    ];
    for (arguments, expected) in cases {
        let said = home.run(&[&["search"], *arguments].concat());
        let expected = match *expected {
            "" => String::new(),
            line => format!("creel: {line}\n"),
        };
        assert_eq!((said.code, said.err), (0, expected), "{arguments:?}");
    }
    let said = home.run(&["search", "fery", "--json"]);
    assert_eq!((said.code, said.out.trim()), (0, "[]"));
}

#[test]
fn of_a_purged_session_no_word_is_left_and_it_does_not_come_back() {
    let home = with_talk();
    // Once short and once long, which is kept packed.
    let long = format!("xylophonequartz {}", "of an island ".repeat(400));
    let talk = TALK.replace("island", "xylophonequartz");
    home.file("talk.jsonl", &talk.replace("two places", &long));
    import(&home);
    home.run(&["index", "rebuild"]);
    let packed = holding(&home.path(), b"xylophonequartz").into_iter();
    let packed = packed.filter(|file| file.ends_with("packed"));
    assert_eq!(packed.count(), 1);
    let hits = home.run(&["search", "xylophonequartz", "--json"]).json();
    let session = hits[0]["session"].as_str().expect("found").to_owned();
    assert_eq!(home.run(&["purge", &session, "--yes"]).code, 0);
    assert_eq!(found(&home, &["ferry"]), Vec::<String>::new());
    assert_eq!(
        holding(&home.path(), b"xylophonequartz"),
        Vec::<String>::new()
    );
    import(&home);
    assert_eq!(found(&home, &["ferry"]), Vec::<String>::new());
}

/// Files of a folder that hold these bytes, packed ones too.
pub fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let holds = |content: &Vec<u8>| content.windows(bytes.len()).any(|part| part == bytes);
    let files = files(folder).into_iter();
    files
        .filter(|(_, content)| holds(content))
        .map(|(path, _)| path)
        .collect()
}

#[test]
fn what_cannot_be_asked_gets_one_line() {
    let home = with_talk();
    home.file(
        "asked.jsonl",
        "{\"id\":1,\"query\":\"x\"}\n{\"id\":2,\"query\":\"x until:7y\"}\n",
    );
    let cases: &[(&[&str], &str, i32)] = &[
        (&["import", "jsonl", "absent.jsonl"], "absent.jsonl", 1),
        (
            &["search", "x kind:verb"],
            "kind:verb: `verb` is no kind of hit: turn,",
            2,
        ),
        (
            &["search", "x kind:turn,"],
            "kind:turn,: `` is no kind of hit",
            2,
        ),
        (
            &["search", "x since:someday"],
            "since:someday: expected a day",
            2,
        ),
        (
            &["search", "x until:2026-02-30"],
            "until:2026-02-30: expected a day",
            2,
        ),
        (&["search", "x", "--since", "someday"], "expected a day", 2),
        (&["search", "--batch", "absent.jsonl"], "absent.jsonl", 1),
        (
            &["search", "--batch", "asked.jsonl"],
            "asked.jsonl:2: until:7y: expected a day",
            2,
        ),
    ];
    for (arguments, expected, code) in cases {
        let said = home.run(arguments);
        assert_eq!(said.code, *code, "{arguments:?}: {}", said.err);
        assert!(said.err.contains(expected), "{arguments:?}: {}", said.err);
        assert_eq!(
            said.err.trim_end().lines().count(),
            1,
            "{arguments:?}: {}",
            said.err
        );
    }
}
