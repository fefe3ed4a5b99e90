//! The models of servers that no table knows: asked of each, since only it can say.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::config::{ProviderConfig, Wire};
use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::http::{is_loopback, url};
use crate::provider::key::Key;
use crate::provider::local::{Kind, Served, models_at};
use crate::provider::remote::Remote;
use crate::provider::table::{Providers, quirks_of};

/// A server that is there lists its models in far less.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which servers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those on this machine.
    Here,
    /// Those elsewhere as well.
    All,
}

impl Providers {
    /// Whether a server lists its models to anybody, so that its list says nothing of the key.
    pub async fn is_open(&self, provider: &str) -> bool {
        let Ok(remote) = self.remote(provider) else {
            return false;
        };
        if remote.quirks.key_path.is_some() {
            return false;
        }
        let anybody = Remote {
            key: Arc::new(Key::new(None, Arc::new(|| Ok(None)))),
            ..Remote::clone(&remote)
        };
        anybody.list().await.is_ok()
    }

    /// Whether it is a server whose vendor nobody knows.
    pub fn is_unlisted(&self, provider: &str) -> bool {
        self.entries()
            .any(|(name, config)| name == provider && is_unlisted(config))
    }

    /// Asks the servers of the config whose models no table has, all at once, and keeps what they tell; they are among the cards
    /// from then on. One that is off keeps what it told before: it is no fault, and whoever calls it meets it.
    pub async fn look(&self, reach: Reach) {
        let asked = self.entries().filter(|(_, config)| {
            let here = url(&config.base_url).is_ok_and(|url| is_loopback(&url));
            is_unlisted(config) && (here || reach == Reach::All)
        });
        let asked = asked.map(async |(name, _)| {
            let remote = self.remote(name).ok()?;
            let served = tokio::time::timeout(PATIENCE, served(&remote)).await;
            remote.answers.list(&served.ok()?.ok()?);
            Some(())
        });
        join_all(asked).await;
    }
}

/// Whether nothing but the server can say which models it has.
fn is_unlisted(config: &ProviderConfig) -> bool {
    let vendor = quirks_of(config).ok().and_then(|quirks| quirks.vendor);
    config.wire != Wire::Rehearsal && vendor.is_none()
}

/// By its own interface where it has one, which tells the windows too; else by the list of its dialect.
async fn served(remote: &Remote) -> Result<Vec<Served>, Failure> {
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.preset() == remote.quirks.preset);
    let address = url(&remote.base_url)?;
    if let Some(kind) = kind.filter(|_| is_loopback(&address)) {
        let root = ["/v1", "/api"]
            .iter()
            .find_map(|end| remote.base_url.strip_suffix(end))
            .unwrap_or(&remote.base_url);
        return models_at(&remote.http, kind, root.to_owned(), Arc::clone(&remote.key)).await;
    }
    let served = remote.served().await?;
    if served.is_empty() {
        return Err(Failure::new(FailureKind::Protocol, "it lists no models"));
    }
    Ok(served)
}
