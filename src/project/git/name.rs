//! The name of a worktree: of its branch, and of its folder.

/// Longer ones are no names; a folder's may have 255 bytes.
const LONGEST: usize = 100;
/// Of a text so many words make a name.
const WORDS: usize = 4;
const WORD_LENGTH: usize = 16;
/// Numbers that are tried for a free one.
const NUMBERS: u32 = 1_000;

/// Why a text cannot be the name of a branch and of a folder; narrower than git itself.
pub fn fault(name: &str) -> Option<String> {
    let why = if name.is_empty() {
        "a worktree needs a name"
    } else if name.len() > LONGEST {
        "this name is too long"
    } else if !name
        .chars()
        .all(|c| c.is_alphanumeric() || "-_./".contains(c))
    {
        "a name has letters, digits and - _ . / only"
    } else if name.starts_with(['-', '.', '/']) || name.ends_with(['.', '/', '-']) {
        "a name begins with a letter or digit and ends with one"
    } else if name.contains("..")
        || name.contains("//")
        || name.contains("/.")
        || name.contains("/-")
    {
        "a name has no .. // /. or /- in it"
    } else if name
        .split('/')
        .any(|part| part.to_lowercase().ends_with(".lock"))
        || name == "HEAD"
    {
        "this name means something else to git"
    } else {
        return None;
    };
    Some(format!("{why}: try another"))
}

/// The folder's name: a branch may have slashes.
pub fn folder(name: &str) -> String {
    name.replace('/', "-")
}

/// The first words of a text as a name; empty where it has none that could be one.
pub fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(|word| {
            word.to_ascii_lowercase()
                .chars()
                .take(WORD_LENGTH)
                .collect()
        })
        .collect();
    words.join("-")
}

/// A name nobody has taken: the wish itself, else `wish-2` and so on; without a wish `project-1` and so on.
pub fn free(wish: &str, project: &str, taken: impl Fn(&str) -> bool) -> String {
    let (base, first) = if wish.is_empty() {
        let base = slug(project);
        (
            if base.is_empty() {
                "work".to_owned()
            } else {
                base
            },
            1,
        )
    } else if !taken(wish) {
        return wish.to_owned();
    } else {
        (wish.to_owned(), 2)
    };
    (first..NUMBERS)
        .map(|number| format!("{base}-{number}"))
        .find(|name| !taken(name))
        .unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_branch_and_a_folder_is_a_name() {
        for good in ["flaky-3", "fix/retry_2", "v1.2", "两个字", "a"] {
            assert_eq!(fault(good), None, "{good}");
        }
        let long = "x".repeat(101);
        let hostile = [
            "",
            "-f",
            "--force",
            "../x",
            "a/../b",
            "/etc",
            ".git",
            "a/.git",
            "a b",
            "a;b",
            "$(x)",
            "a\nb",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "[a]",
            "a\\b",
            "@{u}",
            "HEAD",
            "a.lock",
            "a.LOCK/b",
            "a/",
            "a.",
            "a-",
            "a//b",
            "a/-b",
            "\u{202e}x",
            "\u{1b}[2J",
            long.as_str(),
        ];
        for bad in hostile {
            assert!(fault(bad).is_some(), "{bad:?}");
        }
        assert_eq!(folder("fix/retry"), "fix-retry");
    }

    #[test]
    fn a_free_name_is_found() {
        let taken = |name: &str| ["flaky", "flaky-1", "flaky-2", "mend-it"].contains(&name);
        let cases = [
            ("", "flaky", "flaky-3"),
            ("", "…", "work-1"),
            ("mend-it", "flaky", "mend-it-2"),
            ("new", "flaky", "new"),
        ];
        for (wish, project, expected) in cases {
            assert_eq!(free(wish, project, taken), expected);
        }
        assert_eq!(
            slug("Find out why 7 of 50 runs fail; do not"),
            "find-out-why-7"
        );
        assert_eq!(slug("修好它"), "");
    }
}
