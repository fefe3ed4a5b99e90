//! What Creel itself writes into the person's config: a provider, with its key in a file beside it. Everything that stands
//! there stays as it is, comments included.

use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use toml::Value;
use toml::de::DeTable;

use crate::config::load::{self, Loaded};
use crate::config::paths::{self, Environment, Paths};
use crate::config::secret::Secret;
use crate::config::{KeySource, Wire, provider};
use crate::protocol::id::ModelRef;

/// A provider to be added.
#[derive(Debug, Clone)]
pub struct NewProvider {
    /// Its name, which may be that of a preset.
    pub name: String,
    /// `None`: as the preset says.
    pub wire: Option<Wire>,
    pub base_url: Option<String>,
    pub preset: Option<String>,
    pub key: KeyToStore,
    /// Becomes the model used when none is named.
    pub model: Option<ModelRef>,
}

#[derive(Debug, Clone)]
pub enum KeyToStore {
    None,
    /// It stays in this variable.
    Env(String),
    /// It stays in this file of the person's.
    File(PathBuf),
    /// This command prints it.
    Command(Vec<String>),
    /// It goes into a file of its own for the owner alone, never into the config.
    Secret(Secret),
}

/// Adds a provider, or gives one that was added so another key. Nothing is written unless the result reads well.
pub fn add_provider(
    paths: &Paths,
    new: &NewProvider,
    env: Environment<'_>,
) -> Result<Loaded, String> {
    if !provider::is_name(&new.name) {
        return Err(format!(
            "`{}` is no name for a provider: letters, digits, `-`, `_` and `.`",
            new.name
        ));
    }
    let file = &paths.config_file;
    let text = load::read_file(file).map_err(|why| format!("{} {why}", file.display()))?;
    let before = load::parse(&text, file, env).map_err(|_| {
        format!(
            "{} has faults of its own: `creel config check` lists them",
            file.display()
        )
    })?;
    let key_file = paths.keys.join(&new.name);
    let mut changed = text.clone();
    match before
        .config
        .providers
        .get(&new.name)
        .filter(|entry| entry.origin == file.display().to_string())
    {
        None => append(&mut changed, new),
        // Only its key is new, and that stands in our own file.
        Some(entry)
            if entry.key == KeySource::File(key_file.clone()) && says_no_more(new, entry) => {}
        Some(_) => {
            return Err(format!(
                "[providers.{}] is in {} already: change it there",
                new.name,
                file.display()
            ));
        }
    }
    if let Some(model) = &new.model {
        set_model(&mut changed, &model.to_string());
    }
    let mut after = load::parse(&changed, file, env).map_err(|faults| {
        let why = faults.first().map(ToString::to_string).unwrap_or_default();
        format!(
            "cannot add [providers.{}] to {}: {why}",
            new.name,
            file.display()
        )
    })?;
    if let KeyToStore::Secret(secret) = &new.key {
        keep_secret(paths, &new.name, secret)?;
        // Read again: the key's file is there now.
        after = load::parse(&changed, file, env).unwrap_or(after);
    }
    if changed != text {
        keep_config(file, &changed)?;
    }
    Ok(after)
}

/// Writes the model that new sessions begin with, and nothing else.
pub fn choose_model(
    paths: &Paths,
    model: &ModelRef,
    env: Environment<'_>,
) -> Result<Loaded, String> {
    let file = &paths.config_file;
    let text = load::read_file(file).map_err(|why| format!("{} {why}", file.display()))?;
    let mut changed = text.clone();
    set_model(&mut changed, &model.to_string());
    let after = load::parse(&changed, file, env).map_err(|faults| {
        let why = faults.first().map(ToString::to_string).unwrap_or_default();
        format!("cannot write `model` into {}: {why}", file.display())
    })?;
    if changed != text {
        keep_config(file, &changed)?;
    }
    Ok(after)
}

pub(crate) fn keep_secret(paths: &Paths, name: &str, secret: &Secret) -> Result<(), String> {
    paths::ensure(&paths.keys)?;
    write_whole(&paths.keys.join(name), &format!("{}\n", secret.expose()))
}

pub(crate) fn keep_config(file: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = file.parent() {
        paths::ensure(folder)?;
    }
    write_whole(file, text)
}

impl KeyToStore {
    /// As the config says it: a key and its value, written as it stands there. `name` is the provider's.
    pub(crate) fn line(&self, name: &str) -> Option<(&'static str, String)> {
        match self {
            Self::None => None,
            Self::Env(variable) => Some(("key_env", quoted(variable))),
            Self::File(path) => Some(("key_file", quoted(&path.display().to_string()))),
            Self::Command(argv) => {
                let words: Vec<String> = argv.iter().map(|word| quoted(word)).collect();
                Some(("key_command", format!("[{}]", words.join(", "))))
            }
            Self::Secret(_) => Some(("key_file", quoted(&format!("keys/{name}")))),
        }
    }

