//! Another key for a provider that is there: where the config names the place of its key, it names another one afterwards.

use toml::de::DeTable;

use crate::config::load::{self, Loaded};
use crate::config::paths::{Environment, Paths};
use crate::config::write::{KeyToStore, NewProvider, append, keep_config, keep_secret};

/// Gives a provider another key. Everything else in the config stays as it is, comments included, and nothing is written unless
/// the result reads well.
pub fn give_key(
    paths: &Paths,
    name: &str,
    key: &KeyToStore,
    env: Environment<'_>,
) -> Result<Loaded, String> {
    let file = &paths.config_file;
    let text = load::read_file(file).map_err(|why| format!("{} {why}", file.display()))?;
    let before = load::parse(&text, file, env).map_err(|_| {
        format!(
            "{} has faults of its own: `creel config check` lists them",
            file.display()
        )
    })?;
    let Some(source) = key.source(&paths.keys.join(name)) else {
        return Err(format!("no key was given for {name}"));
    };
    let mut changed = text.clone();
    match before.config.providers.get(name) {
        None => return Err(format!("the config names no provider `{name}`")),
        Some(entry) if entry.key == source => {}
        Some(entry) if entry.origin == file.display().to_string() => {
            set_key(&mut changed, name, key);
        }
        // Found by its key in the environment: the file goes before that.
        Some(_) => append(
            &mut changed,
            &NewProvider {
                name: name.to_owned(),
                wire: None,
                base_url: None,
                preset: None,
                key: key.clone(),
                model: None,
            },
        ),
    }
    let mut after = load::parse(&changed, file, env)
        .ok()
        .filter(|after| {
            let entry = after.config.providers.get(name);
            entry.is_some_and(|entry| entry.key == source)
        })
        .ok_or_else(|| {
            format!(
                "the key of [providers.{name}] in {} must be changed there",
                file.display()
            )
        })?;
    if let KeyToStore::Secret(secret) = key {
        keep_secret(paths, name, secret)?;
        // Read again: the key's file is there now.
        after = load::parse(&changed, file, env).unwrap_or(after);
    }
    if changed != text {
        keep_config(file, &changed)?;
    }
    Ok(after)
}

