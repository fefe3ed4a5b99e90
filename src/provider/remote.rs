//! A provider that is reached over HTTP: one address, one dialect, one key.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::stream::BoxStream;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::agent::prompt::Prompt;
use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::decode::Decoder;
use crate::provider::failure::no_list;
use crate::provider::http::answer::answer;
use crate::provider::http::{Http, Request, set, url};
use crate::provider::key::Key;
use crate::provider::quirks::Quirks;
use crate::provider::{Chunk, Provider, anthropic, openai_chat};

/// The most a list of models may have; the longest known one is a tenth of it.
const LARGEST_LIST: usize = 16 * 1024 * 1024;

/// The dialects that go over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Anthropic,
    OpenAiChat,
}

#[derive(Debug, Clone)]
pub struct Remote {
    pub dialect: Dialect,
    /// Without a trailing slash.
    pub base_url: String,
    pub quirks: Quirks,
    pub key: Arc<Key>,
    pub http: Arc<Http>,
}

impl Provider for Remote {
    fn stream(&self, prompt: Prompt) -> BoxStream<'static, Chunk> {
        let decoder = self.decoder(prompt.model.to_string());
        let remote = self.clone();
        let request = async move {
            let (last, body) = match remote.dialect {
                Dialect::Anthropic => ("messages", anthropic::request::request(&prompt)),
                Dialect::OpenAiChat => (
                    "chat/completions",
                    openai_chat::request::request(&prompt, &remote.quirks),
                ),
            };
            remote.request(remote.url(last)?, Some(body)).await
        };
        answer(
            Arc::clone(&self.http),
            request.boxed(),
            Arc::clone(&self.key),
            decoder,
        )
    }
}

impl Remote {
    /// The models the server says it has. It costs nothing, and a key that is not good is refused.
    pub async fn list(&self) -> Result<Vec<String>, Failure> {
        let listed = self.list_unsettled().await;
        listed.map_err(|failure| self.key.settle(failure))
    }

    async fn list_unsettled(&self) -> Result<Vec<String>, Failure> {
        if let Some(path) = self.quirks.key_path {
            let request = self
                .request(url(&format!("{}{path}", self.base_url))?, None)
                .await?;
            match self.http.send(&request).await {
                Err(failure) if failure.kind == FailureKind::Auth => return Err(failure),
                // Only the key was in question; a stand-in for the vendor may not have the path.
                _ => {}
            }
        }
        let mut address = self.url("models")?;
        if self.dialect == Dialect::Anthropic {
            // Else there are twenty a page.
            address.set_query(Some("limit=1000"));
        }
        let request = self.request(address, None).await?;
        let response = self.http.send(&request).await?;
        let body = self.http.text(response, LARGEST_LIST).await;
        models(&body).ok_or_else(|| no_list(&body, &request.place()))
    }

    fn decoder(&self, family: String) -> Decoder {
        match self.dialect {
            Dialect::Anthropic => anthropic::decode::decoder(family),
            Dialect::OpenAiChat => openai_chat::decode::decoder(family),
        }
    }

    fn url(&self, last: &str) -> Result<Url, Failure> {
        match self.dialect {
            Dialect::Anthropic => url(&anthropic::path(&self.base_url, last)),
            Dialect::OpenAiChat => url(&format!("{}/{last}", self.base_url)),
        }
    }

    async fn request(&self, url: Url, body: Option<Vec<u8>>) -> Result<Request, Failure> {
        let key = self.key.get().await?;
        let mut headers = HeaderMap::new();
        if body.is_some() {
            set(&mut headers, "content-type", "application/json", false)?;
            set(&mut headers, "accept", "text/event-stream", false)?;
        }
        let mut bearer = true;
        if self.dialect == Dialect::Anthropic {
            set(&mut headers, "anthropic-version", anthropic::VERSION, false)?;
            if let Some(key) = &key {
                set(&mut headers, "x-api-key", key.expose(), true)?;
            }
            bearer = self.quirks.bearer;
        }
        if let Some(key) = key.filter(|_| bearer) {
            set(
                &mut headers,
                "authorization",
                &format!("Bearer {}", key.expose()),
                true,
            )?;
        }
        Ok(Request {
            url,
            headers,
            body,
            key: Arc::clone(&self.key),
        })
    }
}

/// The ids of a list of models, in whichever of its forms.
fn models(body: &str) -> Option<Vec<String>> {
    let value = serde_json::from_str::<Value>(body).ok()?;
    let list = value
        .as_array()
        .or_else(|| value["data"].as_array())
        .or_else(|| value["models"].as_array())?;
    let name = |model: &Value| {
        let name = model
            .as_str()
            .or_else(|| model["id"].as_str())
            .or_else(|| model["name"].as_str())?;
        Some(name.to_owned())
    };
    Some(list.iter().filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_models_has_many_forms() {
        let two = || Some(vec!["a".to_owned(), "b/c".to_owned()]);
        let cases = [
            (
                r#"{"object":"list","data":[{"id":"a","object":"model"},{"id":"b/c"}]}"#,
                two(),
            ),
            (
                r#"{"data":[{"id":"a"},{"type":"x"},{"id":"b/c"}],"has_more":false}"#,
                two(),
            ),
            (r#"{"models":[{"name":"a"},{"name":"b/c"}]}"#, two()),
            (r#"[{"id":"a"},{"id":"b/c"}]"#, two()),
            (r#"{"data":[]}"#, Some(Vec::new())),
            (r#"{"error":"no"}"#, None),
            ("<html>", None),
            ("", None),
        ];
        for (body, expected) in cases {
            assert_eq!(models(body), expected, "{body}");
        }
    }
}
