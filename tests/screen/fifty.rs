//! Fifty transcripts: what is selected and copied by the keys is the text itself, byte for byte, whatever it looks like on
//! the screen and however wide that is.

use creel::protocol::call::{Detail, Outcome};
use creel::protocol::item::{Block, Item, Origin};
use creel::tui::app::copying::Deed;
use creel::tui::app::message::Cmd;
use creel::tui::app::transcript::LIVE;
use crossterm::event::KeyCode;

use super::desk::Desk;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Answer,
    Prompt,
    Paste,
    Thought,
    Notice,
    /// A command with this output.
    Output,
    /// A patch of `src/a.rs`.
    Patch,
    /// What a person ran.
    Shell,
}

use Kind::{Answer, Notice, Output, Paste, Patch, Prompt, Shell, Thought};

#[rustfmt::skip]
const FIFTY: &[(&str, Kind, &str)] = &[
    ("a line", Answer, "The header now wins."),
    ("blank lines at its end", Answer, "One.\n\nTwo.\n\n\n"),
    ("blanks at the ends of lines", Answer, "One  \ntwo \n\nthree\t\n"),
    ("a long line", Answer, "The header now wins over the computed back-off, capped at `self.cap`, and both forms are tested: delta-seconds and the date form of HTTP, which is older and which some servers still send today.\n"),
    ("a word without end", Answer, "https://example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b?c=d"),
    ("soft line ends", Answer, "one\ntwo\nthree\n\nfour\n  five\n"),
    ("marks of all kinds", Answer, "# Head *em*\n\n**bold** _it_ ~~no~~ `code` and \\*stars\\*\n\n***\n\nend\n"),
    ("links", Answer, "See [the page](http://x.y/tree \"title\") and <http://a.b>, then the end.\n\nNext [one][1].\n\n[1]: http://c.d\n"),
    ("entities", Answer, "a &amp; b &lt;c&gt; &#x6c49;\n"),
    ("markup", Answer, "<details>\n<summary>x</summary>\n\ny<br>z\n\n</details>\n<!-- gone -->\n"),
    ("code", Answer, "```rust\nfn main() {\n    let x = \"汉\"; // why\n\n    loop {}\n}\n```\n"),
    ("code between words", Answer, "Do this:\n\n```sh\ncargo test -p http retry -- --nocapture --test-threads=1 --skip slow_tests_that_take_long\n```\n\nand that.\n"),
    ("code with tabs", Answer, "```go\nfunc a() {\n\tif b {\n\t\treturn\t1\n\t}\n}\n```\n"),
    ("code without its end", Answer, "Look:\n\n~~~\nlet a;\n\n\n"),
    ("code in code", Answer, "````md\n```sh\nls\n```\n````\n"),
    ("indented code", Answer, "text\n\n    code\n      more\n\n    end\n"),
    ("an empty fence", Answer, "a\n\n```\n```\n\nb\n"),
    ("a table", Answer, "| name | what it does | n |\n|---|:-:|--:|\n| cap | the longest sleep | 30 |\n| b | `x` | 2 |\n"),
    ("a table that is too wide", Answer, "| name | what it does and why it does it in this way and no other |\n|--|--|\n| cap | the longest sleep that there may be, whatever the header says about it |\n\nend\n"),
    ("a table with 汉字", Answer, "| 汉字 | 👩\u{200d}💻 |\n|---|---|\n| 重试 | é |\n"),
    ("nested lists", Answer, "- one\n  - two\n    1. three\n    2. four\n\n       more\n- five\n"),
    ("loose lists", Answer, "1. a\n\n2. b\n\n   ```\n   code\n   ```\n\n10. c\n"),
    ("things to do", Answer, "- [ ] open\n- [x] done\n* other\n+ third\n"),
    ("quotes", Answer, "> said\n> > twice\n>\n> - in a list\n\nafter\n"),
    ("中文", Answer, "标头现在优先于计算出的退避时间，上限为三十秒。\n两种形式都有测试：秒数，以及日期。\n\n还有一个问题：没有标头的响应应该怎么办？\n"),
    ("日本語 without blanks", Answer, "これは「とても」長い一行で、どこにも空白がありませんので、画面の幅で折り返される必要がありますが、複写されたものには改行が入りません。"),
    ("emoji", Answer, "👩\u{200d}💻 👨\u{200d}👩\u{200d}👧 🇩🇪 👍🏽 ✅ ☎\u{fe0f}\n"),
    ("combining marks", Answer, "e\u{301}tude n\u{303} a\u{308}\u{323} ก็ ที่ हिन्दी\n"),
    ("right to left", Answer, "שלום world عربي 123\n"),
    ("line ends of two characters", Answer, "one\r\ntwo\r\n\r\n```\r\na\r\n\tb\r\n```\r\n"),
    ("mixed line ends", Answer, "one\r\ntwo\nthree\r\n"),
    ("only blank lines within", Answer, "a\n\n\n\n\nb"),
    ("a prompt", Prompt, "Make the retry policy honour Retry-After; tests too"),
    ("a prompt of lines", Prompt, "Do:\n  1. this\n\n\tand\tthat\n\n"),
    ("a prompt with line ends of two", Prompt, "a\r\nb\r\n"),
    ("a prompt of one long 汉字 line", Prompt, "请把重试策略改成遵守标头并且写测试请把重试策略改成遵守标头并且写测试请把重试策略改成遵守标头并且写测试请把重试策略改成遵守标头"),
    ("a paste, folded", Paste, "line 1\n\tline 2\n\n  line 4   \nline 5\n"),
    ("a thought, folded", Thought, "First I look.\n\nThen  I   think.\n"),
    ("a notice", Notice, "the model was asked to compact; it was not needed after all, since the conversation is still short enough"),
    ("an output", Output, "running 9 tests\ntest a ... ok\n"),
    ("a long output, folded", Output, "1\n2\n\n4\n5 \n6\n\t7\n8\n9\n10\n\n\n"),
    ("an output of one endless line", Output, "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"),
    ("columns by tabs", Output, "a\tb\tc\nlong name\tx\t汉\ty\n\t\tz\n"),
    ("an output with line ends of two", Output, "one\r\ntwo\r\n\r\nthree\r\n"),
    ("an output that names places", Output, "error[E0308]: mismatched types\n  --> src/http/retry.rs:41:9\n   |\n41 |         base * 2\n   |         ^^^^^^^^\n"),
    ("boxes in an output", Output, "┌──┐\n│ab│\n└──┘\n▸ more …\n"),
    ("a patch", Patch, "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,3 +1,4 @@ fn a\n fn a() {\n-    let b = 1;\n+    let b = 2;\n+\tlet c;\n }\n"),
    ("a long patch, folded", Patch, "@@ -1,2 +1,12 @@\n a\n+1\n+2\n+3\n+4\n+5\n+6\n+7\n+8\n+9\n+10\n-x\n\\ No newline at end of file\n"),
    ("a patch of blank lines and signs", Patch, "@@ -1,4 +1,4 @@\n \n--- x\n+++ x\n-\n+\n \n"),
    ("what a person ran", Shell, "total 4\n-rw-r--r-- 1 ada ada  12 a.txt\n"),
];

