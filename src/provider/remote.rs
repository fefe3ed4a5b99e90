//! A provider that is reached over HTTP: one address, one dialect, one key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::agent::prompt::Prompt;
use crate::config::address;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::told::Told;
use crate::provider::dialect::Dialect;
use crate::provider::failure::no_list;
use crate::provider::handed;
use crate::provider::http::answer::{Call, answer};
use crate::provider::http::{Http, Request, set, url};
use crate::provider::key::Key;
use crate::provider::local::{Served, sees_in};
use crate::provider::props;
use crate::provider::quirks::Quirks;
use crate::provider::room::Room;
use crate::provider::told::{Answers, Question};
use crate::provider::{Chunk, Provider, Written};

/// The most a list of models may have; the longest known one is a tenth of it.
const LARGEST_LIST: usize = 16 * 1024 * 1024;

/// The most pages of it that are read: a server that never ends its list must not hold anyone up.
const MOST_PAGES: usize = 20;

/// How long a request may be held up by what its server is asked before: one that is there answers in milliseconds.
const AT_ONCE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub struct Remote {
    pub dialect: &'static Dialect,
    /// Without a trailing slash.
    pub base_url: String,
    pub quirks: Quirks,
    pub key: Arc<Key>,
    pub http: Arc<Http>,
    /// Tokens of the windows that the person tells, by model.
    pub windows: BTreeMap<String, u64>,
    /// Tokens of the window of the model that is asked, where the server says nothing of a prompt that is longer.
    pub held_to: Option<u64>,
    /// What the server told of its models.
    pub answers: Answers,
}

impl Provider for Remote {
    fn stream(&self, prompt: Prompt, written: Option<Written>) -> BoxStream<'static, Chunk> {
        let remote = self.clone();
        let call = async move {
            let address = url(&(remote.dialect.call)(
                &remote.base_url,
                &prompt.model.model,
            ))?;
            let told = remote.known(&prompt).await;
            let body = match written {
                Some(written) if remote.says_alike(&prompt, written.told, told) => written.body,
                _ => (remote.dialect.body)(&prompt, &remote.quirks, &told),
            };
            let mut request = remote.request(address, Some(body)).await?;
            if let (Some(name), Some(session)) =
                (remote.quirks.session_header, prompt.caching.session)
            {
                set(&mut request.headers, name, &session.to_string(), false)?;
            }
            let (answers, model) = (remote.answers.clone(), prompt.model.model.clone());
            let decoder = (remote.dialect.decoder)(&prompt, &remote.quirks, &told);
            Ok(Call {
                request,
                decoder: decoder.held_to(remote.held_to),
                most_output: prompt.max_output,
                lowered: remote.lowered(prompt, told),
                learn: Box::new(move |refused| {
                    answers.refused(&model, &refused.failure);
                    if let Some(lesson) = refused.lesson {
                        answers.heed(&model, lesson);
                    }
                }),
            })
        };
        answer(Arc::clone(&self.http), call.boxed(), Arc::clone(&self.key))
    }

    fn tells_sent(&self) -> bool {
        true
    }

    fn told<'a>(&'a self, prompt: &'a Prompt) -> BoxFuture<'a, Told> {
        let known = async {
            if self.question().is_none() {
                return Told::default();
            }
            // Where it takes longer the call itself waits for it, which a person can break off.
            let known = tokio::time::timeout(AT_ONCE, self.known(prompt)).await;
            Told {
                images: None,
                ..known.unwrap_or_default()
            }
        };
        known.boxed()
    }

    fn body(&self, prompt: &Prompt, told: &Told) -> Option<Vec<u8>> {
        Some((self.dialect.body)(
            prompt,
            &self.quirks,
            &self.completed(prompt, *told),
        ))
    }
}

impl Remote {
    /// Tokens of a model's window, as far as it is known without asking.
    pub fn window(&self, model: &str) -> Option<u64> {
        let told = || self.answers.held(model)?.window;
        self.windows.get(model).copied().or_else(told)
    }

    /// What was sent before anybody was told anything had the person's own figure.
    fn completed(&self, prompt: &Prompt, told: Told) -> Told {
        let own = || self.windows.get(&prompt.model.model).copied();
        Told {
            window: told.window.or_else(own),
            images: None,
            ..told
        }
    }

