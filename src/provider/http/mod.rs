//! The way to a server: clients built when first needed, how long each stage may take, and what can go wrong before an
//! answer begins. It follows no redirect, so a key never goes to another place than the one it is for.

pub mod answer;
pub mod fault;
pub mod late;
pub(crate) mod packed;
mod redirect;
pub(crate) mod sending;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::UdpSocket;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url, dns};

use crate::config::address;
use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::envelope::{Envelope, excerpt};
use crate::provider::failure::{Advice, Lesson, by_status};
use crate::provider::http::late::Silent;
use crate::provider::http::sending::Sending;
use crate::provider::key::Key;
use crate::provider::limits;

/// The most of a refusal that is read.
const LARGEST_REFUSAL: usize = 1024 * 1024;

/// How long each stage may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub connect: Duration,
    /// From the first byte sent to the head of the answer.
    pub headers: Duration,
    /// Between two pieces of a body.
    pub idle: Duration,
    /// With pings and comments only.
    pub quiet: Duration,
    /// For more of an answer that was said to have stopped, where some is likely: its usage has not come, or each piece says so.
    pub late: Duration,
    /// The same from a server that let us wait for its usage before, and sent none.
    pub late_again: Duration,
    /// For the mark of the end, where all else of an answer has come.
    pub linger: Duration,
    /// For the end of the body, where that mark has come too: only the connection is worth it, which can then be used again.
    pub rest: Duration,
    /// From a model on this machine, until something of its answer has come: it may have to be loaded, and it reads the
    /// prompt at the machine's pace. Whether the server is there at all shows at once.
    pub here: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            headers: Duration::from_mins(1),
            idle: Duration::from_secs(90),
            quiet: Duration::from_mins(10),
            // Usage is told with the end or right behind it; a model that goes on pauses no longer than this between two pieces.
            late: Duration::from_secs(5),
            late_again: Duration::from_millis(500),
            linger: Duration::from_millis(500),
            rest: Duration::from_millis(100),
            here: Duration::from_mins(10),
        }
    }
}

impl Patience {
    /// The patience for one request.
    fn with(self, request: &Request) -> Self {
        let least = if request.is_here {
            self.here
        } else {
            Duration::ZERO
        };
        Self {
            headers: self.headers.max(least),
            idle: self.idle.max(least),
            ..self
        }
    }
}

/// All ways to the network, shared by every provider. Nothing is built before the first call.
#[derive(Debug, Default)]
pub struct Http {
    clients: Mutex<BTreeMap<Way, Client>>,
    /// Servers that have answered since a connection to them was last found dead: a connection may be kept for the next
    /// request. By [`place`].
    kept: Mutex<BTreeSet<String>>,
    /// Servers whose answers have no end that can be seen.
    pub(crate) silent: Silent,
    pub patience: Patience,
}

/// What a client must be able to do; each kind is built once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    /// Loading the system's certificates takes time, and a machine without them can still reach a server without TLS.
    tls: bool,
    /// No proxy stands between a machine and itself.
    here: bool,
}

/// No answer began.
#[derive(Debug)]
pub struct Refused {
    pub failure: Failure,
    /// The server's own words for it, whole; empty where it had none.
    pub words: String,
    /// What it says of the model beside.
    pub lesson: Option<Lesson>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            words: String::new(),
            lesson: None,
        }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub url: Url,
    pub headers: HeaderMap,
    /// Sent with POST; without it the request is a GET.
    pub body: Option<Vec<u8>>,
    /// What it asks runs on this machine, as far as one knows, and may take its time.
    pub is_here: bool,
    /// The key in the headers, so that it is struck out of what the server says.
    pub key: Arc<Key>,
    /// How far it has left.
    pub(crate) sending: Sending,
}

impl Request {
    pub fn new(url: Url, headers: HeaderMap, body: Option<Vec<u8>>, key: Arc<Key>) -> Self {
        let is_here = body.is_some() && is_loopback(&url);
        Self {
            url,
            headers,
            body,
            is_here,
            key,
            sending: Sending::default(),
        }
    }

    /// The same for another try, of which nothing has left.
    pub(crate) fn again(&self) -> Self {
        Self {
            sending: Sending::default(),
            ..self.clone()
        }
    }

    /// The server as messages name it.
    pub fn place(&self) -> String {
        place(&self.url)
    }
}

/// A header of the request; the error is for the person.
pub fn set(
    headers: &mut HeaderMap,
    name: &'static str,
    value: &str,
    secret: bool,
) -> Result<(), Failure> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Failure::new(
            FailureKind::Auth,
            "the key has characters in it that no key has: copy it again",
        )
    })?;
    value.set_sensitive(secret);
    headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

/// The address with the path of a call; the error names the setting.
pub fn url(address: &str) -> Result<Url, Failure> {
    Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
        .ok_or_else(|| {
            let text = format!(
                "`{}` is no address: base_url must be like https://host/path",
                excerpt(address)
            );
            Failure::new(FailureKind::Config, text)
        })
}

/// Whether the address is of this machine.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    address::is_loopback(host.trim_start_matches('[').trim_end_matches(']'))
}

/// Whether the system knows a way out of this machine. Nothing is sent to find out: a datagram's socket only looks the way up,
/// here to addresses that documents are written with.
fn is_online() -> bool {
    let ways = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];
    ways.into_iter().any(|(from, to)| {
        UdpSocket::bind(from)
            .and_then(|socket| socket.connect(to))
            .is_ok()
    })
}

