//! Servers a person may run on this machine, found by asking their usual ports for their models and for the windows of these.
//! Only 127.0.0.1 is asked, and no key goes there.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::http::{Http, Request, set, url};
use crate::provider::key::Key;
use crate::provider::ollama::show;
use crate::provider::props;
use crate::provider::tally::count;

/// A server that is there answers at once, also while it works; what takes longer is none, or is of no use now.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most an answer may have; the longest honest one is a list of some hundred models.
const LARGEST: usize = 4 * 1024 * 1024;

/// Of more models than these the windows are not asked for.
const MOST_SHOWN: usize = 32;

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ollama,
    LmStudio,
    LlamaCpp,
    Vllm,
}

impl Kind {
    /// In the order in which they are named to a person.
    pub const ALL: [Self; 4] = [Self::Ollama, Self::LmStudio, Self::LlamaCpp, Self::Vllm];

    /// As its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
            Self::LlamaCpp => "llama.cpp",
            Self::Vllm => "vLLM",
        }
    }

    /// The port it takes unless it is told another; each is that of its preset.
    pub fn usual_port(self) -> u16 {
        match self {
            Self::Ollama => 11434,
            Self::LmStudio => 1234,
            Self::LlamaCpp => 8080,
            Self::Vllm => 8000,
        }
    }

    /// The name of its preset.
    pub fn preset(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::LmStudio => "lmstudio",
            Self::LlamaCpp => "llamacpp",
            Self::Vllm => "vllm",
        }
    }
}

/// A model that a server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    pub model: String,
    /// Tokens of its window as it runs now, else of the largest it can have; `None` where the server does not say.
    pub window: Option<u64>,
    /// Whether it takes pictures; `None` where the server does not say.
    pub images: Option<bool>,
}

impl Served {
    /// A model of a list, as far as the compatible form says anything of it.
    pub(crate) fn named(model: String, images: Option<bool>) -> Self {
        Self {
            model,
            window: None,
            images,
        }
    }
}

