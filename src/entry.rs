//! What a person gave on the screen as an entry of the config: a vendor with its key, a server by its address, or one of this
//! machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use creel::config::load;
use creel::config::paths::{Paths, process_environment};
use creel::config::secret::{self, Secret};
use creel::config::write::KeyToStore;
use creel::config::{KeySource, ProviderConfig, Wire, address, preset};
use creel::protocol::usage::CacheLife;
use creel::provider::local::Kind;
use creel::tui::app::setup::{GivenKey, NewProvider};

/// A provider as given: its name and entry, and how its key is read and kept.
pub struct Entry {
    pub name: String,
    pub config: ProviderConfig,
    pub key: Option<Secret>,
    pub keep: KeyToStore,
}

/// What a provider is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Try,
    /// It was tried: a command that prints its key may ask the person, and is not run a second time.
    Keep,
}

pub fn entry(paths: &Paths, new: &NewProvider, wanted: Use) -> Result<Entry, String> {
    match new {
        NewProvider::Key { vendor, key } | NewProvider::Beside { vendor, key } => {
            of_vendor(vendor, key, wanted)
        }
        NewProvider::KeyOf { provider, key } => another(paths, provider, key, wanted),
        NewProvider::Server { address } => server(address),
        NewProvider::Local { preset, port } | NewProvider::LocalBeside { preset, port } => {
            local_server(preset, *port)
        }
    }
}

/// A key as given, and how it is kept; the key itself where it had to be read.
fn given(key: &GivenKey, wanted: Use) -> Result<(Option<Secret>, KeyToStore), String> {
    match key {
        GivenKey::Pasted(key) => Ok((Some(key.clone()), KeyToStore::Secret(key.clone()))),
        GivenKey::Variable(variable) => {
            let key = secret::read(&KeySource::Env(variable.clone()), &process_environment)?;
            let key = key.ok_or_else(|| format!("${variable} is not set, or empty"))?;
            Ok((Some(key), KeyToStore::Env(variable.clone())))
        }
        GivenKey::File(path) => {
            let path = &at_home(path, std::env::home_dir());
            let key = secret::read(&KeySource::File(path.clone()), &process_environment)?;
            let key = key.ok_or_else(|| format!("{} is empty", path.display()))?;
            Ok((Some(key), KeyToStore::File(absolute(path)?)))
        }
        GivenKey::Command(argv) => {
            let keep = KeyToStore::Command(argv.clone());
            let source = KeySource::Command(argv.clone());
            let key = match wanted {
                Use::Try => secret::read(&source, &process_environment)?,
                Use::Keep => None,
            };
            Ok((key, keep))
        }
    }
}

/// The path with the person's own folder in the place of `~`.
fn at_home(path: &Path, home: Option<PathBuf>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn of_vendor(vendor: &str, key: &GivenKey, wanted: Use) -> Result<Entry, String> {
    let preset = preset::find(vendor);
    let config = preset.and_then(|preset| preset.entry(None, "the first page".to_owned()));
    let mut config = config.ok_or_else(|| format!("`{vendor}` has no address"))?;
    let (key, keep) = given(key, wanted)?;
    if key.is_none() {
        // Not the usual variable, which may not be set.
        config.key = KeySource::None;
    }
    Ok(Entry {
        name: vendor.to_owned(),
        config,
        key,
        keep,
    })
}

/// A provider of the config as it is now, with another key.
fn another(paths: &Paths, name: &str, key: &GivenKey, wanted: Use) -> Result<Entry, String> {
    let loaded = load::read(paths, &process_environment).map_err(|error| error.to_string())?;
    let config = loaded.config.providers.get(name).cloned();
    let config = config.ok_or_else(|| format!("the config names no provider `{name}` any more"))?;
    let (key, keep) = given(key, wanted)?;
    Ok(Entry {
        name: name.to_owned(),
        config,
        key,
        keep,
    })
}

/// A server on this machine, at its usual port or another.
pub fn local_server(preset: &str, port: u16) -> Result<Entry, String> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.preset() == preset);
    let config =
        preset::find(preset).and_then(|preset| preset.entry(None, "the first page".to_owned()));
    let (Some(kind), Some(mut config)) = (kind, config) else {
        return Err(format!("`{preset}` is no server of this machine"));
    };
    let usual = format!(":{}", kind.usual_port());
    config.base_url = config.base_url.replace(&usual, &format!(":{port}"));
    Ok(Entry {
        name: preset.to_owned(),
        config,
        key: None,
        keep: KeyToStore::None,
    })
}

/// A compatible server by its address, as people type it: without a scheme it is on this machine, without a path it is `/v1`.
fn server(typed: &str) -> Result<Entry, String> {
    let typed = typed.trim();
    let with_scheme = if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("http://{typed}")
    };
    let rest = with_scheme.split_once("://").map_or("", |(_, rest)| rest);
    let whole = if rest.trim_end_matches('/').contains('/') {
        with_scheme
    } else {
        format!("{}/v1", with_scheme.trim_end_matches('/'))
    };
    let base_url = address::check(&whole).map_err(|why| format!("{typed} {why}"))?;
    let name = if address::is_local(&base_url) {
        "local"
    } else {
        "server"
    };
    let config = ProviderConfig {
        wire: Wire::OpenAiChat,
        base_url,
        key: KeySource::None,
        preset: None,
        models: BTreeMap::new(),
        cache: CacheLife::default(),
        script: None,
        subscription: None,
        currency: None,
        origin: "the first page".to_owned(),
    };
    Ok(Entry {
        name: name.to_owned(),
        config,
        key: None,
        keep: KeyToStore::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_may_be_named_from_the_home_folder() {
        let home = || Some(PathBuf::from("/home/ada"));
        let cases = [
            ("~/keys/anthropic", home(), "/home/ada/keys/anthropic"),
            ("~/keys/anthropic", None, "~/keys/anthropic"),
            ("~bob/key", home(), "~bob/key"),
            ("/keys/~", home(), "/keys/~"),
            ("./key", home(), "./key"),
        ];
        for (path, home, expected) in cases {
            assert_eq!(at_home(Path::new(path), home), Path::new(expected));
        }
    }

    #[test]
    fn a_command_that_prints_a_key_is_run_to_try_it_and_not_to_keep_it() {
        let cases = [
            (["printf", "sk-1\nmore"], Ok(Some("sk-1"))),
            (
                ["printf", ""],
                Err("the key command `printf` printed nothing"),
            ),
            (
                ["/nowhere/pass", "show"],
                Err(
                    "cannot run the key command `/nowhere/pass show`: No such file or directory (os error 2)",
                ),
            ),
        ];
        for (argv, expected) in cases {
            let argv = argv.map(str::to_owned).to_vec();
            let typed = GivenKey::Command(argv.clone());
            let tried = given(&typed, Use::Try).map(|(key, _)| key);
            let read = tried
                .as_ref()
                .map(|key| key.as_ref().map(Secret::expose))
                .map_err(String::as_str);
            assert_eq!(read, expected, "{argv:?}");
            let Ok((None, KeyToStore::Command(kept))) = given(&typed, Use::Keep) else {
                unreachable!("it is not run");
            };
            assert_eq!(kept, argv);
        }
    }
}
