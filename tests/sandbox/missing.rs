//! Row S-33: whatever a machine lacks, the level that is shown is the one that is measured, and that one is what commands meet.
//! What is missing is refused by a filter of the kernel around the helper, as an older kernel or a container would.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use creel::protocol::sandbox::Level;
use creel::sandbox::canary;
use tempfile::TempDir;

use crate::sandbox::levels::{RUNS, program};
use crate::sandbox::{Yard, has, levels};
use crate::support::{CREEL, Home, skipped};

/// Not there: as of a kernel that never had it.
const NOSYS: i32 = 38;
/// Refused: as in a container.
const PERM: i32 = 1;
/// Built in, and switched off when the machine was started.
const NOTSUP: i32 = 95;
const INVAL: i32 = 22;

const LANDLOCK: [&str; 3] = [
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
];

/// The number of a call.
fn number(call: &str) -> i64 {
    let (intel, arm) = match call {
        "seccomp" => (317, 277),
        "unshare" => (272, 97),
        "mount" => (165, 40),
        "openat2" => (437, 437),
        "landlock_create_ruleset" => (444, 444),
        "landlock_add_rule" => (445, 445),
        "landlock_restrict_self" => (446, 446),
        call => panic!("{call}"),
    };
    if cfg!(target_arch = "aarch64") {
        arm
    } else {
        intel
    }
}

/// A program that refuses these calls to itself and becomes Creel, which no longer has them, nor has what it starts.
fn without(folder: &TempDir, name: &str, refused: &[(&str, i32)]) -> PathBuf {
    let refused: Vec<(i64, i32)> = refused
        .iter()
        .map(|(call, error)| (number(call), *error))
        .collect();
    let text = format!(
        r"#!/usr/bin/python3
import ctypes, os, struct, sys
word = lambda code, k, jt=0, jf=0: struct.pack('HBBI', code, jt, jf, k)
text = word(0x20, 0)
for number, error in {refused:?}:
    text += word(0x15, number, 0, 1) + word(0x06, 0x50000 | error)
text += word(0x06, 0x7fff0000)
held = ctypes.create_string_buffer(text)
filter = struct.pack('HxxxxxxQ', len(text) // 8, ctypes.addressof(held))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.c_char_p(filter), 0, 0) == 0
os.execv('{CREEL}', ['creel'] + sys.argv[1:])
"
    );
    program(folder, name, &text)
}

/// The program that makes namespaces.
#[derive(Debug, Clone, Copy)]
enum Bubblewrap {
    None,
    /// It says that it isolates, and does not.
    Lies,
    /// It makes namespaces, where it may, and holds nothing read-only.
    Half,
}

impl Bubblewrap {
    fn made(self, folder: &TempDir) -> Option<PathBuf> {
        let text = match self {
            Self::None => return None,
            Self::Lies => format!("{RUNS}exec {CREEL} \"$@\"\n"),
            Self::Half => format!("{RUNS}exec unshare -m -p -n -i -u --fork {CREEL} \"$@\"\n"),
        };
        Some(program(folder, "bwrap", &text))
    }
}

/// What a command meets, put together as the levels are defined, without the canary.
fn met(yard: &Yard) -> Level {
    fs::create_dir_all(yard.path("work/.git/hooks")).unwrap();
    let may = |line: &str| {
        let (code, said) = yard.run(line).unwrap();
        assert!(matches!(code, 0..=2), "{line}: {code} {said}");
        code == 0
    };
    let socket = |family: &str| {
        may(&format!(
            "python3 -c 'import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)' 2>&1"
        ))
    };
    let files = [
        "echo x > $OUT/x",
        "cat $OUT/secret",
        "cat /proc/$CREEL/environ",
    ];
    let files = files.iter().all(|line| !may(line));
    let network = !socket("AF_INET") && !socket("AF_UNIX");
    let signals = may("kill -0 $CREEL");
    let works = may("echo x > works");
    if !(files && network && !signals && works) {
        return if files || network {
            Level::Partial
        } else {
            Level::None
        };
    }
    let guarded = !may("echo x > .git/hooks/x");
    let kinds = ["mnt", "pid", "net", "ipc", "uts"];
    let apart = kinds.iter().all(|kind| {
        let own = fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
        yard.says(&format!("readlink /proc/self/ns/{kind}")) != own.to_string_lossy()
    });
    if apart && guarded {
        Level::Contained
    } else {
        Level::Restricted
    }
}

/// What `creel doctor` says of a machine where Creel is this program.
fn shown(creel: &Path) -> String {
    let home = Home::new();
    let mut command = std::process::Command::new(creel);
    command
        .args(["doctor", "--json"])
        .env_clear()
        .envs(home.environment())
        .current_dir(home.work())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = command.output().unwrap();
    let checks: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let mut checks = checks.as_array().unwrap().iter();
    let check = checks.find(|check| check["name"] == "sandbox").unwrap();
    check["text"].as_str().unwrap().to_owned()
}

#[test]
fn the_level_shown_is_the_one_measured_whatever_is_missing() {
    let trial = "a machine that lacks something";
    if levels(trial).is_empty() {
        return;
    }
    if !has("python3") {
        return skipped(
            trial,
            "there is no python3 to lay a filter of the kernel around Creel",
        );
    }
    let landlock = |error| LANDLOCK.map(|call| (call, error)).to_vec();
    let with = |mut refused: Vec<(&'static str, i32)>, more| {
        refused.push(more);
        refused
    };
    let apart = vec![("unshare", PERM), ("mount", PERM)];
    let cases = [
        ("all is there", vec![], Level::Restricted),
        (
            "openat2 is not there",
            vec![("openat2", NOSYS)],
            Level::Restricted,
        ),
        (
            "openat2 is refused",
            vec![("openat2", PERM)],
            Level::Restricted,
        ),
        ("no namespaces", apart, Level::Restricted),
        ("no Landlock", landlock(NOSYS), Level::Partial),
        ("Landlock is switched off", landlock(NOTSUP), Level::Partial),
        ("Landlock is refused", landlock(PERM), Level::Partial),
        (
            "Landlock is refused half way",
            vec![("landlock_restrict_self", PERM)],
            Level::None,
        ),
        ("no seccomp", vec![("seccomp", INVAL)], Level::None),
        (
            "neither of both",
            with(landlock(NOSYS), ("seccomp", INVAL)),
            Level::None,
        ),
    ];
    let mut told: BTreeMap<Level, usize> = BTreeMap::new();
    for (name, refused, expected) in cases {
        let folder = TempDir::new().unwrap();
        let creel = without(&folder, "creel", &refused);
        for bubblewrap in [Bubblewrap::None, Bubblewrap::Lies, Bubblewrap::Half] {
            let measured = canary::measure(&creel, bubblewrap.made(&folder));
            let which = format!("{name}, {bubblewrap:?}: {}", measured.lacks);
            assert_eq!(measured.level, expected, "{which}");
            assert!(!measured.lacks.is_empty(), "{which}");
            let level = measured.level;
            let mut yard = Yard::new(measured);
            yard.program.clone_from(&creel);
            assert_eq!(met(&yard), level, "{which}");
            *told.entry(level).or_default() += 1;
        }
        let here = canary::measure(&creel, canary::bubblewrap());
        let text = shown(&creel);
        let begins = format!("level {}", here.level);
        assert!(text.starts_with(&begins), "{name}: {begins}: {text}");
    }
    assert_eq!(told.len(), 3, "{told:?}");
}
