//! Whether a command line names what lies outside of the session's folders and is there now. It is looked up where that may
//! block, and not for long.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use crate::agent::carrier;
use crate::agent::command_line::{self, Part};
use crate::agent::looked::Outside;
use crate::agent::permission;
use crate::agent::places::{Named, Place, named};
use crate::agent::taint::is_outside;
use crate::engine::session::Task;
use crate::protocol::call::{Reach, Untrusted};
use crate::protocol::sandbox::Level;
use crate::sandbox::places::HOME_CLOSED;
use crate::tool::deed::Deed;

/// What is not found out by then counts as outside: a file system may be far away, or hang.
const PATIENCE: Duration = Duration::from_secs(1);

/// Programs that name files and read none of them.
const NO_READERS: &[&str] = &[
    "rm", "rmdir", "unlink", "mkdir", "touch", "chmod", "chown", "chgrp", "cd", "true", "pwd",
];

/// A place outside that a line names.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    /// It is one that sandboxes keep from commands.
    closed: bool,
    /// So many others are named beside it.
    more: usize,
}

impl Task {
    /// What a command names that lies outside, as far as it is there now; by the level that holds it.
    pub(crate) fn names_outside(
        &self,
        reach: &[Reach],
        level: Level,
    ) -> impl Future<Output = Option<Untrusted>> + Send + 'static {
        let seen = self.seen_outside(reach, level);
        async move {
            seen.await
                .map(|seen| Untrusted::Outside { path: seen.path })
        }
    }

    fn seen_outside(
        &self,
        reach: &[Reach],
        level: Level,
    ) -> impl Future<Output = Option<Seen>> + Send + 'static {
        let line = permission::command(reach).map(str::to_owned);
        let home = self.house.home.clone();
        let cwd = self.session.spec.cwd.clone();
        let mut own = self.roots.clone();
        own.extend(self.house.walls.own_temporary(level));
        async move {
            let line = line?;
            let looked = tokio::task::spawn_blocking(move || {
                let named = named(&line, &cwd, home.as_deref());
                found(&named, &own, home.as_deref())
            });
            match timeout(PATIENCE, looked).await {
                Ok(Ok(seen)) => seen,
                Ok(Err(_)) | Err(_) => Some(Seen {
                    path: PathBuf::from("/"),
                    closed: false,
                    more: 0,
                }),
            }
        }
    }

    /// The same, for whoever is asked. Where a command reads elsewhere as well, that came first and it was not looked up yet.
    pub(crate) fn outside(
        &self,
        deed: &Deed,
        level: Level,
    ) -> impl Future<Output = Option<Outside>> + Send + 'static {
        let line = permission::command(&deed.reach);
        let reads = line.is_none_or(may_read);
        let is_known = line.is_some() && deed.untrusted.is_some();
        let looked = self.seen_outside(&deed.reach, level);
        async move {
            if !is_known {
                return None;
            }
            let seen = looked.await?;
            Some(Outside {
                path: seen.path,
                closed: level.holds() && seen.closed,
                reads,
                more: seen.more,
            })
        }
    }
}

/// Whether a program of the line may read what it names.
fn may_read(line: &str) -> bool {
    let Ok(parts) = command_line::split(line) else {
        return true;
    };
    let reads = |part: &Part| !carrier::name(part).is_some_and(|name| NO_READERS.contains(&name));
    line.contains(['<', '`', '$']) || parts.iter().any(reads)
}

