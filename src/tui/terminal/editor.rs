//! How editors are told a line.

use std::path::Path;

/// How an editor takes a file and a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `+LINE FILE`
    Plus,
    /// `FILE:LINE`
    Colon,
    /// `--goto FILE:LINE`
    Goto,
    /// `--line LINE FILE`
    Line,
}

/// Editors by the name of their program; whether one has a window of its own and leaves the terminal alone.
const EDITORS: &[(&str, Form, bool)] = &[
    ("vi", Form::Plus, false),
    ("vim", Form::Plus, false),
    ("view", Form::Plus, false),
    ("nvim", Form::Plus, false),
    ("gvim", Form::Plus, true),
    ("hx", Form::Colon, false),
    ("helix", Form::Colon, false),
    ("emacs", Form::Plus, false),
    ("emacsclient", Form::Plus, false),
    ("nano", Form::Plus, false),
    ("micro", Form::Plus, false),
    ("kak", Form::Plus, false),
    ("kakoune", Form::Plus, false),
    ("joe", Form::Plus, false),
    ("mg", Form::Plus, false),
    ("ne", Form::Plus, false),
    ("code", Form::Goto, true),
    ("code-insiders", Form::Goto, true),
    ("codium", Form::Goto, true),
    ("cursor", Form::Goto, true),
    ("windsurf", Form::Goto, true),
    ("zed", Form::Colon, true),
    ("zeditor", Form::Colon, true),
    ("subl", Form::Colon, true),
    ("kate", Form::Line, true),
];

/// An editor's command line for a file, and whether the terminal is its own while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub argv: Vec<String>,
    pub in_terminal: bool,
}

/// `editor`: its program and what is always given to it; never empty.
pub fn call(editor: &[String], file: &Path, line: u64) -> Call {
    let program = editor.first().map(String::as_str).unwrap_or_default();
    let name = Path::new(program)
        .file_name()
        .and_then(|name| name.to_str());
    let known = EDITORS.iter().find(|(known, ..)| Some(*known) == name);
    // A path that begins with a dash would be taken for an option.
    let path = match file.display().to_string() {
        path if path.starts_with('-') => format!("./{path}"),
        path => path,
    };
    let mut argv = editor.to_vec();
    match known.map(|(_, form, _)| *form) {
        Some(Form::Plus) => argv.extend([format!("+{line}"), path]),
        Some(Form::Colon) => argv.push(format!("{path}:{line}")),
        Some(Form::Goto) => argv.extend(["--goto".to_owned(), format!("{path}:{line}")]),
        Some(Form::Line) => argv.extend(["--line".to_owned(), line.to_string(), path]),
        // One that is not known is given the file alone.
        None => argv.push(path),
    }
    let waits = editor.iter().any(|word| word == "--wait" || word == "-w");
    Call {
        argv,
        in_terminal: !known.is_some_and(|(.., window)| *window) || waits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        let cases = [
            ("vim", "vim +41 a/b.rs", true),
            (
                "/usr/bin/nvim -u NONE",
                "/usr/bin/nvim -u NONE +41 a/b.rs",
                true,
            ),
            ("hx", "hx a/b.rs:41", true),
            ("emacsclient -t", "emacsclient -t +41 a/b.rs", true),
            ("nano", "nano +41 a/b.rs", true),
            ("micro", "micro +41 a/b.rs", true),
            ("kak", "kak +41 a/b.rs", true),
            ("code", "code --goto a/b.rs:41", false),
            ("code --wait", "code --wait --goto a/b.rs:41", true),
            ("zed", "zed a/b.rs:41", false),
            ("kate", "kate --line 41 a/b.rs", false),
            ("ed", "ed a/b.rs", true),
        ];
        for (editor, expected, in_terminal) in cases {
            let words: Vec<String> = editor.split(' ').map(str::to_owned).collect();
            let call = call(&words, Path::new("a/b.rs"), 41);
            assert_eq!(call.argv.join(" "), expected);
            assert_eq!(call.in_terminal, in_terminal, "{editor}");
        }
        let dash = call(&["vi".to_owned()], Path::new("-x"), 1);
        assert_eq!(dash.argv, ["vi", "+1", "./-x"]);
    }
}
