//! What counts as inside the session's folders, what in them is protected, and what is said of one that is not there.

use std::path::{Path, PathBuf};

pub(crate) fn inside(path: &Path, roots: &[PathBuf]) -> bool {
    roots.iter().any(|root| path.starts_with(root))
}

/// Paths that what runs later depends on: asked about even where edits run.
pub(crate) fn is_protected(path: &Path) -> bool {
    const FOLDERS: &[&str] = &[".git", ".creel"];
    const FILES: &[&str] = &[
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".zlogin",
        ".zlogout",
        ".kshrc",
        ".cshrc",
        ".tcshrc",
        ".login",
        ".inputrc",
        "config.fish",
    ];
    let has = |names: &[&str], name: &std::ffi::OsStr| {
        names.iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    // What another agent's settings allow there can be trusted here.
    let settings = path.parent().and_then(Path::file_name);
    let settings = settings.is_some_and(|folder| has(&[".claude"], folder))
        && path
            .file_name()
            .is_some_and(|name| has(&["settings.json", "settings.local.json"], name));
    settings
        || path
            .components()
            .any(|component| has(FOLDERS, component.as_os_str()))
        || path.file_name().is_some_and(|name| has(FILES, name))
}

/// Of a session of another program whose folder is not here, or not known: what can be done with it.
pub fn not_here(folder: Option<&str>) -> String {
    let what = match folder {
        Some(folder) => format!("the folder {folder} of this session is not here"),
        None => "in which folder this session was is not known".to_owned(),
    };
    format!("{what}: it can be read; to go on with it elsewhere: /folder DIR")
}