    /// Whether the body of a prompt is the same by both.
    fn says_alike(&self, prompt: &Prompt, then: Told, now: Told) -> bool {
        self.completed(prompt, then) == self.completed(prompt, now)
    }

    /// Makes the body anew for an answer as long as there is room for, and keeps what was learnt of the window.
    fn lowered(self, mut prompt: Prompt, told: Told) -> Box<dyn FnMut(Room) -> Vec<u8> + Send> {
        Box::new(move |room| {
            if let Some(window) = room.window {
                self.answers.learn(&prompt.model.model, window);
            }
            prompt.max_output = room.output;
            (self.dialect.body)(&prompt, &self.quirks, &told)
        })
    }

    /// What is known of the model where its request is written. The server is asked where the dialect must know, and only for
    /// what the person did not say.
    async fn known(&self, prompt: &Prompt) -> Told {
        let model = &prompt.model.model;
        let window = self.windows.get(model).copied();
        let told = match self.question() {
            Some(question) if window.is_none() || prompt.effort.is_some() => {
                let asked = self.answers.get(model, self.ask(question, model)).await;
                // The call that follows meets the same trouble and tells of it.
                asked.unwrap_or_default()
            }
            _ => Told::default(),
        };
        Told {
            window: window.or(told.window),
            ..told
        }
    }

    /// What is asked before a model is called.
    fn question(&self) -> Option<&Question> {
        let props = self.quirks.props.then_some(&props::QUESTION);
        self.dialect.question.as_ref().or(props)
    }

    /// Asks the server what can be asked of a model before it is called, for no longer than a request may be held up by it.
    pub(crate) async fn look(&self, model: &str) {
        let Some(question) = self.question() else {
            return;
        };
        let asked = self.answers.get(model, self.ask(question, model));
        // What is not answered now the call itself brings to light.
        let _unanswered = tokio::time::timeout(AT_ONCE, asked).await;
    }

    async fn ask(&self, question: &Question, model: &str) -> Result<Told, Failure> {
        let address = url(&(question.address)(&self.base_url))?;
        let body = (question.body)(model).map(|body| body.to_string().into_bytes());
        let request = self.request(address, body).await?;
        let response = self.http.send(&request).await?;
        let body = self.http.text(response, LARGEST_LIST).await;
        let answer = serde_json::from_str(&body).unwrap_or_default();
        Ok((question.read)(&answer))
    }

    /// The models the server says it has. It costs nothing, and a key that is not good is refused.
    pub async fn list(&self) -> Result<Vec<String>, Failure> {
        let served = self.served().await?.into_iter();
        Ok(served.map(|served| served.model).collect())
    }

    /// The same with what the list says of them.
    pub async fn served(&self) -> Result<Vec<Served>, Failure> {
        let listed = self.list_unsettled().await;
        listed.map_err(|failure| self.key.settle(failure))
    }

    async fn list_unsettled(&self) -> Result<Vec<Served>, Failure> {
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
        let first = url(&(self.dialect.list)(&self.base_url))?;
        let (mut address, mut all) = (first.clone(), Vec::new());
        for _ in 0..MOST_PAGES {
            let request = self.request(address, None).await?;
            let response = self.http.send(&request).await?;
            let body = self.http.text(response, LARGEST_LIST).await;
            let (models, next) = models(&body)
                .ok_or_else(|| no_list(&request.key.strike(&body), &request.place()))?;
            all.extend(models);
            let Some(next) = next else { break };
            address = first.clone();
            address.query_pairs_mut().append_pair("pageToken", &next);
        }
        Ok(all)
    }

