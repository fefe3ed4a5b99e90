//! What an approval of a command is bound to beside its words: the programs and scripts that the words name when it is asked.
//! Which these are is worked out here; what they are now, the engine looks up.

use std::path::{Path, PathBuf};

use crate::agent::carrier::{self, Telling};
use crate::agent::command_line::{self, Part};

/// Files of one command line that are looked at.
const MOST: usize = 32;

/// A file that a command line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As it is told to a person.
    pub word: String,
    /// Where it is looked for.
    pub at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// A program, by its name alone: wherever the system finds it.
    Program,
    /// A program by its path.
    ProgramAt(PathBuf),
    /// It may be a script or what a program reads its orders from; where it is no file it is nothing.
    Operand(PathBuf),
}

/// The files that a line names, in their order. Of one that is not understood there are none: it is bound by its words and its
/// folder alone.
pub fn named(line: &str, cwd: &Path) -> Vec<Named> {
    let Ok(parts) = command_line::split(line) else {
        return Vec::new();
    };
    let mut here = Some(cwd.to_owned());
    let mut found = Vec::new();
    for part in &parts {
        of_part(part, here.as_deref(), &mut found);
        here = here.and_then(|here| after(part, &here));
    }
    found.truncate(MOST);
    found
}

/// The folder that the rest of the line runs in; none where that is known only when it runs.
fn after(part: &Part, here: &Path) -> Option<PathBuf> {
    match part.words.as_slice() {
        [cd, to] if cd == "cd" => {
            let plain = part.open.is_empty() && part.wild.is_empty() && !to.starts_with(['-', '~']);
            plain.then(|| here.join(to))
        }
        [cd, ..] if matches!(cd.as_str(), "cd" | "pushd" | "popd") => None,
        _ => Some(here.to_owned()),
    }
}

fn of_part(part: &Part, here: Option<&Path>, found: &mut Vec<Named>) {
    let Some(program) = part.words.first() else {
        return;
    };
    let mut add = |word: &str, at: At| {
        found.push(Named {
            word: word.to_owned(),
            at,
        });
    };
    if !program.contains('/') {
        add(program, At::Program);
    } else if let Some(here) = here {
        add(program, At::ProgramAt(here.join(program)));
    }
    // What runs others, or text, is told by its operands what to run.
    if carrier::telling(part) == Telling::Words(Vec::new()) {
        return;
    }
    let Some(here) = here else { return };
    for (index, word) in part.words.iter().enumerate().skip(1) {
        let plain = !word.starts_with('-') && !word.is_empty() && !part.open.contains(&index);
        if plain && word.len() < 1024 && !word.contains('\n') {
            add(word, At::Operand(here.join(word)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn programs_and_what_they_are_told_to_run_are_named() {
        let program = |word: &str| (word.to_owned(), At::Program);
        let at = |word: &str, path: &str| (word.to_owned(), At::ProgramAt(path.into()));
        let operand = |word: &str, path: &str| (word.to_owned(), At::Operand(path.into()));
        let cases = [
            ("ls src", vec![program("ls")]),
            ("./run.sh -v", vec![at("./run.sh", "/srv/./run.sh")]),
            (
                "sh run.sh && cargo test",
                vec![
                    program("sh"),
                    operand("run.sh", "/srv/run.sh"),
                    program("cargo"),
                ],
            ),
            (
                "cd sub && python3 -u x.py",
                vec![
                    program("cd"),
                    program("python3"),
                    operand("x.py", "/srv/sub/x.py"),
                ],
            ),
            ("cd $X && sh x", vec![program("cd"), program("sh")]),
            (
                "env A=1 /bin/tool",
                vec![
                    program("env"),
                    operand("A=1", "/srv/A=1"),
                    operand("/bin/tool", "/bin/tool"),
                ],
            ),
            ("for i in a; do sh x; done", Vec::new()),
        ];
        for (line, expected) in cases {
            let found = named(line, Path::new("/srv")).into_iter();
            let found: Vec<_> = found.map(|named| (named.word, named.at)).collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}
