//! What a run is asked: the words of the command line, and what was piped in behind them.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::command::Trouble;
use crate::engine::door::Door;
use crate::protocol::image::{Image, Source};
use crate::protocol::item::Block;
use crate::protocol::op::{Manage, Managed};

/// More than this fits no model.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// The prompt as blocks, which are joined by a blank line. `-`, or no words at all, means standard input.
pub fn blocks(
    words: Option<&str>,
    input: &mut dyn Read,
    input_is_terminal: bool,
) -> Result<Vec<Block>, Trouble> {
    let words = words.filter(|&words| words != "-");
    if words.is_none() && input_is_terminal {
        return Err(Trouble::usage(
            "no prompt: creel run \"what to do\", or pipe it in",
        ));
    }
    let piped = if input_is_terminal {
        String::new()
    } else {
        read(input)?
    };
    let mut blocks = Vec::new();
    if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
        blocks.push(Block::text(words));
    }
    let piped = piped.trim_end_matches(['\n', '\r']);
    if !piped.trim().is_empty() {
        blocks.push(if blocks.is_empty() {
            Block::text(piped)
        } else {
            Block::Paste {
                text: piped.to_owned(),
            }
        });
    }
    if blocks.is_empty() {
        return Err(Trouble::usage(
            "the prompt is empty: creel run \"what to do\", or pipe it in",
        ));
    }
    Ok(blocks)
}

/// Keeps the pictures in the log, where the prompt refers to them. The first that is none ends it.
/// `folder` is that of the run: a link in it leads to none outside.
pub async fn pictures(
    paths: &[PathBuf],
    folder: &Path,
    door: &Door,
) -> Result<Vec<Image>, Trouble> {
    let mut images = Vec::new();
    for path in paths {
        // Absolute, so that a name that begins with `~` or `file:` is that and nothing else.
        let path = std::path::absolute(path)
            .map_err(|error| Trouble::failed(format!("no picture {}: {error}", path.display())))?;
        let source = Source::File {
            path: path.to_string_lossy().into_owned(),
            folder: folder.to_owned(),
        };
        match door.manage(Manage::Attach { source }).await {
            Managed::Attached { image } => images.push(image),
            other => return Err(Trouble::undone(other)),
        }
    }
    Ok(images)
}

/// Bytes that are no UTF-8 become replacement characters: logs have such.
fn read(input: &mut dyn Read) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    input
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Trouble::failed(format!("cannot read standard input: {error}")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Trouble::usage(
            "standard input is longer than 16 MiB: name a file in the prompt instead",
        ));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::item::joined;

    #[test]
    fn words_and_what_is_piped_become_one_prompt() {
        type Case<'c> = (Option<&'c str>, Option<&'c str>, Result<&'c str, &'c str>);
        let cases: &[Case<'_>] = &[
            (Some("do it"), None, Ok("do it")),
            (Some("do it"), Some(""), Ok("do it")),
            (Some("do it"), Some("\n\n"), Ok("do it")),
            (Some("why?"), Some("error: x\r\n"), Ok("why?\n\nerror: x")),
            (Some("-"), Some("do it\n"), Ok("do it")),
            (None, Some("do it"), Ok("do it")),
            (Some(" "), Some("do it"), Ok("do it")),
            (
                Some("-"),
                Some(" \n"),
                Err("the prompt is empty: creel run \"what to do\", or pipe it in"),
            ),
            (
                Some(""),
                None,
                Err("the prompt is empty: creel run \"what to do\", or pipe it in"),
            ),
            (
                Some("-"),
                None,
                Err("no prompt: creel run \"what to do\", or pipe it in"),
            ),
            (
                None,
                None,
                Err("no prompt: creel run \"what to do\", or pipe it in"),
            ),
        ];
        for (words, piped, expected) in cases {
            let mut input = piped.unwrap_or_default().as_bytes();
            let found = blocks(*words, &mut input, piped.is_none());
            let found = found
                .map(|blocks| joined(&blocks))
                .map_err(|trouble| trouble.to_string());
            assert_eq!(
                found,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{words:?} {piped:?}"
            );
        }
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let found = blocks(Some("x"), &mut std::io::repeat(b'a'), false)
            .map_err(|trouble| trouble.to_string());
        assert_eq!(
            found,
            Err(
                "standard input is longer than 16 MiB: name a file in the prompt instead"
                    .to_owned()
            )
        );
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_it() {
        let found = blocks(Some("why?"), &mut &b"a\xffb"[..], false).map(|blocks| joined(&blocks));
        assert_eq!(found.ok(), Some("why?\n\na\u{fffd}b".to_owned()));
    }
}
