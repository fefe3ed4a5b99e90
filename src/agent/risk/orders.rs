//! Whether an interpreter takes what it runs from its input: told by its words, of which only those count that are known to
//! name nothing to run.

/// Options of one letter each, those that have the next word as their value, and long ones, by how they begin.
struct Family {
    programs: &'static [&'static str],
    letters: &'static str,
    valued: &'static [&'static str],
    long: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        programs: &["sh", "bash", "zsh", "dash", "ksh", "fish"],
        letters: "esxulifvabkmnprtBCEHPT",
        valued: &["-o", "+o", "-O", "+O"],
        long: &["--login", "--no", "--posix", "--restricted", "--verbose"],
    },
    Family {
        programs: &["python", "python3"],
        letters: "uBEIsSqOidbxP",
        valued: &["-W", "-X"],
        long: &[],
    },
    Family {
        programs: &["perl", "ruby"],
        letters: "wWnplasTUS",
        valued: &[],
        long: &[],
    },
    Family {
        programs: &["node"],
        letters: "i",
        valued: &["-r", "--require", "--import"],
        long: &[
            "--input-type",
            "--interactive",
            "--experimental",
            "--harmony",
            "--inspect",
            "--no",
            "--trace",
        ],
    },
    Family {
        programs: &["php"],
        letters: "nq",
        valued: &["-d"],
        long: &[],
    },
];

/// Whether these words of an interpreter name neither a script nor a text, nor ask for something else.
pub(crate) fn from_input(name: &str, words: &[String]) -> bool {
    let Some(family) = FAMILIES
        .iter()
        .find(|family| family.programs.contains(&name))
    else {
        return false;
    };
    let is_shell = family.programs.contains(&"sh");
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if word == "-" || word == "/dev/stdin" {
            return true;
        }
        if family.valued.contains(&word) {
            words.next();
            continue;
        }
        if word.starts_with("--") {
            if word == "--" || family.long.iter().any(|long| word.starts_with(long)) {
                continue;
            }
            return false;
        }
        let Some(letters) = word.strip_prefix('-').or_else(|| word.strip_prefix('+')) else {
            return false;
        };
        if !letters
            .chars()
            .all(|letter| family.letters.contains(letter))
        {
            return false;
        }
        // Words behind it are for what comes.
        if is_shell && letters.contains('s') {
            return true;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_from_the_input_are_told_from_those_in_the_words() {
        for (line, expected) in [
            ("sh", true),
            ("bash -s -- a", true),
            ("bash -ex", true),
            ("bash -o pipefail", true),
            ("bash --norc", true),
            ("python3 -", true),
            ("python3 - a b", true),
            ("python3 -u", true),
            ("node --input-type=module", true),
            ("perl -w", true),
            ("php", true),
            ("bash x.sh", false),
            ("bash -c x", false),
            ("node --test", false),
            ("node --run lint", false),
            ("node -v", false),
            ("php -m", false),
            ("python3 -mpytest", false),
            ("python3 -m pytest", false),
            ("python3 -VV", false),
            ("python3 --version", false),
            ("perl -v", false),
            ("ls", false),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(from_input(&words[0], &words[1..]), expected, "{line}");
        }
    }
}