fn put(desk: &mut Desk, kind: Kind, text: &str) -> String {
    let text = text.to_owned();
    match kind {
        Answer => desk.item(Item::Answer {
            text: text.clone(),
            cut: false,
            opaque: None,
        }),
        Prompt | Paste => {
            let block = match kind {
                Paste => Block::Paste { text: text.clone() },
                _ => Block::text(&text),
            };
            desk.item(Item::Prompt {
                blocks: vec![block],
                origin: Origin::Person,
            });
        }
        Thought => desk.item(Item::Thought {
            text: text.clone(),
            opaque: None,
        }),
        Notice => desk.item(Item::Notice { text: text.clone() }),
        Output => {
            let mut outcome = Outcome::done(text.clone());
            outcome.exit = Some(0);
            let command = "for i in 1 2; do\n\techo $i\ndone";
            let arguments = serde_json::json!({ "command": command }).to_string();
            desk.done(1, "bash", &arguments, outcome);
            return format!("{command}\n{text}");
        }
        Patch => {
            let mut outcome = Outcome::done("changed");
            outcome.detail = Detail::Diff {
                path: "src/a.rs".to_owned(),
                patch: text.clone(),
                added: 1,
                removed: 1,
                created: false,
            };
            desk.done(1, "edit", r#"{"path":"src/a.rs"}"#, outcome);
            return format!("src/a.rs\n{text}");
        }
        Shell => {
            let mut outcome = Outcome::done(text.clone());
            outcome.exit = Some(0);
            desk.item(Item::Shell {
                command: "ls -l".to_owned(),
                outcome,
            });
            return format!("ls -l\n{text}");
        }
    }
    text
}

/// What the last key copied.
fn copied(cmds: &[Cmd]) -> Option<&str> {
    cmds.iter().find_map(|cmd| match cmd {
        Cmd::Read(Deed::Copy { text, .. }) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn fifty_transcripts_are_copied_byte_for_byte() {
    assert_eq!(FIFTY.len(), 50);
    let mut wrong = Vec::new();
    for (name, kind, text) in FIFTY {
        for size in [(100, 30), (40, 20)] {
            for unfolded in [false, true] {
                let mut desk = Desk::running(size);
                let said = put(&mut desk, *kind, text);
                desk.press(KeyCode::Esc);
                if unfolded {
                    desk.typed("zR");
                }
                desk.typed("ggxG");
                let cmds = desk.pressed(KeyCode::Char('y'));
                let first = "Make the retry policy honour Retry-After; tests too";
                let expected = format!("{first}\n\n{said}");
                if copied(&cmds) != Some(&expected) {
                    wrong.push(format!(
                        "{name} at {size:?}, unfolded {unfolded}:\n{:?}\n{expected:?}\n{}",
                        copied(&cmds),
                        desk.text()
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn blocks_are_copied_as_they_were_written() {
    let patch = "@@ -1 +1 @@\n-a\n+b\n";
    let cases = [
        // What, then the keys, then what is copied.
        (
            Answer,
            "Do:\n\n```sh\ncargo test\n\techo\n```\n\nEnd.\n",
            "G{y",
            "cargo test\n\techo",
        ),
        (
            Answer,
            "One **two**.\n\nEnd.\n",
            "Gy",
            "One **two**.\n\nEnd.\n",
        ),
        (Output, "a\n\nb\n", "Gy", "a\n\nb\n"),
        (
            Output,
            "a\n\nb\n",
            "G{y",
            "for i in 1 2; do\n\techo $i\ndone",
        ),
        (Patch, patch, "Gy", patch),
        (Patch, patch, "G{p", "src/a.rs:1"),
        (Prompt, "a\n\tb\n", "Gy", "a\n\tb\n"),
        // Lines, and characters.
        (Answer, "```\na b\nc d\ne f\n```\n", "Gkxky", "a b\nc d"),
        (Answer, "```\na b\nc d\ne f\n```\n", "Gkwvjy", "d\ne f"),
        (
            Answer,
            "x\n\n```\na\n```\n\ny\n",
            "Gkkxjy",
            "x\n\n```\na\n```",
        ),
        (Answer, "one 汉字 two", "G0wvly", "汉字"),
        (Answer, "one two three", "G0wv$y", "two three"),
    ];
    for (kind, text, keys, expected) in cases {
        let mut desk = Desk::running((100, 30));
        put(&mut desk, kind, text);
        desk.press(KeyCode::Esc);
        let mut last = Vec::new();
        for key in keys.chars() {
            last = desk.pressed(KeyCode::Char(key));
        }
        let said = copied(&last).unwrap_or_default();
        assert_eq!(said, expected, "{text:?} {keys}");
    }
}

#[test]
fn what_was_selected_while_it_streamed_is_copied_byte_for_byte() {
    let answers = FIFTY.iter().filter(|(_, kind, _)| matches!(kind, Answer));
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (name, kind, text) in answers {
        for size in [(100, 30), (40, 20)] {
            let mut desk = Desk::running(size);
            let half = text.floor_char_boundary(text.len() / 2);
            desk.stream(&text[..half]);
            desk.press(KeyCode::Esc);
            desk.typed("gg}");
            if desk.app.place_of_caret().map(|(seq, _)| seq) != Some(LIVE) {
                // Nothing of it is to be seen yet.
                continue;
            }
            tried += 1;
            desk.typed("x");
            desk.stream(&text[half..]);
            put(&mut desk, *kind, text);
            desk.typed("G");
            let cmds = desk.pressed(KeyCode::Char('y'));
            if copied(&cmds) != Some(*text) {
                wrong.push(format!(
                    "{name} at {size:?}:\n{:?}\n{text:?}",
                    copied(&cmds)
                ));
            }
        }
    }
    assert!(tried > 50, "only {tried} were tried");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
