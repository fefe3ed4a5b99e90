//! What a project says of who may hear of it: `.creel/config.toml` with `private = true` and the `providers` that may. It can only
//! take away, so it needs no trust.

use std::path::Path;

use crate::disk::file;
use crate::project;

/// Within the project's own folder.
const FILE: &str = ".creel/config.toml";

/// A longer one says nothing that is understood.
const LIMIT: u64 = 64 * 1024;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Privacy {
    /// Nothing of it is told in another project, and nothing sent to a provider that is not listed.
    pub private: bool,
    pub providers: Vec<String>,
}

impl Privacy {
    /// Why a provider may not be asked in this project.
    pub fn forbids(&self, provider: &str) -> Option<String> {
        if !self.private || self.providers.iter().any(|listed| listed == provider) {
            return None;
        }
        Some(format!(
            "this project is private and does not list the provider {provider}: add it to `providers` in its {FILE}, or choose a model of one that is listed ({})",
            if self.providers.is_empty() {
                "none is".to_owned()
            } else {
                self.providers.join(", ")
            }
        ))
    }
}

/// What the project of this folder says; nothing where it has no such file. The error says why it cannot be read: that could
/// forbid.
pub fn read(root: &Path) -> Result<Privacy, String> {
    let path = root.join(FILE);
    match path.symlink_metadata() {
        Err(error) if is_absent(&error) => return Ok(Privacy::default()),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
        Ok(_) => {}
    }
    // A link may lead to another name inside the project, and to nothing outside it.
    let top = root.canonicalize();
    let real = path.canonicalize().ok().filter(|real| {
        let top = top.as_deref();
        top.is_ok_and(|top| real.starts_with(top))
    });
    let head = real
        .and_then(|real| file::read_exactly(&real, LIMIT + 1))
        .filter(|head| head.bytes <= LIMIT)
        .ok_or_else(|| {
            format!(
                "{} is no file of at most {LIMIT} bytes in the project",
                path.display()
            )
        })?;
    let text = String::from_utf8_lossy(&head.head);
    let faulty = |why: &str| Err(format!("{} cannot be understood: {why}", path.display()));
    let file: toml::Table = match toml::from_str(&text) {
        Ok(file) => file,
        // What is written there for another program says nothing here.
        Err(_) if !text.contains("private") => return Ok(Privacy::default()),
        Err(error) => return faulty(error.message().lines().next().unwrap_or_default()),
    };
    let private = match file.get("private") {
        None => false,
        Some(toml::Value::Boolean(private)) => *private,
        Some(_) => return faulty("`private` is neither true nor false"),
    };
    let names = match file.get("providers") {
        Some(toml::Value::Array(names)) => names.as_slice(),
        _ => &[],
    };
    let names = names.iter().filter_map(toml::Value::as_str);
    Ok(Privacy {
        private,
        providers: names.map(str::to_owned).collect(),
    })
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

/// What holds for a session in this folder: what its checkout says, or the project that it is of, whichever is private.
pub fn of(cwd: &Path, root: &Path) -> Result<Privacy, String> {
    let top = project::find(cwd).top;
    let mut folders = vec![root, top.as_path(), cwd];
    folders.dedup();
    let mut found = Privacy::default();
    for folder in folders {
        let privacy = read(folder)?;
        if privacy.private {
            if found.private {
                found
                    .providers
                    .retain(|name| privacy.providers.contains(name));
            } else {
                found = privacy;
            }
        }
    }
    Ok(found)
}

/// Whether what was said in the project of this folder may be told in another one: it is there, and neither it nor a folder that
/// it lies in says otherwise.
pub fn is_open(root: &Path) -> bool {
    let open = |folder: &Path| read(folder).is_ok_and(|privacy| !privacy.private);
    root.is_dir()
        && root.ancestors().all(open)
        && of(root, root).is_ok_and(|privacy| !privacy.private)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_project_can_keep_itself_to_listed_providers() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(is_open(root));
        assert!(!is_open(&root.join("gone")));
        std::fs::create_dir(root.join(".creel")).unwrap();
        let write = |text: &str| std::fs::write(root.join(FILE), text).unwrap();
        for (text, open, local, other) in [
            ("", true, true, true),
            ("providers = [\"local\"]\n", true, true, true),
            ("private = true\nmore = 1\n", false, false, false),
            (
                "private = true\nproviders = [\"local\"]\n",
                false,
                true,
                false,
            ),
        ] {
            write(text);
            let privacy = read(root).unwrap();
            let may = |provider: &str| privacy.forbids(provider).is_none();
            assert_eq!(
                (is_open(root), may("local"), may("other")),
                (open, local, other),
                "{text}"
            );
        }
        write("private = maybe");
        assert!(read(root).is_err());
        assert!(!is_open(root));
    }
}
