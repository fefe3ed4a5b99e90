//! From what a model writes as a path to what would be touched. A path counts under both its names: as it is written, and as
//! it is once symbolic links are resolved; a link out of the roots is thus seen before anything is opened.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::agent::visible;
use crate::protocol::call::Reach;
use crate::tool::{Place, Scene};

/// What a reading tool is pointed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Absolute and normalised.
    File(PathBuf),
    /// `output:N`: an output of this session that was kept whole.
    Output(u32),
}

/// As many links as the kernel follows in one path.
const LINKS_MOST: usize = 40;

/// A path or `output:N`. A file of such a name is reached as `./output:N`.
pub fn source(text: &str, place: &Place) -> Result<Source, String> {
    match text.trim().strip_prefix("output:") {
        Some(number) => number
            .trim()
            .parse()
            .map(Source::Output)
            .map_err(|_| format!("`{text}` names no output: expected output:NUMBER")),
        None => absolute(text, &place.cwd).map(Source::File),
    }
}

/// The path as written, absolute and without `.` and `..`; `~` is the home folder.
pub fn absolute(text: &str, cwd: &Path) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("`path` is empty".to_owned());
    }
    if text.contains('\0') {
        return Err("`path` contains a NUL character".to_owned());
    }
    let from_home = if text == "~" {
        Some("")
    } else {
        text.strip_prefix("~/")
    };
    let path = match (from_home, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(text),
    };
    Ok(normal(&cwd.join(path)))
}

fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The path with every symbolic link resolved as far as it exists, a dangling link included: where the bytes truly are or
/// would be. Opens nothing.
pub fn real(path: &Path) -> Result<PathBuf, String> {
    let mut real = PathBuf::from("/");
    let mut rest: VecDeque<OsString> = parts(path);
    let mut links = 0;
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            real.pop();
            continue;
        }
        let next = real.join(&part);
        let is_link = next
            .symlink_metadata()
            .is_ok_and(|meta| meta.file_type().is_symlink());
        let Some(target) = is_link.then(|| next.read_link().ok()).flatten() else {
            real = next;
            continue;
        };
        links += 1;
        if links > LINKS_MOST {
            return Err(format!(
                "{} goes through too many symbolic links",
                path.display()
            ));
        }
        if target.is_absolute() {
            real = PathBuf::from("/");
        }
        for part in parts(&target).into_iter().rev() {
            rest.push_front(part);
        }
    }
    Ok(real)
}

fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(part) => Some(part.to_owned()),
            Component::ParentDir => Some("..".into()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// What reading the source would touch: where it is reached through links, its true place comes last.
pub fn reads(source: &Source) -> Result<Vec<Reach>, String> {
    match source {
        Source::Output(number) => Ok(vec![Reach::Output { number: *number }]),
        Source::File(path) => Ok(both_names(path)?
            .into_iter()
            .map(|path| Reach::Read { path })
            .collect()),
    }
}

/// What writing the file would touch.
pub fn writes(path: &Path) -> Result<Vec<Reach>, String> {
    Ok(both_names(path)?
        .into_iter()
        .map(|path| Reach::Write { path })
        .collect())
}

/// Refused where the path now leads to another place than when the call was judged: a link in it was changed in between.
/// `real` has its links resolved, and is opened as it stands.
pub fn is_judged(real: &Path, shown: &str, scene: &Scene) -> Result<(), String> {
    let is_it = |reach: &Reach| match reach {
        Reach::Read { path } | Reach::Write { path } | Reach::Note { path } => path == real,
        Reach::Output { .. } | Reach::Run { .. } | Reach::Recall { .. } => false,
    };
    match &scene.reached {
        Some(reached) if !reached.iter().any(is_it) => Err(format!(
            "{shown} led to another place when this call was judged; nothing was done"
        )),
        _ => Ok(()),
    }
}

fn both_names(path: &Path) -> Result<Vec<PathBuf>, String> {
    let real = real(path)?;
    let mut names = vec![path.to_owned()];
    if real != path {
        names.push(real);
    }
    Ok(names)
}

/// The path as the model reads it: relative to the session's folder where it lies inside, control characters written out.
pub fn shown(path: &Path, place: &Place) -> String {
    let relative = path.strip_prefix(&place.cwd).unwrap_or(path);
    if relative.as_os_str().is_empty() {
        return ".".to_owned();
    }
    visible::escaped(&relative.to_string_lossy()).replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::note::Shelf;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_spelling_becomes_one_path() {
        let cwd = Path::new("/srv/project");
        let cases = [
            ("a.rs", "/srv/project/a.rs"),
            ("./a/../b//c/.", "/srv/project/b/c"),
            ("../../../../etc/passwd", "/etc/passwd"),
            ("/x/./y/..", "/x"),
            ("/", "/"),
            ("~x", "/srv/project/~x"),
            ("./output:3", "/srv/project/output:3"),
            (" a", "/srv/project/ a"),
        ];
        for (text, expected) in cases {
            assert_eq!(absolute(text, cwd), Ok(PathBuf::from(expected)), "{text}");
        }
        assert!(absolute("", cwd).is_err());
        assert!(absolute("a\0b", cwd).is_err());
    }

    #[test]
    fn outputs_are_told_from_files() {
        let place = Place {
            cwd: "/w".into(),
            roots: vec![],
            project: "/w".into(),
            notes: Shelf::new(Path::new("/home/notes"), Path::new("/w")),
        };
        assert_eq!(source("output:12", &place), Ok(Source::Output(12)));
        assert_eq!(
            source("output:x", &place),
            Err("`output:x` names no output: expected output:NUMBER".to_owned())
        );
        assert_eq!(
            source("./output:1", &place),
            Ok(Source::File("/w/output:1".into()))
        );
    }

    #[test]
    fn a_link_is_reached_under_both_names() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        symlink("/etc", root.join("out")).unwrap();
        symlink("nowhere/else", root.join("dangling")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let cases = [
            ("out/hosts", Ok("/etc/hosts".to_owned())),
            (
                "dangling",
                Ok(root.join("nowhere/else").display().to_string()),
            ),
            ("new/file", Ok(root.join("new/file").display().to_string())),
        ];
        for (path, expected) in cases {
            let real = real(&root.join(path)).map(|path| path.display().to_string());
            assert_eq!(real, expected, "{path}");
        }
        assert!(real(&root.join("loop/x")).is_err());
        assert_eq!(
            writes(&root.join("out/x")),
            Ok(vec![
                Reach::Write {
                    path: root.join("out/x")
                },
                Reach::Write {
                    path: "/etc/x".into()
                },
            ])
        );
    }
}