/// Names another place of a provider's key, in the place of the one that is named, else before the entry's first key.
fn set_key(text: &mut String, name: &str, key: &KeyToStore) {
    let Some((field, value)) = key.line(name) else {
        return;
    };
    let line = format!("{field} = {value}");
    let found = DeTable::parse(text).ok().and_then(|root| {
        let providers = root.get_ref().get("providers")?.get_ref().as_table()?;
        let entry = providers.get(name)?.get_ref().as_table()?;
        let named = entry.iter().find(|(field, _)| {
            let field: &str = field.get_ref();
            matches!(field, "key_env" | "key_file" | "key_command")
        });
        if let Some((field, value)) = named {
            return Some(field.span().start..value.span().end);
        }
        let first = entry.keys().map(|key| key.span().start).min()?;
        Some(first..first)
    });
    let Some(span) = found else {
        return;
    };
    let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let alone = text[start..span.start].trim().is_empty();
    let end = match (span.is_empty(), alone) {
        (false, _) => "",
        (true, true) => "\n",
        (true, false) => ", ",
    };
    text.replace_range(span, &format!("{line}{end}"));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use pretty_assertions::assert_eq;
    use tempfile::TempDir;

    use super::*;
    use crate::config::paths;
    use crate::config::secret::Secret;

    fn home() -> (TempDir, Paths) {
        let scratch = tempfile::tempdir().unwrap();
        let home = scratch.path().join("home").into_os_string();
        let paths =
            Paths::from_environment(&|name| (name == "CREEL_HOME").then(|| home.clone())).unwrap();
        (scratch, paths)
    }

    #[test]
    fn another_key_takes_the_place_of_the_one_that_is_named() {
        let (_scratch, paths) = home();
        let env = |name: &str| (name == "ANTHROPIC_API_KEY").then(|| "sk-1".into());
        let secret = || KeyToStore::Secret(Secret::new("sk-2").unwrap());
        let cases = [
            // Found in the environment: an entry of its own.
            (
                "# mine\n",
                secret(),
                "# mine\n\n[providers.anthropic]\nkey_file = \"keys/anthropic\"\n",
            ),
            (
                "[providers.anthropic]\nkey_env = \"X\" # why\n[ui]\nmouse = true\n",
                secret(),
                "[providers.anthropic]\nkey_file = \"keys/anthropic\" # why\n[ui]\nmouse = true\n",
            ),
            (
                "[providers.anthropic]\nkey_command = [\n  \"pass\",\n]\n",
                KeyToStore::Env("Y".to_owned()),
                "[providers.anthropic]\nkey_env = \"Y\"\n",
            ),
            (
                "[providers.anthropic]\nkey_env = \"X\"\n",
                KeyToStore::Command(["pass", "show", "a \"b\""].map(str::to_owned).into()),
                "[providers.anthropic]\nkey_command = [\"pass\", \"show\", 'a \"b\"']\n",
            ),
            (
                "providers.anthropic = { key_file = \"/k\" }\n",
                KeyToStore::File(PathBuf::from("/l")),
                "providers.anthropic = { key_file = \"/l\" }\n",
            ),
            // No place was named.
            (
                "[providers.anthropic]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\n",
                secret(),
                "[providers.anthropic]\nkey_file = \"keys/anthropic\"\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\n",
            ),
            (
                "providers = { anthropic = { wire = \"openai-chat\", base_url = \"http://127.0.0.1:1/v1\" } }\n",
                KeyToStore::Env("Y".to_owned()),
                "providers = { anthropic = { key_env = \"Y\", wire = \"openai-chat\", base_url = \"http://127.0.0.1:1/v1\" } }\n",
            ),
        ];
        paths::ensure(paths.config_file.parent().unwrap()).unwrap();
        for (text, key, expected) in cases {
            fs::write(&paths.config_file, text).unwrap();
            let loaded = give_key(&paths, "anthropic", &key, &env).unwrap();
            let written = fs::read_to_string(&paths.config_file).unwrap();
            assert_eq!(written, expected);
            assert_eq!(load::read(&paths, &env).unwrap(), loaded);
            // The same place again: only the key itself is new.
            give_key(&paths, "anthropic", &key, &env).unwrap();
            assert_eq!(fs::read_to_string(&paths.config_file).unwrap(), expected);
        }
        let key = paths.keys.join("anthropic");
        assert_eq!(fs::read_to_string(&key).unwrap(), "sk-2\n");
        let mode = fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_cannot_be_given_changes_nothing() {
        let (_scratch, paths) = home();
        let env = |name: &str| (name == "ANTHROPIC_API_KEY").then(|| "sk-0".into());
        let file = paths.config_file.display().to_string();
        paths::ensure(paths.config_file.parent().unwrap()).unwrap();
        let cases = [
            (
                "",
                "openai",
                "the config names no provider `openai`".to_owned(),
            ),
            (
                "mode = 1",
                "anthropic",
                format!("{file} has faults of its own: `creel config check` lists them"),
            ),
            // The entry has a table of its own only for a model.
            (
                "[providers.anthropic.models.m]\ncontext = 100000\n",
                "anthropic",
                format!("the key of [providers.anthropic] in {file} must be changed there"),
            ),
        ];
        for (text, name, expected) in cases {
            fs::write(&paths.config_file, text).unwrap();
            let key = KeyToStore::Secret(Secret::new("sk-1").unwrap());
            let error = give_key(&paths, name, &key, &env).unwrap_err();
            assert_eq!(error, expected);
            assert_eq!(fs::read_to_string(&paths.config_file).unwrap(), text);
            assert!(!paths.keys.exists());
        }
    }
}
