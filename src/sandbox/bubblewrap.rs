//! The arguments for `bwrap`, which makes the namespaces: everything read-only, but what the plan writes; its own processes,
//! network, temporary folder and devices; what is closed hidden, what is guarded read-only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::protocol::sandbox::Network;
use crate::sandbox::plan::{Plan, TEMPORARY};

/// Where it is looked for: at its own places and not by the `PATH`, which a project may change.
const PLACES: &[&str] = &[
    "/usr/bin/bwrap",
    "/bin/bwrap",
    "/run/current-system/sw/bin/bwrap",
];

/// Creel's own program within: where its file lies there may be something else, or nothing.
pub(crate) const HELPER: &str = "/dev/creel";

pub fn find() -> Option<PathBuf> {
    PLACES.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// `exists` asks the file system, so that nothing is mounted over what is not there.
pub(crate) fn arguments(plan: &Plan, exists: &dyn Fn(&Path) -> bool) -> Vec<OsString> {
    let mut all: Vec<OsString> = Vec::new();
    let mut add = |words: &[&dyn AsRef<std::ffi::OsStr>]| {
        all.extend(words.iter().map(|word| word.as_ref().to_owned()));
    };
    add(&[&"--die-with-parent", &"--unshare-all"]);
    if plan.network == Network::On {
        add(&[&"--share-net"]);
    }
    add(&[
        &"--ro-bind",
        &"/",
        &"/",
        &"--dev",
        &"/dev",
        &"--proc",
        &"/proc",
    ]);
    add(&[&"--bind", &plan.temporary, &TEMPORARY]);
    // What lies in the machine's own temporary folder is seen no more, but for what the plan names.
    let below = plan.read.iter().filter(|path| path.starts_with(TEMPORARY));
    for path in below.filter(|path| exists(path)) {
        add(&[&"--ro-bind", path, path]);
    }
    // Where a link leads is closed by itself.
    let shown = |path: &&PathBuf| !path.is_symlink() && exists(path);
    let closed = plan.closed.iter().filter(shown);
    for path in closed.clone() {
        if path.is_dir() {
            add(&[&"--tmpfs", path]);
        } else {
            add(&[&"--ro-bind", &"/dev/null", path]);
        }
    }
    for path in plan.write.iter().filter(|path| exists(path)) {
        add(&[&"--bind", path, path]);
    }
    for path in plan.guarded.iter().filter(|path| exists(path)) {
        add(&[&"--ro-bind", path, path]);
    }
    // What is hidden takes nothing in either, which would be gone with the command. Where a folder that is written lies over
    // it, it is that one's.
    let over = |path: &Path| plan.write.iter().any(|write| path.starts_with(write));
    for path in closed.filter(|path| path.is_dir() && !over(path)) {
        add(&[&"--remount-ro", path]);
    }
    add(&[&"--chdir", &plan.cwd]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_after_what_is_hidden_and_what_is_guarded_last() {
        let plan = Plan {
            cwd: "/w/sub".into(),
            read: vec!["/usr".into(), "/tmp/things".into()],
            closed: vec![
                "/home/me/.netrc".into(),
                "/home/me/.gone".into(),
                "/etc".into(),
            ],
            write: vec!["/w".into(), "/cache".into()],
            guarded: vec!["/w/.git/hooks".into()],
            temporary: "/t".into(),
            ..Plan::default()
        };
        let there = |path: &Path| !path.ends_with(".gone") && !path.ends_with("cache");
        let words = |plan: &Plan| {
            let all = arguments(plan, &there);
            let all: Vec<_> = all.iter().map(|word| word.to_string_lossy()).collect();
            all.join(" ")
        };
        assert_eq!(
            words(&plan),
            "--die-with-parent --unshare-all --ro-bind / / --dev /dev --proc /proc --bind /t /tmp --ro-bind /tmp/things /tmp/things --ro-bind /dev/null /home/me/.netrc --tmpfs /etc --bind /w /w --ro-bind /w/.git/hooks /w/.git/hooks \
             --remount-ro /etc --chdir /w/sub"
        );
        let on = Plan {
            network: Network::On,
            ..plan
        };
        assert!(words(&on).starts_with("--die-with-parent --unshare-all --share-net "));
    }
}
