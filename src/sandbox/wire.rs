//! What is said between Creel and its helper, over the socket that is the helper's standard input: a request, then one byte that
//! lets it go; back comes one byte once the walls are up, or one line that says what failed.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::sandbox::plan::Plan;

/// The word that makes of Creel its helper. Nobody types it: without the socket it ends with a line that says so.
pub const OUTER: &str = "--within-walls";
/// The same a second time, within the namespaces.
pub const INNER: &str = "--within-namespaces";

/// Lets the helper go on.
pub(crate) const GO: u8 = b'>';
/// The walls are up, and the command begins.
pub(crate) const UP: u8 = b'+';
/// What follows says what failed.
pub(crate) const FAILED: u8 = b'!';
/// What follows tells what a canary could do.
pub(crate) const TOLD: u8 = b'=';

/// A request is a plan: some paths. A longer one was not sent by Creel.
const LONGEST: u32 = 4 << 20;

/// What the helper shall do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Become the command.
    Run { plan: Plan },
    /// Try what is forbidden, and tell what came of it.
    Canary { plan: Plan, bait: Bait },
}

impl Request {
    pub(crate) fn plan(&self) -> &Plan {
        match self {
            Self::Run { plan } | Self::Canary { plan, .. } => plan,
        }
    }
}

/// What a canary tries to get at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bait {
    /// A folder that the plan lets it write.
    pub(crate) inside: PathBuf,
    /// A folder that it is to keep out of.
    pub(crate) outside: PathBuf,
    /// A process that is none of its own.
    pub(crate) process: u32,
    /// The namespace of processes where that is, as the kernel names it.
    pub(crate) processes: Option<String>,
}

/// A request with its length before it, so that exactly it is read and nothing of what follows.
pub(crate) fn frame(request: &Request) -> io::Result<Vec<u8>> {
    let body = serde_json::to_vec(request)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(body);
    Ok(bytes)
}

pub(crate) fn read(from: &mut impl Read) -> io::Result<Request> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(io::Error::other("what it was sent is no request"));
    }
    let mut body = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}

/// Waits for the byte that lets the helper go. `false`: Creel is gone, or wants the command no more.
pub(crate) fn wait_for_go(from: &mut impl Read) -> bool {
    let mut byte = [0];
    loop {
        match from.read(&mut byte) {
            Ok(1) => return byte[0] == GO,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return false,
        }
    }
}

/// Tells what failed, in one line.
pub(crate) fn fail(to: &mut impl Write, why: &str) {
    let line: String = why
        .chars()
        .map(|c| if c == '\n' { ' ' } else { c })
        .collect();
    // Nobody is left to be told where this fails too.
    let _ = to.write_all(&[&[FAILED], line.as_bytes()].concat());
}

/// What a helper said in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// The walls were up, and the command began.
    Up,
    Failed(String),
    /// What a canary told.
    Told(Vec<u8>),
    /// Neither: it ended on the way.
    Nothing,
}

pub(crate) fn said(bytes: &[u8]) -> Said {
    match bytes {
        [UP] => Said::Up,
        // What the walls were up for could not be begun.
        [FAILED, line @ ..] | [UP, FAILED, line @ ..] => {
            Said::Failed(String::from_utf8_lossy(line).into_owned())
        }
        [TOLD, rest @ ..] | [UP, TOLD, rest @ ..] => Said::Told(rest.to_vec()),
        // Nothing, or what no helper says.
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn exactly_a_request_is_read_and_nothing_of_what_follows() {
        let request = Request::Run {
            plan: Plan {
                cwd: "/a b/\u{e9}".into(),
                write: vec!["/w".into()],
                ..Plan::default()
            },
        };
        let mut bytes = frame(&request).unwrap();
        bytes.push(GO);
        let mut from = bytes.as_slice();
        assert_eq!(read(&mut from).unwrap(), request);
        assert_eq!(from, [GO]);
        assert!(wait_for_go(&mut from));
        assert!(!wait_for_go(&mut from));
        assert!(read(&mut [0xff; 8].as_slice()).is_err());
    }

    #[test]
    fn what_a_helper_said_is_told_apart() {
        let cases: [(&[u8], Said); 6] = [
            (b"", Said::Nothing),
            (b"+", Said::Up),
            (b"!no bash", Said::Failed("no bash".into())),
            (b"+!no bash", Said::Failed("no bash".into())),
            (b"+={}", Said::Told(b"{}".to_vec())),
            (b"noise", Said::Nothing),
        ];
        for (bytes, expected) in cases {
            assert_eq!(said(bytes), expected, "{bytes:?}");
        }
        let mut told = Vec::new();
        fail(&mut told, "one\ntwo");
        assert_eq!(said(&told), Said::Failed("one two".into()));
    }
}
