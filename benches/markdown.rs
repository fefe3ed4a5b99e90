//! An answer of any length that looks like what models write: headings, prose, lists, tables, code. The same every time.

use std::fmt::Write as _;

use crate::support::Dice;

const WORDS: &[&str] = &[
    "after",
    "agent",
    "and",
    "answer",
    "approval",
    "before",
    "buffer",
    "cache",
    "command",
    "commit",
    "cost",
    "difference",
    "every",
    "for",
    "frame",
    "index",
    "latency",
    "memory",
    "message",
    "prefix",
    "price",
    "provider",
    "render",
    "row",
    "screen",
    "scroll",
    "session",
    "step",
    "stream",
    "terminal",
    "that",
    "the",
    "token",
    "tool",
    "tree",
    "until",
    "verify",
    "wait",
    "when",
    "while",
];

/// What no answer says by chance: it is written at the end.
pub const END: &str = "ENDOFTHEANSWER";

/// So many tokens of it, and [`END`]. A word with the blank before it is a token, and so is any other sign: about what the
/// vocabularies of the large models make of such a text.
pub fn tokens(count: usize) -> Vec<String> {
    let mut dice = Dice::new(7);
    let mut tokens = Vec::with_capacity(count + 2);
    let mut section = 1;
    while tokens.len() < count {
        tokens.extend(cut(&chapter(&mut dice, section)));
        section += 1;
    }
    tokens.truncate(count);
    // A block of code that was cut open is closed, so that the end is a line of text.
    let fences = tokens.iter().filter(|token| token.contains("```")).count();
    let close = if fences % 2 == 1 { "\n```\n\n" } else { "\n\n" };
    tokens.push(close.to_owned());
    tokens.push(END.to_owned());
    tokens
}

fn chapter(dice: &mut Dice, section: usize) -> String {
    let mut words = |least: u64, most: u64| {
        let count = least + dice.below(most - least);
        let words: Vec<&str> = (0..count)
            .map(|_| WORDS[usize::try_from(dice.below(WORDS.len() as u64)).unwrap()])
            .collect();
        words.join(" ")
    };
    let mut out = format!("## Section {section}: {}\n\n", words(3, 6));
    let (long, bold, code, more) = (words(30, 60), words(2, 4), words(1, 2), words(20, 40));
    let _ = write!(out, "{long}. **{bold}** and `{code}` then {more}.\n\n");
    for _ in 0..4 {
        let _ = writeln!(out, "- {} with *{}*", words(6, 14), words(1, 3));
    }
    if section.is_multiple_of(3) {
        out.push_str("\n| name | value | note |\n|---|---|---|\n");
        for row in 1..=4 {
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                words(1, 2),
                row * section,
                words(2, 5)
            );
        }
    }
    let comment = words(3, 7);
    let _ = write!(
        out,
        "\n```rust\nfn step_{section}(input: &str) -> Result<usize, Error> {{\n    let mut total = {section};\n    \
         for (i, c) in input.chars().enumerate() {{\n        total += i * c as usize; // {comment}\n    }}\n    \
         Ok(total)\n}}\n```\n\n"
    );
    for number in 1..=3 {
        let _ = writeln!(out, "{number}. {}", words(8, 14));
    }
    out.push('\n');
    out
}

fn cut(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let word = |c: char| c.is_alphanumeric();
    for c in text.chars() {
        let joins = tokens.last().is_some_and(|last| {
            let end = last.chars().last().unwrap_or('\n');
            match c {
                c if word(c) => word(end) || last == " ",
                // Blanks of an indentation are one token, and so are the signs of a fence.
                ' ' => last.trim_end_matches(' ').is_empty(),
                '`' | '-' => end == c,
                _ => false,
            }
        });
        match tokens.last_mut() {
            Some(last) if joins => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}
