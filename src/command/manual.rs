//! The manual page before a person: by `man`, which pages it, else as plain text.

use std::io::Write;
use std::process::{Command, Stdio};

/// Where the page goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Somebody looks at it.
    Person,
    /// A program or a file takes it as it is written.
    Program,
}

/// Whether `man` showed it. There is none in many containers.
pub fn shown_by_man(page: &[u8]) -> bool {
    let mut man = Command::new("man");
    man.args(["-l", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null());
    let Ok(mut child) = man.spawn() else {
        return false;
    };
    // Who leaves the pager early has read enough.
    let sent = child.stdin.take().map(|mut pipe| pipe.write_all(page));
    drop(sent);
    child.wait().is_ok_and(|status| status.success())
}

/// The page without its marks, as far as Creel writes them.
pub fn plain(page: &str) -> String {
    let mut text = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let (mark, rest) = match line.split_once(' ') {
            _ if !line.starts_with('.') => ("", line),
            Some((mark, rest)) => (mark, rest),
            None => (line, ""),
        };
        let words = unmarked(rest);
        let words = words.trim_matches('"');
        match mark {
            "" if words.trim().is_empty() => {}
            "" => text.extend(["    ", words, "\n"]),
            ".SH" => text.extend(["\n", words, "\n"]),
            ".SS" => text.extend(["\n  ", words, "\n"]),
            ".TP" => {
                let name = lines.next().map(unmarked).unwrap_or_default();
                text.extend(["\n  ", name.trim(), "\n"]);
            }
            _ => {}
        }
    }
    text.trim_start().to_owned()
}

/// A line without its fonts, and with the signs that are written out.
fn unmarked(line: &str) -> String {
    let mut out = String::new();
    let mut signs = line.chars();
    while let Some(c) = signs.next() {
        match (c, c == '\\') {
            (_, false) => out.push(c),
            (_, true) => match signs.next() {
                Some('f') => {
                    signs.next();
                }
                Some('e') => out.push('\\'),
                // `\(aq` is an apostrophe.
                Some('(') => {
                    signs.nth(1);
                    out.push('\'');
                }
                Some('*') => {
                    let rest = signs.by_ref().nth(2);
                    out.extend(rest.map(|_| '\''));
                }
                Some('&') | None => {}
                Some(sign) => out.push(sign),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_page_is_read_without_its_marks() {
        let page = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n.TH creel 1\n.SH NAME\ncreel \\- agents\n.SH \"CREEL RUN\"\n.SS OPTIONS\n\
                    .TP\n\\fB\\-\\-model\\fR \\fI<MODEL>\\fR\nits a\\eb\n.br\n\n\\&.config\n";
        let expected = "NAME\n    creel - agents\n\nCREEL RUN\n\n  OPTIONS\n\n  --model <MODEL>\n    its a\\b\n    .config\n";
        assert_eq!(plain(page), expected);
    }
}