    /// As the config reads it; `own` is our own file.
    pub(crate) fn source(&self, own: &Path) -> Option<KeySource> {
        match self {
            Self::None => None,
            Self::Env(variable) => Some(KeySource::Env(variable.clone())),
            Self::File(path) => Some(KeySource::File(path.clone())),
            Self::Command(argv) => Some(KeySource::Command(argv.clone())),
            Self::Secret(_) => Some(KeySource::File(own.to_owned())),
        }
    }
}

fn says_no_more(new: &NewProvider, entry: &crate::config::ProviderConfig) -> bool {
    matches!(new.key, KeyToStore::Secret(_))
        && new.wire.is_none_or(|wire| wire == entry.wire)
        && new
            .base_url
            .as_ref()
            .is_none_or(|address| address.trim_end_matches('/') == entry.base_url)
        && (new.preset.is_none() || new.preset == entry.preset)
}

pub(crate) fn append(text: &mut String, new: &NewProvider) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let key = new.key.line(&new.name);
    let lines = [
        new.wire.map(|wire| ("wire", quoted(wire.name()))),
        new.base_url
            .as_ref()
            .map(|address| ("base_url", quoted(address))),
        new.preset.as_ref().map(|preset| ("preset", quoted(preset))),
        key,
    ];
    let name = if new.name.contains('.') {
        quoted(&new.name)
    } else {
        new.name.clone()
    };
    let lines = lines.into_iter().flatten();
    let lines: Vec<String> = lines
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    text.extend([format!("[providers.{name}]\n")]);
    text.extend(lines);
}

/// Puts the model in the place of the one that is there, under either of its names, else above the first key with the comment that
/// belongs to it.
fn set_model(text: &mut String, model: &str) {
    let mut held = held_models(text);
    if !held.is_empty() {
        // From the end, so that the places before stay where they are.
        held.sort_by_key(|span| std::cmp::Reverse(span.start));
        for span in held {
            text.replace_range(span, &quoted(model));
        }
        return;
    }
    let first = DeTable::parse(text).ok().and_then(|root| {
        let keys = root.get_ref().keys();
        keys.map(|key| key.span().start).min()
    });
    let Some(first) = first else {
        text.extend([format!("model = {}\n", quoted(model))]);
        return;
    };
    let mut at = text[..first].rfind('\n').map_or(0, |end| end + 1);
    while let Some(above) = text[..at].strip_suffix('\n') {
        let start = above.rfind('\n').map_or(0, |end| end + 1);
        if !above[start..].trim_start().starts_with('#') {
            break;
        }
        at = start;
    }
    // A byte-order mark stays first.
    if at == 0 && text.starts_with('\u{feff}') {
        at = 3;
    }
    text.insert_str(at, &format!("model = {}\n\n", quoted(model)));
}

/// Where the file names the model of the work: as `model`, and as `roles.main`.
fn held_models(text: &str) -> Vec<Range<usize>> {
    let Ok(root) = DeTable::parse(text) else {
        return Vec::new();
    };
    let root = root.get_ref();
    let roles = root
        .get("roles")
        .and_then(|roles| roles.get_ref().as_table());
    let main = roles.and_then(|roles| roles.get("main"));
    let held = [root.get("model"), main];
    held.into_iter()
        .flatten()
        .map(toml::Spanned::span)
        .collect()
}

