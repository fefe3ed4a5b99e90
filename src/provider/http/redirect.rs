//! What is said of a redirect. None is followed: a key goes to no other place than the one it is for, and an answer from another
//! address is none of the server that was asked.

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};

use crate::provider::envelope::excerpt;
use crate::provider::http::Request;

/// Where it leads, why it was not followed, and the way out.
pub(crate) fn said(request: &Request, head: &HeaderMap) -> String {
    let place = request.place();
    let target = head.get(LOCATION).and_then(|target| target.to_str().ok());
    let Some(target) = target else {
        return format!("{place} redirects and does not say where to: correct base_url");
    };
    let leaves = request
        .url
        .join(target)
        .is_ok_and(|target| !is_same_place(&request.url, &target));
    let has_key = request.headers.values().any(HeaderValue::is_sensitive);
    let target = excerpt(&request.key.strike(target));
    if leaves && has_key {
        return format!(
            "{place} redirects to {target}, which was not followed, since the key would go to another server with it: if you trust \
             that one with the key, set base_url to its address"
        );
    }
    format!(
        "{place} redirects to {target}, which was not followed, since only the address that was set is asked: set base_url to \
         where it leads"
    )
}

fn is_same_place(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}