/// What the entry of a list says of pictures: llama.cpp, LM Studio, `Mistral` and gateways each have a word of their own for it.
pub(crate) fn sees(entry: &Value) -> Option<bool> {
    let names = |list: &Value| {
        let list = list.as_array()?;
        Some(
            list.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    };
    if let Some(able) = names(&entry["capabilities"]) {
        let is_sight = |name: &String| matches!(&**name, "multimodal" | "vision" | "image");
        if able.iter().any(is_sight) {
            return Some(true);
        }
        // A list that does not even say that it answers says nothing; LM Studio's names tools alone, and tells it by the type.
        if able.iter().any(|name| name == "completion") {
            return Some(false);
        }
    }
    if let Some(modalities) = names(&entry["architecture"]["input_modalities"]) {
        return Some(modalities.iter().any(|name| name == "image"));
    }
    let kind = || match entry["type"].as_str() {
        Some("vlm") => Some(true),
        Some("llm") => Some(false),
        _ => None,
    };
    entry["capabilities"]["vision"].as_bool().or_else(kind)
}

/// The models of the server of that kind at a port of this machine. The error says that there is none, or none that can be
/// understood; something else may listen there.
pub async fn models(http: &Arc<Http>, kind: Kind, port: u16) -> Result<Vec<Served>, Failure> {
    let key = Arc::new(Key::new(None, Arc::new(|| Ok(None))));
    models_at(http, kind, format!("http://127.0.0.1:{port}"), key).await
}

/// The same of a server at an address without a path, which may want a key.
pub(crate) async fn models_at(
    http: &Arc<Http>,
    kind: Kind,
    root: String,
    key: Arc<Key>,
) -> Result<Vec<Served>, Failure> {
    let server = Server {
        http: Arc::clone(http),
        root,
        key,
    };
    let asked = async {
        match kind {
            Kind::Ollama => server.ollama().await,
            Kind::LmStudio => server.lm_studio().await,
            Kind::LlamaCpp => server.llama_cpp().await,
            Kind::Vllm => server.listed("max_model_len").await,
        }
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| {
            Err(Failure::new(
                FailureKind::Network,
                format!("{} does not answer", server.root),
            ))
        })
}

struct Server {
    http: Arc<Http>,
    root: String,
    key: Arc<Key>,
}

impl Server {
    async fn ollama(&self) -> Result<Vec<Served>, Failure> {
        let tags = self.get("/api/tags").await?;
        let names: Vec<String> = list(&tags, "models")?
            .iter()
            .filter_map(|model| model["model"].as_str().or_else(|| model["name"].as_str()))
            .map(ToOwned::to_owned)
            .collect();
        let window = async |index: usize, name: &str| {
            if index >= MOST_SHOWN {
                return None;
            }
            let shown = self.ask("/api/show", Some(json!({ "model": name }))).await;
            // Without its window a model is still one to choose.
            Some(show::told(&shown.ok()?))
        };
        let told = join_all(
            names
                .iter()
                .enumerate()
                .map(|(index, name)| window(index, name)),
        )
        .await;
        let served = names.into_iter().zip(told);
        Ok(served
            .map(|(model, told)| Served {
                model,
                window: told.and_then(|told| told.window),
                images: told.and_then(|told| told.images),
            })
            .collect())
    }

    async fn lm_studio(&self) -> Result<Vec<Served>, Failure> {
        let Ok(own) = self.get("/api/v0/models").await else {
            // Its own interface came later than the compatible one.
            return self.listed("max_context_length").await;
        };
        let models = list(&own, "data")?;
        let talks = |model: &&Value| model["type"] != "embeddings";
        Ok(models
            .iter()
            .filter(talks)
            .filter_map(|model| {
                Some(Served {
                    model: model["id"].as_str()?.to_owned(),
                    window: count(model.get("loaded_context_length"))
                        .or_else(|| count(model.get("max_context_length"))),
                    images: sees(model),
                })
            })
            .collect())
    }

    async fn llama_cpp(&self) -> Result<Vec<Served>, Failure> {
        let served = self.listed("/meta/n_ctx_train").await?;
        // What one conversation gets, which is less than the model was trained for.
        let props = self.get("/props").await.unwrap_or_default();
        let running = props::told(&props);
        Ok(served
            .into_iter()
            .map(|served| Served {
                window: running.window.or(served.window),
                images: running.images.or(served.images),
                ..served
            })
            .collect())
    }

    /// The list that all compatible servers have, with the window at a place of its own in each.
    async fn listed(&self, window: &str) -> Result<Vec<Served>, Failure> {
        let answer = self.get("/v1/models").await?;
        Ok(list(&answer, "data")?
            .iter()
            .filter_map(|model| {
                Some(Served {
                    model: model["id"].as_str()?.to_owned(),
                    window: count(model.get(window).or_else(|| model.pointer(window))),
                    images: sees_in(&answer, model),
                })
            })
            .collect())
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(path, None).await
    }

    async fn ask(&self, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let mut headers = HeaderMap::new();
        if body.is_some() {
            set(&mut headers, "content-type", "application/json", false)?;
        }
        if let Some(key) = self.key.get().await? {
            let bearer = format!("Bearer {}", key.expose());
            set(&mut headers, "authorization", &bearer, true)?;
        }
        let url = url(&format!("{}{path}", self.root))?;
        let body = body.map(|body| body.to_string().into_bytes());
        let request = Request::new(url, headers, body, Arc::clone(&self.key));
        let response = self.http.send(&request).await?;
        let body = self.http.text(response, LARGEST).await;
        serde_json::from_str(&body).map_err(|_| not_understood(&self.root))
    }
}

/// What a list says of the pictures of one of its models: in its entry, else where llama.cpp has a second one of it.
pub(crate) fn sees_in(answer: &Value, entry: &Value) -> Option<bool> {
    let beside = || {
        let id = entry["id"].as_str()?;
        let is_same = |other: &&Value| other["model"] == id || other["name"] == id;
        sees(answer["models"].as_array()?.iter().find(is_same)?)
    };
    sees(entry).or_else(beside)
}

/// The list under that name, which a server of another kind would not have.
fn list<'v>(answer: &'v Value, name: &str) -> Result<&'v Vec<Value>, Failure> {
    answer[name]
        .as_array()
        .ok_or_else(|| not_understood("the server"))
}

