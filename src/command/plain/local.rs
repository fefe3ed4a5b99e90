//! Servers that run on this machine and that the config does not have: told beside the models, as the workstation lists them.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::agent::visible::one_line;
use crate::config::{ProviderConfig, address};
use crate::provider::http::Http;
use crate::provider::local::{self, Kind, Served};

/// So many models of a server are named.
const MOST: usize = 5;

/// The kinds of servers a person may run here, each with its port.
pub fn usual_ports() -> impl Iterator<Item = (Kind, u16)> {
    Kind::ALL.into_iter().map(|kind| (kind, kind.usual_port()))
}

/// Asks those ports of this machine that no entry of the config is at, all at once; a line for each that has models.
pub async fn found(
    ports: impl Iterator<Item = (Kind, u16)>,
    providers: &BTreeMap<String, ProviderConfig>,
) -> Vec<String> {
    let http = Arc::new(Http::default());
    let is_free = |(_, port): &(Kind, u16)| {
        let mut entries = providers.values();
        !entries.any(|entry| address::is_at_port(&entry.base_url, *port))
    };
    let asked = ports.filter(is_free).map(async |(kind, port)| {
        // What does not answer as such a server does is none: there is nothing to say of it.
        let served = local::models(&http, kind, port).await.ok()?;
        line(kind, port, &served, providers)
    });
    join_all(asked).await.into_iter().flatten().collect()
}

fn line(
    kind: Kind,
    port: u16,
    served: &[Served],
    providers: &BTreeMap<String, ProviderConfig>,
) -> Option<String> {
    let names = served.iter().take(MOST);
    let names: Vec<String> = names.map(|served| one_line(&served.model)).collect();
    let more = match served.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let usual = if port == kind.usual_port() {
        String::new()
    } else {
        format!(" and base_url = \"http://127.0.0.1:{port}\"")
    };
    let (name, preset) = (kind.name(), kind.preset());
    let table = free_name(preset, providers);
    (!names.is_empty()).then(|| {
        format!(
            "{name} runs on this machine at port {port} and is not in the config: {}{more}. [providers.{table}] with preset = \
             \"{preset}\"{usual} there takes it up; creel config path tells the file.",
            names.join(", ")
        )
    })
}

/// A name that no table of the config has: the preset's own, where it is free.
fn free_name(preset: &str, providers: &BTreeMap<String, ProviderConfig>) -> String {
    let others = (2..).map(|number| format!("{preset}-here-{number}"));
    let mut names = [preset.to_owned(), format!("{preset}-here")]
        .into_iter()
        .chain(others);
    let free = names.find(|name| !providers.contains_key(name));
    free.unwrap_or_else(|| preset.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::load::parse;

    #[tokio::test]
    async fn a_server_that_the_config_does_not_have_is_told_with_its_models() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let _ = socket.read(&mut [0; 4096]).await;
                let body = r#"{"object":"list","data":[{"id":"tiny","object":"model"}]}"#;
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        let config = |text: &str| {
            let loaded = parse(text, Path::new("/c/config.toml"), &|_| None);
            loaded.unwrap().config.providers
        };
        let ports = || [(Kind::Vllm, port), (Kind::Ollama, 1)].into_iter();
        let expected = format!(
            "vLLM runs on this machine at port {port} and is not in the config: tiny. [providers.vllm] with preset = \"vllm\" and \
             base_url = \"http://127.0.0.1:{port}\" there takes it up; creel config path tells the file."
        );
        assert_eq!(found(ports(), &config("")).await, [expected]);
        let own = format!(
            "[providers.mine]\nwire = \"openai-chat\"\nbase_url = \"http://localhost:{port}/v1\"\n"
        );
        assert!(found(ports(), &config(&own)).await.is_empty());
    }

    #[test]
    fn the_table_that_is_named_is_none_of_the_config() {
        let mut text = String::new();
        for expected in ["ollama", "ollama-here", "ollama-here-2", "ollama-here-3"] {
            let loaded = parse(&text, Path::new("/c/config.toml"), &|_| None).unwrap();
            let providers = loaded.config.providers;
            assert_eq!(free_name("ollama", &providers), expected);
            let served = [Served::named("tiny".to_owned(), None)];
            let said = line(Kind::Ollama, 11434, &served, &providers).unwrap();
            let table = format!("[providers.{expected}] with preset = \"ollama\"");
            assert!(said.contains(&table), "{said}");
            let address = "base_url = \"http://10.0.0.7:11434\"";
            text += &[
                "[providers.",
                expected,
                "]\npreset = \"ollama\"\n",
                address,
                "\n",
            ]
            .concat();
        }
    }
}
