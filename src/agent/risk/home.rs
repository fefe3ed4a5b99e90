//! Files of the home folder that a line writes, as `~` and `$HOME` stand for it: where they are all that a shell would put in the
//! place of something, what is written is known although the line is not.

use crate::agent::background::unquoted;

/// What a home begins with, as it is written.
const HOMES: &[&str] = &["~/", "$HOME/", "${HOME}/"];

/// The files behind `>` and `>>`, each below the home, but for those within a text in quotes.
pub(crate) fn written(line: &str) -> Vec<&str> {
    let bare = unquoted(line);
    let signs = bare.iter().enumerate().filter(|(_, byte)| **byte == b'>');
    let behind = signs.filter_map(|(at, _)| line.get(at + 1..));
    behind.filter_map(below_home).collect()
}

/// The file that begins here, from its home on.
fn below_home(behind: &str) -> Option<&str> {
    let file = behind.trim_start_matches(['|', '&', ' ', '\t']);
    // In quotes `~` is a name like others.
    let file = match file.strip_prefix('"') {
        Some(quoted) => Some(quoted).filter(|quoted| quoted.starts_with('$'))?,
        None => file,
    };
    let ends = |c: char| c.is_whitespace() || "\"';|&<)`".contains(c);
    let file = file.split(ends).next()?;
    let below = HOMES.iter().find_map(|home| file.strip_prefix(home))?;
    (!below.is_empty() && !below.contains(['$', '*', '?', '['])).then_some(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_below_the_home_is_known() {
        for (line, expected) in [
            ("echo x > ~/.bashrc", vec![".bashrc"]),
            (
                "echo x >>~/.bashrc; echo y >|$HOME/a/b",
                vec![".bashrc", "a/b"],
            ),
            ("echo x &> \"${HOME}/c\"", vec!["c"]),
            ("echo x 2>&1", vec![]),
            ("echo x > ~", vec![]),
            ("echo x > $X/y", vec![]),
            ("echo x > ~/$Y", vec![]),
            ("echo x > y~/z", vec![]),
            ("cat ~/x", vec![]),
            ("for f in a; do echo \"$f -> ~/bin\"; done", vec![]),
            ("for f in a; do echo 'b > ~/c' >> ~/d; done", vec!["d"]),
            ("echo x >\"~/x\"", vec![]),
            ("for f in a; do sh -c 'echo x > ~/.y'; done", vec![".y"]),
            ("echo \"$(echo x > ~/.y)\"", vec![".y"]),
            ("echo \"$(echo \"a\" > ~/.y)\"", vec![".y"]),
            ("echo \"a\nb\" > ~/.y \"c\"", vec![".y"]),
            ("cat <<E\nit's\nE\necho x > ~/.y; echo 'z'", vec![".y"]),
        ] {
            assert_eq!(written(line), expected, "{line}");
        }
    }
}