fn not_understood(place: &str) -> Failure {
    Failure::new(
        FailureKind::Protocol,
        format!("{place} answers, but not with its models"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::preset;

    /// What a server answers, by method and path.
    type Answers = &'static [(&'static str, &'static str)];

    /// Models and their windows.
    type Expected = &'static [(&'static str, Option<u64>)];

    /// A server that answers these paths, and no others, for as long as the test runs.
    fn serve(answers: Answers) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let mut line = String::new();
                    let mut length = 0;
                    let _ = reader.read_line(&mut line);
                    loop {
                        let mut header = String::new();
                        let _ = reader.read_line(&mut header);
                        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap();
                        }
                        if header.trim().is_empty() {
                            break;
                        }
                    }
                    let mut body = vec![0; length];
                    let _ = reader.read_exact(&mut body);
                    let asked = line.rsplit_once(' ').map_or("", |(asked, _)| asked);
                    let found = answers.iter().find(|(path, _)| *path == asked);
                    let (status, text) =
                        found.map_or(("404 No", "no"), |(_, text)| ("200 OK", *text));
                    let head = format!(
                        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        text.len()
                    );
                    let _ = stream.write_all(format!("{head}{text}").as_bytes());
                });
            }
        });
        port
    }

    fn ask(kind: Kind, port: u16) -> Result<Vec<Served>, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(models(&Arc::new(Http::default()), kind, port))
    }

    #[test]
    fn every_kind_of_server_says_what_it_has_in_its_own_way() {
        let cases: [(Kind, Answers, Expected); 7] = [
            (
                Kind::Ollama,
                &[
                    (
                        "GET /api/tags",
                        r#"{"models":[{"name":"qwen3:4b","model":"qwen3:4b"},{"name":"llama3.2:3b"}]}"#,
                    ),
                    (
                        "POST /api/show",
                        r#"{"model_info":{"x.context_length":40960}}"#,
                    ),
                ],
                &[("qwen3:4b", Some(32_768)), ("llama3.2:3b", Some(32_768))],
            ),
            (
                Kind::Ollama,
                &[("GET /api/tags", r#"{"models":[{"model":"qwen3:4b"}]}"#)],
                &[("qwen3:4b", None)],
            ),
            (
                Kind::LmStudio,
                &[(
                    "GET /api/v0/models",
                    r#"{"data":[{"id":"a","type":"llm","max_context_length":131072},{"id":"e","type":"embeddings"},
                        {"id":"b","type":"vlm","max_context_length":131072,"loaded_context_length":4096}]}"#,
                )],
                &[("a", Some(131_072)), ("b", Some(4096))],
            ),
            (
                Kind::LmStudio,
                &[("GET /v1/models", r#"{"data":[{"id":"a"}]}"#)],
                &[("a", None)],
            ),
            (
                Kind::LlamaCpp,
                &[
                    (
                        "GET /v1/models",
                        r#"{"data":[{"id":"q.gguf","meta":{"n_ctx_train":262144}}]}"#,
                    ),
                    (
                        "GET /props",
                        r#"{"default_generation_settings":{"n_ctx":8192}}"#,
                    ),
                ],
                &[("q.gguf", Some(8192))],
            ),
            (
                Kind::LlamaCpp,
                &[(
                    "GET /v1/models",
                    r#"{"data":[{"id":"q.gguf","meta":{"n_ctx_train":262144}}]}"#,
                )],
                &[("q.gguf", Some(262_144))],
            ),
            (
                Kind::Vllm,
                &[(
                    "GET /v1/models",
                    r#"{"object":"list","data":[{"id":"org/m","max_model_len":32768}]}"#,
                )],
                &[("org/m", Some(32_768))],
            ),
        ];
        for (kind, answers, expected) in cases {
            let served = ask(kind, serve(answers)).unwrap();
            let served: Vec<_> = served
                .iter()
                .map(|served| (served.model.as_str(), served.window))
                .collect();
            assert_eq!(served, expected, "{kind:?}");
        }
    }

    #[test]
    fn what_is_no_such_server_is_none() {
        let page: Answers = &[("GET /v1/models", "<html>hello</html>")];
        let other: Answers = &[
            ("GET /v1/models", r#"{"ok":true}"#),
            ("GET /api/tags", "[]"),
        ];
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = nobody.local_addr().unwrap().port();
        drop(nobody);
        for port in [serve(page), serve(other), serve(&[]), closed] {
            for kind in Kind::ALL {
                assert!(ask(kind, port).is_err(), "{kind:?}");
            }
        }
    }

    #[test]
    fn every_kind_has_its_preset_at_its_port() {
        for kind in Kind::ALL {
            let preset = preset::find(kind.preset()).unwrap();
            let port = format!("http://127.0.0.1:{}", kind.usual_port());
            let addresses = preset.endpoints.iter().map(|(_, address)| address);
            for address in addresses {
                assert!(address.starts_with(&port), "{address}");
            }
        }
    }
}