    pub(crate) async fn request(
        &self,
        url: Url,
        body: Option<Vec<u8>>,
    ) -> Result<Request, Failure> {
        let key = self.key.get().await?;
        let mut headers = HeaderMap::new();
        if body.is_some() {
            set(&mut headers, "content-type", "application/json", false)?;
            set(&mut headers, "accept", self.dialect.accept, false)?;
        }
        for &(name, value) in self.dialect.headers {
            set(&mut headers, name, value, false)?;
        }
        // The config refuses such an entry; a key that was given while Creel runs comes here first.
        if let (Some(_), Some(host)) = (&key, address::readable_at(url.as_str())) {
            let text = format!("{} {}", self.base_url, address::exposing(host));
            return Err(Failure {
                unsent: true,
                ..Failure::new(FailureKind::Config, text)
            });
        }
        if let (Some(name), Some(key)) = (self.dialect.key_header, &key) {
            set(&mut headers, name, key.expose(), true)?;
        }
        let bearer = self.dialect.key_header.is_none() || self.quirks.bearer;
        if let Some(key) = key.filter(|_| bearer) {
            set(
                &mut headers,
                "authorization",
                &format!("Bearer {}", key.expose()),
                true,
            )?;
        }
        let mut request = Request::new(url, headers, body, Arc::clone(&self.key));
        // A bridge to a vendor is as quick as the vendor.
        request.is_here &= !handed::is_elsewhere(self.quirks.preset);
        Ok(request)
    }
}

/// A list of models, in whichever of its forms, and the mark of the page that follows.
fn models(body: &str) -> Option<(Vec<Served>, Option<String>)> {
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
        // Gemini: the collection it is in.
        let name = name.strip_prefix("models/").unwrap_or(name).to_owned();
        Some(Served::named(name, sees_in(&value, model)))
    };
    // Gemini lists what embeds and what draws as well.
    let answers = |model: &&Value| {
        model["supportedGenerationMethods"]
            .as_array()
            .is_none_or(|methods| methods.iter().any(|method| method == "generateContent"))
    };
    let models = list.iter().filter(answers).filter_map(name).collect();
    let next = value["nextPageToken"]
        .as_str()
        .filter(|next| !next.is_empty());
    Some((models, next.map(ToOwned::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_models_has_many_forms() {
        let two = || Some((vec!["a".to_owned(), "b/c".to_owned()], None));
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
            (
                r#"{"models":[{"name":"models/a","supportedGenerationMethods":["generateContent","countTokens"]},
                    {"name":"models/e","supportedGenerationMethods":["embedContent"]},{"name":"models/b/c"}],"nextPageToken":""}"#,
                two(),
            ),
            (
                r#"{"models":[{"name":"models/a"}],"nextPageToken":"n="}"#,
                Some((vec!["a".to_owned()], Some("n=".to_owned()))),
            ),
            (r#"{"data":[]}"#, Some((Vec::new(), None))),
            (r#"{"error":"no"}"#, None),
            ("<html>", None),
            ("", None),
        ];
        for (body, expected) in cases {
            let named = models(body).map(|(served, next)| {
                let names: Vec<String> = served.into_iter().map(|served| served.model).collect();
                (names, next)
            });
            assert_eq!(named, expected, "{body}");
        }
    }

    #[test]
    fn a_list_says_of_pictures_what_each_server_calls_it() {
        let cases = [
            (
                r#"{"models":[{"name":"m","model":"m","capabilities":["completion"]}],"data":[{"id":"m"}]}"#,
                Some(false),
            ),
            (
                r#"{"models":[{"name":"m","capabilities":["completion","multimodal"]}],"data":[{"id":"m"}]}"#,
                Some(true),
            ),
            (
                r#"{"data":[{"id":"m","capabilities":{"vision":true}}]}"#,
                Some(true),
            ),
            (r#"{"data":[{"id":"m","capabilities":["tools"]}]}"#, None),
            (
                r#"{"data":[{"id":"m","architecture":{"input_modalities":["text"]}}]}"#,
                Some(false),
            ),
            (r#"{"data":[{"id":"m","type":"vlm"}]}"#, Some(true)),
            (
                r#"{"data":[{"id":"m","type":"vlm","capabilities":["tool_use"]}]}"#,
                Some(true),
            ),
            (
                r#"{"data":[{"id":"m","type":"llm","capabilities":["tool_use"]}]}"#,
                Some(false),
            ),
            (
                r#"{"data":[{"id":"m","capabilities":["tools"],"architecture":{"input_modalities":["text","image"]}}]}"#,
                Some(true),
            ),
            (r#"{"data":[{"id":"m","type":"model"}]}"#, None),
            (r#"["m"]"#, None),
        ];
        for (body, expected) in cases {
            let (served, _) = models(body).unwrap_or_default();
            let images: Vec<Option<bool>> = served.iter().map(|served| served.images).collect();
            assert_eq!(images, [expected], "{body}");
        }
    }
}