fn place(url: &Url) -> String {
    let host = excerpt(url.host_str().unwrap_or_default());
    url.port()
        .map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

impl Http {
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            ..Self::default()
        }
    }

    /// Sends a question that nobody charges for, and waits for the head of an answer that is no refusal. Where it was the
    /// connection alone that was kept and is dead, it is asked once more at once.
    pub async fn send(&self, request: &Request) -> Result<Response, Failure> {
        let mut sent = self.send_told(request).await;
        if sent.as_ref().is_err_and(|refused| refused.failure.stale) {
            sent = self.send_told(&request.again()).await;
        }
        sent.map_err(|refused| refused.failure)
    }

    /// Sends exactly once, and waits for the head of an answer that is no refusal: each request to a model stands in the ledger,
    /// so none is sent again here.
    pub async fn send_told(&self, request: &Request) -> Result<Response, Refused> {
        let client = self.client(&request.url)?;
        let place = request.place();
        let patience = self.patience.with(request).headers;
        let sending = &request.sending;
        let response = tokio::time::timeout(patience, self.ask(&client, request))
            .await
            .map_err(|_| {
                let seconds = patience.as_secs();
                let text = format!("{place} did not answer within {seconds} s: ask again");
                Failure {
                    sent: sending.is_whole(),
                    ..Failure::new(FailureKind::Network, text)
                }
            })?
            .map_err(|error| {
                let here = is_loopback(&request.url);
                let began = request.body.is_some() || !error.is_connect();
                let whole = began && sending.is_whole();
                let failure = fault::before_answer(&error, (&place, here), whole, is_online);
                Failure {
                    stale: fault::is_lost(&error) && self.was_kept(&place),
                    ..failure
                }
            })?;
        self.kept().insert(place.clone());
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let text = redirect::said(request, response.headers());
            return Err(Refused::from(Failure {
                status: Some(status.as_u16()),
                ..Failure::new(FailureKind::Protocol, text)
            }));
        }
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name)?.to_str().ok();
        let mut advice = Advice::read(header);
        if status.as_u16() == 429 && advice.retry_after.is_none() {
            // Said in another way: the limit that is used up is whole again then.
            let limits = limits::read(header);
            let used_up = [limits.requests, limits.tokens].into_iter().flatten();
            let resets = used_up.filter(|left| left.left == 0).map(|left| left.reset);
            advice.retry_after = resets.max();
        }
        let body = match packed::how(&headers) {
            Some(how) => packed::told(&how),
            None => self.text(response, LARGEST_REFUSAL).await,
        };
        let body = request.key.strike(&body);
        let envelope = Envelope::read(&body);
        Err(Refused {
            failure: by_status(status.as_u16(), &body, advice, &place, &request.key.place()),
            lesson: Lesson::of(&envelope),
            words: envelope.message,
        })
    }

    async fn ask(&self, client: &Client, request: &Request) -> reqwest::Result<Response> {
        let sending = &request.sending;
        let sent = if let Some(body) = &request.body {
            client
                .post(request.url.clone())
                .header(CONTENT_LENGTH, body.len())
                .body(sending.body(body))
        } else {
            sending.nothing();
            client.get(request.url.clone())
        };
        sent.headers(request.headers.clone()).send().await
    }

    /// Whether a connection to the server may have been kept; afterwards none counts as kept until it answers again.
    fn was_kept(&self, place: &str) -> bool {
        self.kept().remove(place)
    }

    /// The set is whole whatever happened to the thread that held it.
    fn kept(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of a short answer, as far as it comes in time and up to `most` bytes.
    pub async fn text(&self, mut response: Response, most: usize) -> String {
        let mut bytes = Vec::new();
        let read = async {
            while let Ok(Some(piece)) = response.chunk().await {
                bytes.extend_from_slice(&piece);
                if bytes.len() >= most {
                    bytes.truncate(most);
                    break;
                }
            }
        };
        // What came before the time was over is better than nothing.
        let _ = tokio::time::timeout(self.patience.headers, read).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn client(&self, url: &Url) -> Result<Client, Failure> {
        let way = Way {
            tls: url.scheme() == "https",
            here: is_loopback(url),
        };
        // The map is whole whatever happened to the thread that held it.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&way) {
            return Ok(client.clone());
        }
        let client = self.build(way)?;
        clients.insert(way, client.clone());
        Ok(client)
    }

    fn build(&self, way: Way) -> Result<Client, Failure> {
        // It fails when a provider of cryptography is set already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("creel/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.patience.connect)
            .dns_resolver(Arc::new(Resolver));
        if way.here {
            builder = builder.no_proxy();
        }
        if !way.tls {
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| fault::unbuilt(&error))
    }
}

/// Names by the system's resolver, with an error that can be told from others.
#[derive(Debug)]
struct Resolver;

impl dns::Resolve for Resolver {
    fn resolve(&self, name: dns::Name) -> dns::Resolving {
        Box::pin(async move {
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as dns::Addrs),
                Err(error) => {
                    Err(Box::new(fault::NoSuchHost(error))
                        as Box<dyn std::error::Error + Send + Sync>)
                }
            }
        })
    }
}
