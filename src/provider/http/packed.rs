//! Bodies packed in a way that was not asked for, as a proxy may send them: nothing of them can be read. Whole ones and ones packed
//! as it was asked for (gzip) come here unpacked, without the header that says so.

use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::envelope::excerpt;

/// The packings that are in use; RFC 9110, section 8.4.1, and RFC 7932 and 8878.
const PACKINGS: [&str; 7] = [
    "br",
    "zstd",
    "deflate",
    "compress",
    "x-compress",
    "gzip",
    "x-gzip",
];

/// How the body of an answer is packed that cannot be read.
pub(crate) fn how(head: &HeaderMap) -> Option<String> {
    let packed = head.get_all(CONTENT_ENCODING).into_iter();
    let packed = packed.map(|how| String::from_utf8_lossy(how.as_bytes()).into_owned());
    // Some say `none`, or a word of their own, so that nothing in between packs the answer.
    let unread = |how: &str| {
        let how = how.trim();
        PACKINGS
            .iter()
            .any(|packing| packing.eq_ignore_ascii_case(how))
    };
    let all: Vec<String> = packed
        .filter(|all| all.split(',').any(unread))
        .map(|all| all.trim().to_owned())
        .collect();
    (!all.is_empty()).then(|| excerpt(&all.join(", ")))
}

/// What stands for the words of a refusal that is packed so.
pub(crate) fn told(how: &str) -> String {
    format!("its reason is packed as `{how}`, which was not asked for")
}

/// What an answer that is packed so fails for.
pub(crate) fn failure(how: &str, place: &str) -> Failure {
    let text = format!(
        "{place} packed its answer as `{how}`, which was not asked for and cannot be read: turn that off there, or in a proxy in between"
    );
    Failure::new(FailureKind::Protocol, text)
}