/// All that is there and lies outside: the first of it that sandboxes close, or else the first.
fn found(named: &Named, own: &[PathBuf], home: Option<&Path>) -> Option<Seen> {
    let homes: Vec<PathBuf> = home
        .into_iter()
        .flat_map(|home| [Some(home.to_owned()), home.canonicalize().ok()])
        .flatten()
        .collect();
    // One of the places within the home that sandboxes keep from commands.
    let is_closed = |path: &Path| {
        let mut below = homes.iter().filter_map(|home| path.strip_prefix(home).ok());
        below.any(|below| HOME_CLOSED.iter().any(|closed| below.starts_with(closed)))
    };
    let there = |place: &Place| {
        let real = place.path.canonicalize().ok()?;
        if !is_outside(&real, own) || place.unless.as_ref().is_some_and(|folder| folder.is_dir()) {
            return None;
        }
        if real.is_dir() && !place.walks {
            // Nothing is read by its name alone, and half of all lines have such a sign in them.
            let is_above = |home: &PathBuf| home.starts_with(&real);
            if place.instead || real.parent().is_none() || homes.iter().any(is_above) {
                return None;
            }
        }
        let closed = is_closed(&real) || is_closed(&place.path);
        Some((real, closed))
    };
    let mut all: Vec<(PathBuf, bool)> = Vec::new();
    let untold = named.outside.iter().map(|path| (path.clone(), false));
    for place in untold.chain(named.places.iter().filter_map(there)) {
        if !all.iter().any(|(path, _)| *path == place.0) {
            all.push(place);
        }
    }
    let more = all.len().saturating_sub(1);
    let at = all.iter().position(|(_, closed)| *closed).unwrap_or(0);
    let (path, closed) = all.into_iter().nth(at)?;
    Some(Seen { path, closed, more })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    /// A home with a folder of the session in it, and one beside it and outside.
    fn laid() -> (tempfile::TempDir, PathBuf) {
        let outer = tempfile::tempdir().unwrap();
        let up = outer.path().canonicalize().unwrap();
        for file in [
            "me/app/notes",
            "me/app/src/main.rs",
            "me/app/build/x",
            "me/app/web/y",
            "me/.cargo/bin/cargo",
            "me/secret",
            "out/notes",
        ] {
            fs::create_dir_all(up.join(file).parent().unwrap()).unwrap();
            fs::write(up.join(file), "").unwrap();
        }
        (outer, up)
    }

    fn look(up: &Path, line: &str) -> Option<PathBuf> {
        let line = line.replace("OUT", up.join("out").to_str().unwrap());
        let home = up.join("me");
        let app = home.join("app");
        let named = named(&line, &app, Some(&home));
        found(&named, &[app], Some(&home)).map(|seen| seen.path)
    }

    #[test]
    fn of_several_places_the_closed_one_is_told() {
        let (_outer, up) = laid();
        fs::create_dir_all(up.join("me/.ssh")).unwrap();
        fs::write(up.join("me/.ssh/id_x"), "").unwrap();
        let other = up.join("other");
        std::os::unix::fs::symlink(up.join("me"), &other).unwrap();
        let app = up.join("me/app");
        for home in [&up.join("me"), &other] {
            for (line, expected) in [
                ("cat ~/secret ~/.ssh/id_x", ("me/.ssh/id_x", true, 1)),
                ("cat ~/secret ~/secret", ("me/secret", false, 0)),
            ] {
                let seen = found(
                    &named(line, &app, Some(home)),
                    std::slice::from_ref(&app),
                    Some(home),
                );
                let (path, closed, more) = expected;
                let path = up.join(path);
                assert_eq!(seen, Some(Seen { path, closed, more }), "{line}");
            }
        }
        assert!(!may_read("rm ~/x") && may_read("rm ~/x; cat ~/y") && may_read("rm $(cat ~/y)"));
    }

    #[test]
    fn lines_of_every_day_name_nothing_outside() {
        let lines = [
            "cat notes",
            "cut -d/ -f1 notes",
            "[[ a =~ b ]]",
            "[ -f ~/secret ] && echo there",
            "test -e OUT/notes",
            "echo $((8 / 2))",
            "echo $(( 2 * 3 )) / 4",
            "(( x = 8 / 2 ))",
            "cat > x.js <<'E'\n// comment\nconst a = 1 / 2; // ~ OUT/notes\nE\nnode x.js",
            "cat > x.md <<E\nsee / and ~ and OUT/notes\nE",
            "cat <<-E > x\n\t// OUT/notes\n\tE\ncat x",
            "awk -F/ '{print $2}' notes",
            "awk '/a b/ {print $1 / $2}' notes",
            "tr / _ < notes",
            "grep '//' notes",
            "grep -rn '//' src",
            "grep -rn -A 3 '//' src",
            "rg '//' src",
            "rg -t rust ~ src",
            "sed 's/a/b/; s|/|_|' notes",
            "sed -n '/x/,/y/p' notes",
            "git commit -m 'a / b'",
            "git commit -am \"mend ~ and OUT/notes\"",
            "git log --format='%h / %s'",
            "git diff HEAD~1 -- src",
            "git show HEAD:src/main.rs",
            "git checkout -b feature/x origin/main",
            "export PATH=\"$HOME/.cargo/bin:$PATH\" && cargo build",
            "PATH=~/.cargo/bin:$PATH cargo test",
            "~/.cargo/bin/cargo build",
            "OUT/notes --version",
            "cd build && cmake ..",
            "cd build && ls ..",
            "cd build\nls ..",
            "(cd build && cmake ..) && ls",
            "mkdir -p new && cd new && cmake ..\nmake",
            "cd web && cat ../notes",
            "cd web && npm i && cd ../build && ls ..",
            "cd \"$(git rev-parse --show-toplevel)\" && cargo build",
            "for f in src/*.rs; do echo \"$f\"; done",
            "if [ -d build ]; then ls build; fi",
            "echo done > OUT/notes",
            ": >> OUT/notes",
            "cargo test 2>/dev/null | tail -5",
            "cargo build > OUT/notes 2>&1",
            "cp notes OUT/",
            "cp build/x ~/.cargo/bin/x",
            "rm -rf OUT/notes",
            "mkdir -p ~/.cargo/bin",
            "find . -name '*.rs' -exec wc -l {} \\;",
            "find . -name '*.rs' | xargs grep -n '//'",
            "ls -la",
            "tar czf x.tgz src",
            "tar xzf x.tgz --strip-components=1",
            "cat /etc/hosts /usr/include/stdio.h",
            "python3 -c 'print(8 / 2)'",
            "python3 - <<'E'\nprint(8 / 2) # ~ / \nE",
            "node -e \"console.log('a/b'.split('/'))\"",
            "bash -c 'cat notes; echo a / b'",
            "curl -s https://example.com/a/b?c=~/d",
            "docker run -w / image true",
            "echo hi # see ~/secret and OUT/notes",
            "printf '%s\\n' a / b",
            "x=$(basename \"$PWD\"); echo \"$x/$y\"",
            "command -v OUT/notes",
            "[ \"$a\" = / ] || echo no",
            "case $x in /) echo root;; esac",
            "du -sh .",
            "jq '.a // \"b\"' notes",
            "echo 'a' | sed 's#/#~#g'",
        ];
        assert!(lines.len() >= 40);
        let (_outer, up) = laid();
        let found = lines.map(|line| (line, look(&up, line)));
        let found: Vec<_> = found.iter().filter(|(_, found)| found.is_some()).collect();
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn what_is_read_outside_is_found_however_it_is_written() {
        let (_outer, up) = laid();
        let many = format!("echo {} OUT/notes", "x ".repeat(600));
        let nested = format!("{}cat notes{}", "$(".repeat(40), ")".repeat(40));
        let lines = [
            "cat OUT/notes",
            "cat ../../out/notes",
            "cat ~/secret",
            "cat $HOME/secret ${HOME}/x",
            "cat '~'/../out/notes ~/secret",
            "cat OUT/notes; : >> OUT/notes",
            "OUT/notes; cat OUT/notes",
            "cat OUT/notes > OUT/notes",
            "cat < OUT/notes",
            "cat 0< OUT/notes",
            "cat $PWD/../../out/notes",
            "cd && cat secret",
            "cd && cat ../out/notes",
            "cd -; cat ../x",
            "cd .. && cat secret",
            "cd ../..\ncat out/notes",
            "cd nowhere; cat ../secret",
            "cd nowhere; grep -r x ..",
            "false && cd build; cat ../secret",
            "if false; then cd build; fi; cat ../secret",
            "cd build | cat ../secret",
            "cat $x/../y",
            "cat \"$(echo ..)/../y\"",
            "cat $(echo OUT/notes)",
            "echo `cat OUT/notes`",
            "echo \"$(cat OUT/notes)\"",
            "cat <(cat OUT/notes)",
            "cat <<E\n$(cat OUT/notes)\nE",
            "cat <<E\nx\nE\ncat OUT/notes",
            "cat <<E\ncat OUT/notes",
            "bash <<'E'\ncat OUT/notes\nE",
            "bash -c 'cat OUT/notes'",
            "env bash -ec \"cat OUT/notes\"",
            "eval 'cat OUT/notes'",
            "eval cat OUT/notes",
            "f=OUT/notes; cat $f",
            "d=OUT; cat $d/notes",
            "X_PATH=OUT; cat $X_PATH/notes",
            "cat ${x:-OUT/notes}",
            "a=(OUT/notes); cat ${a[0]}",
            "for f in OUT/*; do cat \"$f\"; done",
            "for d in ..; do cat $d/secret; done",
            "for d in ../..; do cat $d/out/notes; done",
            "cat ../*",
            "cat ~/*",
            "cat ../../o*/notes",
            "cat {OUT/notes,x}",
            "cat ..{/secret,}",
            "cat .{.,}/secret",
            "cat ../sec\\ret",
            "cat $'\\x2e./secret'",
            "cat .'.'/\"secret\"",
            "tool --file=OUT/notes",
            "tool -fOUT/notes",
            "tool -f../secret",
            "curl -d @OUT/notes localhost",
            "dd if=OUT/notes",
            "git -C OUT log",
            "git diff --no-index notes OUT/notes",
            "echo OUT/notes | xargs cat",
            "ls /",
            "ls ~",
            "find ~ -name x",
            "grep -r x /",
            "grep -re x /",
            "rg x ~",
            "du -sh /",
            "tar czf x.tgz ~",
            "cp -r / x",
            "cp -a ~ x",
            "cp OUT/notes .",
            "cp -t . OUT/notes",
            "cp x OUT/notes -- -y",
            "mv OUT/notes here",
            "ln -s ../../out here && cat here/notes",
            ". OUT/notes",
            "source OUT/notes",
            "while read l; do echo $l; done < OUT/notes",
            "(cat OUT/notes)",
            "{ cat OUT/notes; }",
            "{ cd ..; cat secret; }",
            "! cat OUT/notes",
            "x=1 cat OUT/notes",
            "set -- OUT/notes; cat $1",
            "python3 -c \"print(open('OUT/notes').read())\"",
            "awk 'BEGIN { while ((getline l < \"OUT/notes\") > 0) print l }'",
            "cat /proc/self/cwd/../secret",
            "cat /dev/fd/3 3< x",
            "cat '../secret'",
            "x=$((1 << 2))\ncat OUT/notes",
            &many,
            &nested,
        ];
        let missed: Vec<_> = lines
            .iter()
            .filter(|line| look(&up, line).is_none())
            .collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    /// As long as a line may be, and as twisted as it gets.
    #[test]
    fn long_lines_are_soon_read() {
        let (_outer, up) = laid();
        for unit in [
            "${a%", "$(", "\"$(", "{", "{a,", "<<a ", "<<a\n", "a=", "a ", "`", "'", "((",
            "a=$a$a;", "cd a;", "(", "..=",
        ] {
            let line = unit.repeat((64 << 10) / unit.len());
            let began = std::time::Instant::now();
            let _ = look(&up, &line);
            let took = began.elapsed();
            assert!(took < Duration::from_secs(5), "{unit}: {took:?}");
        }
    }
}
