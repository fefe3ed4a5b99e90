//! The ids of calls, in the form a server takes them.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::provider::quirks::Quirks;

/// The id as this server takes it. The same id always becomes the same one, so that call and result keep together.
pub(crate) fn call_id<'a>(id: &'a str, quirks: &Quirks) -> Cow<'a, str> {
    if !quirks.short_call_ids
        || (id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        return Cow::Borrowed(id);
    }
    let digest = Sha256::digest(id.as_bytes());
    let letters = b"abcdefghijklmnopqrstuvwxyz234567";
    Cow::Owned(
        digest
            .iter()
            .take(9)
            .map(|byte| char::from(letters[usize::from(byte % 32)]))
            .collect(),
    )
}
