//! What goes wrong on the way, in one line each: what, where, the way out.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::envelope::excerpt;

/// The name of a host could not be resolved.
#[derive(Debug, thiserror::Error)]
#[error("the name was not found: {0}")]
pub struct NoSuchHost(pub io::Error);

/// No client could be built: in practice, a system without root certificates.
pub(crate) fn unbuilt(error: &reqwest::Error) -> Failure {
    let text = format!(
        "cannot check any server's certificate ({}): install the package ca-certificates",
        last_words(error)
    );
    Failure {
        should_retry: Some(false),
        ..Failure::new(FailureKind::Network, text)
    }
}

/// Whether a connection that stood was lost before an answer began, as one does that was kept for too long.
pub(crate) fn is_lost(error: &reqwest::Error) -> bool {
    let is_new = error.is_connect() || error.is_timeout() || error.is_builder();
    !is_new && find::<rustls::Error>(error).is_none()
}

/// The request to a server, which may be `here` on this machine, failed before an answer began; `whole`: all of it had been handed
/// on, by this try or one before. `is_online` says whether there is a network: without one no name is found, which says nothing of the name.
pub(crate) fn before_answer(
    error: &reqwest::Error,
    (place, here): (&str, bool),
    whole: bool,
    is_online: impl FnOnce() -> bool,
) -> Failure {
    let failure = on_the_way(error, (place, here), is_online);
    // A client may write before it hears that it is not let in: nothing of that was read.
    let whole = whole && !find::<rustls::Error>(error).is_some_and(is_not_let_in);
    Failure {
        unsent: failure.unsent && !whole,
        sent: whole,
        ..failure
    }
}

/// Whether the server ended the handshake of TLS, by the alerts that belong to it.
fn is_not_let_in(error: &rustls::Error) -> bool {
    use rustls::AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked,
        CertificateUnknown, HandshakeFailure, NoApplicationProtocol, ProtocolVersion, UnknownCA,
        UnrecognisedName, UnsupportedCertificate,
    };
    matches!(
        error,
        rustls::Error::AlertReceived(
            AccessDenied
                | BadCertificate
                | CertificateExpired
                | CertificateRequired
                | CertificateRevoked
                | CertificateUnknown
                | HandshakeFailure
                | NoApplicationProtocol
                | ProtocolVersion
                | UnknownCA
                | UnrecognisedName
                | UnsupportedCertificate
        )
    )
}

fn on_the_way(
    error: &reqwest::Error,
    (place, here): (&str, bool),
    is_online: impl FnOnce() -> bool,
) -> Failure {
    if find::<NoSuchHost>(error).is_some() {
        let text =
            format!("cannot find {place}: check the network, or the host's name in base_url");
        return Failure {
            nowhere: is_online(),
            ..unsent(text)
        };
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return unsafe_server(error, place);
    }
    let kind = find::<io::Error>(error).map(io::Error::kind);
    let text = match kind {
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("nothing answers at {place}: start the server, or correct base_url")
        }
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            format!("there is no way to {place}: check the network")
        }
        _ if error.is_connect() && error.is_timeout() => {
            format!("{place} cannot be reached in time: check the network, or a proxy in between")
        }
        _ if error.is_connect() => {
            format!("cannot connect to {place}: {}", last_words(error))
        }
        _ => format!(
            "the connection to {place} was lost before it answered: {}",
            last_words(error)
        ),
    };
    if error.is_connect() {
        Failure {
            nowhere: here && kind == Some(io::ErrorKind::ConnectionRefused),
            ..unsent(text)
        }
    } else {
        Failure::new(FailureKind::Network, text)
    }
}

/// No connection came about.
fn unsent(text: String) -> Failure {
    Failure {
        unsent: true,
        ..Failure::new(FailureKind::Network, text)
    }
}

/// The body failed in the middle; `begun`: something of an answer had come. Then the connection that brought it is at fault, unless
/// it is the packing; before, what stands there is no answer, and asking again would not make it one.
pub(crate) fn in_answer(error: &reqwest::Error, (place, begun): (&str, bool)) -> Failure {
    let unread = if begun {
        unpacked(error)
    } else {
        find::<io::Error>(error)
    };
    match unread.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => Failure::new(
            FailureKind::Protocol,
            format!(
                "the answer of {place} cannot be read: {}",
                last_words(error)
            ),
        ),
        _ => Failure::new(
            FailureKind::Network,
            format!("the answer of {place} broke off: {}", last_words(error)),
        ),
    }
}

/// What unpacking the body failed with: it stands in the chain by itself, where a fault of the connection, as in the sizes of
/// the pieces of a body, is wrapped in what HTTP says of it.
fn unpacked(error: &reqwest::Error) -> Option<&io::Error> {
    let mut next = error.source();
    while let Some(inner) = next.filter(|inner| inner.is::<reqwest::Error>()) {
        next = inner.source();
    }
    next?.downcast_ref()
}

/// A server that cannot prove who it is, which asking again does not change.
fn unsafe_server(error: &rustls::Error, place: &str) -> Failure {
    let text = match error {
        rustls::Error::InvalidCertificate(fault) => {
            let why = match fault {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "has expired"
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "is not valid yet: check this machine's clock"
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    "is for another name: check base_url"
                }
                CertificateError::UnknownIssuer => {
                    "is from an issuer this machine does not know: install its certificate, or ca-certificates"
                }
                CertificateError::Revoked => "was revoked",
                _ => "is not valid",
            };
            format!("{place} was not trusted, its certificate {why}")
        }
        error => format!(
            "{place} does not speak TLS as it should: {}",
            excerpt(&error.to_string())
        ),
    };
    Failure {
        should_retry: Some(false),
        ..Failure::new(FailureKind::Network, text)
    }
}

/// The first error of that type in the chain, also inside an IO error.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An IO error hides the error it was made of from the chain.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// What the innermost error says: the ones around it only repeat that there was one.
fn last_words(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    excerpt(&last.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::stream;
    use rustls::AlertDescription::{CertificateRequired, InternalError};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_left_whole_was_sent_however_the_connection_ended() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let error_of = async |fault: io::Error| {
            let broken = stream::iter([Err::<Vec<u8>, _>(fault)]);
            let body = reqwest::Body::wrap_stream(broken);
            client.post(&address).body(body).send().await.unwrap_err()
        };
        let said = |error: &reqwest::Error, whole| {
            let failure = before_answer(error, ("h", true), whole, || true);
            (failure.unsent, failure.sent)
        };
        let error = async || error_of(io::ErrorKind::BrokenPipe.into()).await;
        let broken = error().await;
        assert_eq!(
            find::<io::Error>(&broken).map(io::Error::kind),
            Some(io::ErrorKind::BrokenPipe)
        );
        assert_eq!(said(&broken, true), (false, true));
        assert_eq!(said(&broken, false), (false, false));
        // Whoever wants a certificate of the client has read nothing before; any other alert says nothing of that.
        for (alert, sent) in [(CertificateRequired, false), (InternalError, true)] {
            let alert = io::Error::other(rustls::Error::AlertReceived(alert));
            assert_eq!(said(&error_of(alert).await, true).1, sent);
        }
        // Nobody listens any more when it is asked again.
        drop(listener);
        let refused = error().await;
        assert!(refused.is_connect());
        assert_eq!(said(&refused, true), (false, true));
        assert_eq!(said(&refused, false), (true, false));
    }
}
