//! What a call of git could harm: others' branches, changes that are not kept yet, history.

use crate::protocol::ask::Risk;

/// Options of git itself whose value is a word of its own.
const OWN_VALUES: &[&str] = &[
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--super-prefix",
    "--config-env",
    "--attr-source",
];

/// Options of a push whose value is a word of its own.
const PUSH_VALUES: &[&str] = &["-o", "--push-option", "--repo", "--receive-pack", "--exec"];

/// What the words behind `git` could harm.
pub(crate) fn git(words: &[String]) -> Option<(Risk, &'static str)> {
    let (own, rest) = subcommand(words);
    let told = rest
        .split_first()
        .and_then(|(name, words)| done(name, words));
    // A value of the config can name a program, or what is pushed by force.
    let configures = own
        .iter()
        .any(|word| word.starts_with("-c") || begins(word, "--config-env", 4));
    match told {
        None if configures => Some((
            Risk::Medium,
            "changes how git works, which may run programs",
        )),
        told => told,
    }
}

/// The options of git itself, and what begins with the word that says what is done.
fn subcommand(words: &[String]) -> (&[String], &[String]) {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += 1 + usize::from(OWN_VALUES.contains(&word.as_str()));
    }
    words.split_at(at.min(words.len()))
}

fn done(name: &str, words: &[String]) -> Option<(Risk, &'static str)> {
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let flag = |letter: char| words.iter().any(|word| letters(word).contains(letter));
    let forced = words.iter().any(|word| begins(word, "--force", 5)) || flag('f');
    let told = match name {
        "push" | "send-pack" => return Some(push(words)),
        "reset" if has("--hard") => (Risk::High, "throws changes away"),
        "clean" => (Risk::High, "deletes files git does not track"),
        "checkout" | "restore" | "switch" if forced || has(".") || has("--") => {
            (Risk::Medium, "may throw changes away")
        }
        "rebase" | "filter-branch" | "filter-repo" => (Risk::Medium, "rewrites history"),
        "commit" if has("--amend") => (Risk::Medium, "rewrites history"),
        "branch" if flag('D') => (Risk::Medium, "deletes a branch"),
        "config" => (
            Risk::Medium,
            "changes how git works, which may run programs",
        ),
        "pull" | "fetch" | "clone" | "submodule" => (Risk::Medium, "uses the network"),
        _ => return None,
    };
    Some(told)
}

/// By an option, or by the `+` or `:` before what is pushed.
fn push(words: &[String]) -> (Risk, &'static str) {
    let (mut deletes, mut rewrites, mut only_names) = (false, false, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if only_names || !word.starts_with('-') {
            // A single `:` is all that both sides have.
            let forced = word.strip_prefix('+');
            let pushed = forced.unwrap_or(word);
            deletes |= pushed.len() > 1 && pushed.starts_with(':');
            rewrites |= forced.is_some();
            continue;
        }
        only_names = word == "--";
        // Without a force, these follow one way only: what others have is in them.
        let follows = begins(word, "--follow-tags", 6);
        deletes |= letters(word).contains('d')
            || begins(word, "--delete", 4)
            || begins(word, "--prune", 5);
        rewrites |= letters(word).contains('f')
            || begins(word, "--mirror", 3)
            || (word.starts_with("--fo") && !follows);
        if PUSH_VALUES.contains(&word.as_str()) {
            words.next();
        }
    }
    match (deletes, rewrites) {
        (true, true) => (Risk::High, "rewrites and deletes what others have"),
        (true, false) => (Risk::High, "deletes what others have"),
        (false, true) => (Risk::High, "rewrites what others have"),
        (false, false) => (Risk::Medium, "sends commits away"),
    }
}

/// The letters of options in one word; what stands behind `-o` is its value.
fn letters(word: &str) -> &str {
    let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
        return "";
    };
    letters.split('o').next().unwrap_or(letters)
}

/// Whether a word is a long option, which git takes by its beginning: of at least `least` signs, lest it be another.
fn begins(word: &str, option: &str, least: usize) -> bool {
    let given = word.split('=').next().unwrap_or(word);
    given.len() >= least && option.starts_with(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_is_told_apart_from_what_is_only_sent() {
        let sends = "sends commits away";
        let rewrites = "rewrites what others have";
        let deletes = "deletes what others have";
        let both = "rewrites and deletes what others have";
        for (line, expected) in [
            ("push", sends),
            ("push origin main", sends),
            ("push -u origin main:main", sends),
            ("push -q --follow-tags --tags", sends),
            ("push origin :", sends),
            ("push -o ci.skip origin main", sends),
            ("push -oforce origin main", sends),
            ("push --push-option +x origin main", sends),
            ("push --progress --porcelain --dry-run", sends),
            ("push git@example.com:x/y.git main", sends),
            ("push --force", rewrites),
            ("push --forc", rewrites),
            ("push --force-with-lease", rewrites),
            ("push --force-with-lease=main:abc origin main", rewrites),
            ("push -f origin main", rewrites),
            ("push -uf origin main", rewrites),
            ("push origin +main", rewrites),
            ("push origin +HEAD:main", rewrites),
            ("push origin main +x:y", rewrites),
            ("push -- origin +main", rewrites),
            ("push origin +:", rewrites),
            ("push --mirror", rewrites),
            ("push --m", rewrites),
            ("push -C . +x", rewrites),
            ("-C sub push -f", rewrites),
            ("--git-dir x --no-pager push origin +main", rewrites),
            ("send-pack --force origin main", rewrites),
            ("push origin :main", deletes),
            ("push origin :refs/tags/v1", deletes),
            ("push origin --delete main", deletes),
            ("push --del origin main", deletes),
            ("push -d origin main", deletes),
            ("push -qd origin main", deletes),
            ("push --prune origin", deletes),
            ("push origin +:main", both),
            ("push --force --prune", both),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let risk = if expected == sends {
                Risk::Medium
            } else {
                Risk::High
            };
            assert_eq!(git(&words), Some((risk, expected)), "{line}");
        }
    }

    #[test]
    fn what_git_does_is_found_behind_its_own_options() {
        let config = "changes how git works, which may run programs";
        for (line, expected) in [
            ("status", None),
            ("", None),
            ("-C", None),
            ("--no-pager log", None),
            ("--version", None),
            ("commit -m x", None),
            (
                "-C x reset --hard",
                Some((Risk::High, "throws changes away")),
            ),
            (
                "-c a=b clean",
                Some((Risk::High, "deletes files git does not track")),
            ),
            ("-c alias.x=!sh x", Some((Risk::Medium, config))),
            ("-calias.x=!sh x", Some((Risk::Medium, config))),
            ("config a b", Some((Risk::Medium, config))),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert_eq!(git(&words), expected, "{line}");
        }
    }
}
