//! Damage: whatever byte of the index is another, a search answers right or says that the index cannot be used, and never panics.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::agent::search_line::parts;
use crate::memory::analysis::Analyser;
use crate::memory::ask::Question;
use crate::memory::document::Document;
use crate::memory::index::{Index, IndexError, Mark, Position};
use crate::memory::limit::Limits;
use crate::memory::nearest::unknown;
use crate::memory::search::search;
use crate::memory::tail::Tail;
use crate::protocol::id::Seq;
use crate::protocol::search::{Kind, Role};
use crate::protocol::time::Time;

/// Places of each file that are tried, beside its first and last bytes.
const PLACES: u64 = 9;

fn said(seq: u64, session: u64, text: &str) -> Document {
    Document {
        seq: Seq(seq),
        session,
        at: Time(1_000 * seq as i64),
        kind: Kind::ALL[seq as usize % 3],
        role: Role::User,
        who: ["Anna", "Ben"][seq as usize % 2].to_owned(),
        text: text.to_owned(),
    }
}

fn position() -> Position {
    Position {
        seq: Seq(900),
        purged: 1,
        mark: Some(Mark {
            seq: Seq(899),
            session: 3,
            at: Time(1_795_435_200_000),
        }),
    }
}

/// An index of two parts, in both of which something was taken out.
fn made(folder: &Path) {
    let index = Index::open(folder, true).expect("an index");
    let words = [
        "retry",
        "header",
        "ferry",
        "island",
        "parse_config",
        "数据库迁移",
        "yesterday",
    ];
    for part in 0..2 {
        let mut writer = index.writer().expect("a writer");
        writer.hold_merges();
        for n in 0..300 {
            let seq = part * 300 + n + 1;
            let text: Vec<&str> = (0..=n % 5)
                .map(|at| words[(n + at * 2) as usize % 7])
                .collect();
            writer
                .add(&said(seq, n / 60, &text.join(" ")))
                .expect("added");
        }
        writer.commit(position()).expect("a commit");
        writer.forget(part + 1);
        writer.commit(position()).expect("a commit");
        writer.finish().expect("an end");
    }
}

type Answers = Vec<Vec<(u64, f32)>>;

/// What several questions find; the position has to be the one that was kept.
fn answers(folder: &Path) -> Result<Answers, IndexError> {
    let index = Index::open(folder, false)?;
    if index.position() != Some(position()) {
        return Err(IndexError::Unusable("another position".to_owned()));
    }
    asked(&index)
}

fn asked(index: &Index) -> Result<Answers, IndexError> {
    let analyser = Analyser::default();
    let tail = Tail::new();
    let by = Limits {
        kinds: vec![Kind::Turn, Kind::Command],
        since: Some(90_000),
        who: vec!["anna".to_owned()],
        ..Limits::default()
    };
    let mut all = Vec::new();
    for line in [
        "ferry island",
        "\"header island\"",
        "迁移 -retry",
        "par",
        "",
    ] {
        for limits in [Limits::default(), by.clone()] {
            let question = Question::new(&analyser, &parts(line), true);
            let found = search(Some(index), &tail, &question, &limits, 20, None)?;
            all.push(found.iter().map(|hit| (hit.seq, hit.score)).collect());
        }
    }
    let near = unknown(Some(index), &tail, &analyser, "fery")?;
    all.push(
        near.iter()
            .flat_map(|word| &word.nearest)
            .map(|(_, count)| (*count, 0.0))
            .collect(),
    );
    Ok(all)
}

/// The files of an index in an order that is the same for each, whatever their names are.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<(String, u64, PathBuf)> = fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .map(|entry| {
            let path = entry.path();
            let kind = path.extension().map_or_else(
                || entry.file_name().to_string_lossy().into_owned(),
                |kind| kind.to_string_lossy().into_owned(),
            );
            (kind, entry.metadata().expect("a file").len(), path)
        })
        .filter(|(_, length, _)| *length > 0)
        .collect();
    files.sort();
    files.into_iter().map(|(_, _, path)| path).collect()
}

/// The same for the same seed (xorshift).
fn places(length: u64, seed: u64) -> Vec<u64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut places = vec![0, length / 2, length - 1];
    for _ in 0..PLACES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        places.push(state % length);
    }
    places
}

/// Makes one byte of a file another; `mask` has the bits that change.
fn flip(path: &Path, at: u64, mask: u8) {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .expect("a file");
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).expect("a place");
    file.read_exact(&mut byte).expect("a byte");
    file.seek(SeekFrom::Start(at)).expect("a place");
    file.write_all(&[byte[0] ^ mask]).expect("written");
}

fn changed(path: &Path) -> std::time::SystemTime {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .expect("a time")
}

fn set_changed(path: &Path, at: std::time::SystemTime) {
    let file = File::options().write(true).open(path).expect("a file");
    file.set_modified(at).expect("a time");
}

#[test]
fn no_damaged_byte_gives_another_answer() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("index");
    made(&folder);
    let right = answers(&folder).expect("answers");
    assert!(
        right.iter().filter(|found| !found.is_empty()).count() > 8,
        "{right:?}"
    );
    let (mut refused, mut kept) = (0, 0);
    for (nth, file) in files(&folder).iter().enumerate() {
        let length = fs::metadata(file).expect("a file").len();
        for (seed, at) in places(length, nth as u64 + 1).into_iter().enumerate() {
            let mask = [0x01, 0x80, 0xff, 0x10][seed % 4];
            let before = changed(file);
            flip(file, at, mask);
            // As it is at the latest a moment after it was written.
            set_changed(file, before + Duration::from_secs(1));
            match answers(&folder) {
                Ok(found) => {
                    kept += 1;
                    assert_eq!(found, right, "{} at {at}", file.display());
                }
                Err(_) => refused += 1,
            }
            flip(file, at, mask);
            set_changed(file, before);
        }
    }
    assert!(refused > 100 && kept > 0, "{refused} refused, {kept} kept");
    assert_eq!(answers(&folder).expect("answers"), right);
}

#[test]
fn damage_that_left_no_trace_does_not_panic_out() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("index");
    made(&folder);
    answers(&folder).expect("answers");
    for (nth, file) in files(&folder).iter().enumerate() {
        let length = fs::metadata(file).expect("a file").len();
        for (seed, at) in places(length, nth as u64 + 100).into_iter().enumerate() {
            let mask = [0x01, 0x80, 0xff, 0x10][seed % 4];
            let before = changed(file);
            flip(file, at, mask);
            set_changed(file, before);
            // Its checksum was compared before, so it is believed; what comes of that is caught.
            let _ = answers(&folder);
            flip(file, at, mask);
            set_changed(file, before);
        }
    }
}

#[test]
fn nothing_is_written_on_from_damaged_files() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("index");
    made(&folder);
    answers(&folder).expect("answers");
    let segments = files(&folder);
    let segments = segments.iter().filter(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.len() > 32
    });
    for file in segments {
        let length = fs::metadata(file).expect("a file").len();
        let before = changed(file);
        flip(file, length / 3, 0xff);
        // Also where reading believes it.
        set_changed(file, before);
        let writer = Index::open(&folder, true).and_then(|index| index.writer().map(drop));
        assert!(
            matches!(writer, Err(IndexError::Unusable(_))),
            "{}: {writer:?}",
            file.display()
        );
        flip(file, length / 3, 0xff);
        set_changed(file, before);
    }
    let index = Index::open(&folder, true).expect("an index");
    drop(index.writer().expect("a writer"));
}