pub(crate) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Writes a file whole or not at all, for the owner alone. A link is followed: people keep their config elsewhere.
pub fn write_whole(file: &Path, text: &str) -> Result<(), String> {
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = target.parent().unwrap_or(Path::new("/"));
    // The temporary file is made with mode 0600.
    NamedTempFile::new_in(folder)
        .and_then(|mut written| {
            written.write_all(text.as_bytes())?;
            written.as_file().sync_all()?;
            written.persist(&target).map_err(|error| error.error)
        })
        .map(drop)
        .map_err(|error| format!("cannot write {}: {error}", target.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::PermissionsExt;

    use pretty_assertions::assert_eq;
    use tempfile::TempDir;

    use super::*;

    fn home() -> (TempDir, Paths) {
        let scratch = tempfile::tempdir().unwrap();
        let home = scratch.path().join("home").into_os_string();
        let paths =
            Paths::from_environment(&|name| (name == "CREEL_HOME").then(|| home.clone())).unwrap();
        (scratch, paths)
    }

    fn anthropic(key: &str) -> NewProvider {
        NewProvider {
            name: "anthropic".to_owned(),
            wire: None,
            base_url: None,
            preset: None,
            key: KeyToStore::Secret(Secret::new(key).unwrap()),
            model: Some("anthropic/claude-sonnet-5-5".parse().unwrap()),
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_first_provider_makes_a_config_and_a_key_file() {
        let (_scratch, paths) = home();
        let loaded = add_provider(&paths, &anthropic("sk-1"), &|_| None).unwrap();
        assert_eq!(
            fs::read_to_string(&paths.config_file).unwrap(),
            "model = \"anthropic/claude-sonnet-5-5\"\n\n[providers.anthropic]\nkey_file = \"keys/anthropic\"\n"
        );
        let key = paths.keys.join("anthropic");
        assert_eq!(fs::read_to_string(&key).unwrap(), "sk-1\n");
        assert_eq!(
            [mode(&key), mode(&paths.config_file), mode(&paths.keys)],
            [0o600, 0o600, 0o700]
        );
        assert_eq!(load::read(&paths, &|_| None).unwrap(), loaded);
        assert_eq!(
            loaded.config.providers["anthropic"].key,
            KeySource::File(key.clone())
        );

        add_provider(&paths, &anthropic("sk-2"), &|_| None).unwrap();
        assert_eq!(fs::read_to_string(&key).unwrap(), "sk-2\n");
        assert_eq!(load::read(&paths, &|_| None).unwrap(), loaded);
    }

    #[test]
    fn what_stands_there_stays() {
        let (_scratch, paths) = home();
        let server = NewProvider {
            name: "box.1".to_owned(),
            wire: Some(Wire::OpenAiChat),
            base_url: Some("http://127.0.0.1:8080/v1".to_owned()),
            preset: Some("llamacpp".to_owned()),
            key: KeyToStore::Env("BOX_KEY".to_owned()),
            model: Some("box.1/q".parse().unwrap()),
        };
        let added = "\n[providers.\"box.1\"]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:8080/v1\"\n\
            preset = \"llamacpp\"\nkey_env = \"BOX_KEY\"\n";
        let cases = [
            (
                "# mine\n\n# how\nmode = \"ask\" # so\n",
                "# mine\n\nmodel = \"box.1/q\"\n\n# how\nmode = \"ask\" # so\n",
            ),
            (
                "model = \"openai/x\" # old\n",
                "model = \"box.1/q\" # old\n",
            ),
            (
                "[roles]\nmain = \"openai/x\" # old\n",
                "[roles]\nmain = \"box.1/q\" # old\n",
            ),
            (
                "roles.main = \"openai/x\"\nmodel = \"openai/x\"\n",
                "roles.main = \"box.1/q\"\nmodel = \"box.1/q\"\n",
            ),
            (
                "\u{feff}[ui]\r\nmouse = true",
                "\u{feff}model = \"box.1/q\"\n\n[ui]\r\nmouse = true\n",
            ),
        ];
        paths::ensure(paths.config_file.parent().unwrap()).unwrap();
        for (text, expected) in cases {
            fs::write(&paths.config_file, text).unwrap();
            add_provider(&paths, &server, &|_| None).unwrap();
            assert_eq!(
                fs::read_to_string(&paths.config_file).unwrap(),
                format!("{expected}{added}")
            );
        }
        assert!(!paths.keys.exists());
    }

    #[test]
    fn what_cannot_be_added_changes_nothing() {
        let (_scratch, paths) = home();
        let file = paths.config_file.display().to_string();
        paths::ensure(paths.config_file.parent().unwrap()).unwrap();
        let cases = [
            (
                "mode = 1",
                format!("{file} has faults of its own: `creel config check` lists them"),
            ),
            (
                "[providers.anthropic]\nkey_env = \"X\"",
                format!("[providers.anthropic] is in {file} already: change it there"),
            ),
            (
                "providers = {}",
                format!(
                    "cannot add [providers.anthropic] to {file}: 3:2: cannot extend value of type inline table with a dotted key"
                ),
            ),
        ];
        for (text, expected) in cases {
            fs::write(&paths.config_file, text).unwrap();
            let error = add_provider(&paths, &anthropic("sk-1"), &|_| None).unwrap_err();
            assert_eq!(error, expected);
            assert_eq!(fs::read_to_string(&paths.config_file).unwrap(), text);
            assert!(!paths.keys.exists());
        }
        let mut named = anthropic("k");
        named.name = "../x".to_owned();
        assert_eq!(
            add_provider(&paths, &named, &|_| None).unwrap_err(),
            "`../x` is no name for a provider: letters, digits, `-`, `_` and `.`"
        );
    }
}
