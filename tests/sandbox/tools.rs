//! Real tools do their work within the walls.

use std::fs;

use crate::sandbox::{Yard, all, has, levels, name};
use crate::support::skipped;

/// The program that is needed, what is run, and the last line of it.
const WORK: &[(&str, &str, &str)] = &[
    (
        "git",
        "rm -rf .git && git init -q . && git add here && \
         git -c user.name=a -c user.email=a@b commit -qm one && git log --oneline | wc -l && \
         git switch -qc other && git status --short | wc -l",
        "1",
    ),
    (
        "make",
        "printf 'all: ;@echo made\\n' > Makefile && make",
        "made",
    ),
    (
        "sed",
        "sed -i s/here/there/ here && cat here && sed -i s/there/here/ here",
        "there",
    ),
    ("find", "find . -name here | xargs cat", "here"),
    (
        "tar",
        "tar czf $TMPDIR/x.tgz here && tar tzf $TMPDIR/x.tgz",
        "here",
    ),
    ("mktemp", "f=$(mktemp) && echo x > $f && cat $f", "x"),
    (
        "bash",
        "bash -c 'cat <<< here; diff <(echo a) <(echo a) && echo same'",
        "same",
    ),
    (
        "python3",
        "/usr/bin/python3 -c 'import subprocess, tempfile, sqlite3; \
         tempfile.NamedTemporaryFile().write(b\"x\"); \
         sqlite3.connect(\"x.db\").execute(\"create table t(x)\"); \
         print(subprocess.check_output([\"echo\", \"child\"], text=True).strip())'",
        "child",
    ),
    (
        "python3",
        "printf 'import multiprocessing as m\\nif __name__ == \"__main__\":\\n  with m.Pool(2) as p: print(sum(p.map(abs, [-1, -2])))\\n' > p.py && /usr/bin/python3 p.py",
        "3",
    ),
    (
        "node",
        "node -e 'require(\"child_process\").execSync(\"true\"); require(\"fs\").writeFileSync(\"n\", \"x\"); console.log(\"node\")'",
        "node",
    ),
    (
        "cc",
        "printf 'int main(void){return 0;}' > c.c && cc -o c c.c && ./c && echo compiled",
        "compiled",
    ),
];

#[test]
fn tools_do_their_work_within() {
    for measured in levels("real tools") {
        let yard = Yard::new(measured);
        for (program, work, last) in WORK {
            if !has(program) {
                skipped("a real tool", &format!("there is no {program}"));
                continue;
            }
            let (code, told) = yard.run(work).unwrap();
            let named = format!("{}: {work}: {told}", name(&yard.measured));
            assert_eq!(code, 0, "{named}");
            assert!(told.lines().any(|line| line == *last), "{named}");
        }
    }
}

/// A worktree that was there before the command is taken away whole, and nothing is left of it in the repository; one that is led
/// elsewhere is told of.
#[test]
fn worktrees_of_git_come_and_go_within() {
    if !has("git") {
        return skipped("worktrees", "there is no git");
    }
    for measured in levels("worktrees") {
        let yard = Yard::new(measured);
        let name = name(&yard.measured);
        yard.says(
            "rm -rf .git && git init -q . && git add here && \
             git -c user.name=a -c user.email=a@b commit -qm one && \
             git worktree add -q gone -b gone && git worktree add -q kept -b kept 2>&1",
        );
        let (code, told) = yard
            .run("git worktree remove gone 2>&1 && git worktree prune 2>&1 && git branch -d gone")
            .unwrap();
        assert_eq!(code, 0, "{name}: {told}");
        assert!(!yard.path("work/.git/worktrees/gone").exists(), "{name}");
        assert!(!yard.path("work/gone").exists(), "{name}");
        let list = yard.says("git worktree list | wc -l");
        assert_eq!(list, "2", "{name}");
        for (command, changed) in [
            (
                "git worktree add -q again && git worktree remove kept",
                false,
            ),
            ("echo /evil > .git/worktrees/again/commondir", true),
        ] {
            let (mut child, output, gone) = yard.wait(command).go();
            let told = all(output);
            yard.runtime.block_on(child.wait()).unwrap();
            let differs = gone.changed().changed;
            assert_eq!(
                !differs.is_empty(),
                changed,
                "{name}: {command}: {differs:?} {told}"
            );
        }
    }
}

/// Without its registry, and where the toolchain lies in another's home, which the environment names.
#[test]
fn cargo_builds_within() {
    let home = std::env::home_dir().unwrap();
    let place = |variable: &str, name: &str| {
        std::env::var_os(variable).unwrap_or_else(|| home.join(name).into())
    };
    for measured in levels("a build") {
        let mut yard = Yard::new(measured);
        let path = std::env::var_os("PATH").unwrap();
        yard.environment = vec![
            ("PATH".into(), path),
            ("CARGO_HOME".into(), place("CARGO_HOME", ".cargo")),
            ("RUSTUP_HOME".into(), place("RUSTUP_HOME", ".rustup")),
        ];
        fs::create_dir_all(yard.path("work/src")).unwrap();
        let manifest = "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
        fs::write(yard.path("work/Cargo.toml"), manifest).unwrap();
        let main = "fn main() { println!(\"hello\"); }\n";
        fs::write(yard.path("work/src/main.rs"), main).unwrap();
        let (code, told) = yard.run("cargo run --offline -q 2>&1").unwrap();
        assert_eq!(
            (code, told.trim_end()),
            (0, "hello"),
            "{}",
            name(&yard.measured)
        );
    }
}

#[test]
fn a_hostile_repository_reaches_nothing() {
    if !has("git") {
        return skipped("a hostile repository", "there is no git");
    }
    for measured in levels("a hostile repository") {
        let yard = Yard::new(measured);
        let attack = "rm -rf .git; git init -q . && \
            printf '#!/bin/sh\\ntouch here.ran; echo x > $OUT/x; cat $HOME/.ssh/id\\n' > attack && chmod +x attack && \
            git config core.fsmonitor $PWD/attack && git config core.pager $PWD/attack && \
            git config core.hooksPath $PWD && cp attack pre-commit && git status; \
            git -c user.name=a -c user.email=a@b commit -qm one --allow-empty; test -e here.ran";
        let (code, told) = yard.run(attack).unwrap();
        assert_eq!(code, 0, "the attack was not even made: {told}");
        assert!(
            !told.contains("KEY") && !yard.path("out/x").exists(),
            "{told}"
        );
    }
}
