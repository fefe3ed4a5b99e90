//! Bodies packed in a way that was not asked for, as a proxy may send them: nothing of them can be read. Whole ones and ones packed
//! as it was asked for (gzip) come here unpacked, without the header that says so.

use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::envelope::excerpt;

/// How the body of an answer is packed that cannot be read.
pub(crate) fn how(head: &HeaderMap) -> Option<String> {
    let packed = head.get_all(CONTENT_ENCODING).into_iter();
    let packed = packed.map(|how| String::from_utf8_lossy(how.as_bytes()).trim().to_owned());
    let unread = |how: &String| !how.is_empty() && !how.eq_ignore_ascii_case("identity");
    let all: Vec<String> = packed.filter(unread).collect();
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
