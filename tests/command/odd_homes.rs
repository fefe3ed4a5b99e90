//! `creel backup` and `creel restore` of homes that are not as they should be: unreadable, without a config, or all in one folder.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;

use crate::command::keeping::{full, refused, told};
use crate::support::said;

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_kept() {
    let home = full();
    let odd = home.path().join("skills/s/odd");
    std::os::unix::fs::symlink("odd", &odd).unwrap();
    let file = home.beside("b.tar.gz");
    let said = home.run(&["backup", &file.to_string_lossy()]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("6 files of config") && said.out.contains("1 other named below"));
    let named = format!("not taken: {}: not readable", odd.display());
    assert!(said.err.contains(&named), "{said:?}");
    let restored = told(
        &home,
        &home.beside("fresh"),
        &["restore", &file.to_string_lossy()],
    );
    assert_eq!(restored["files"], 7);
}

#[test]
fn without_keys_nothing_is_written_where_nobody_can_tell_them() {
    let home = full();
    home.config("[providers.p]\nkey_file = ");
    let file = home.beside("b.tar.gz");
    let said = home.run(&["backup", &file.to_string_lossy(), "--without-keys"]);
    assert!(refused(&said).contains("config check"), "{said:?}");
    assert!(!file.exists());
}

#[test]
fn a_home_whose_folders_are_one_comes_back() {
    let home = full();
    let file = home.beside("all.tar.gz").to_string_lossy().into_owned();
    told(&home, &home.path(), &["backup", &file]);
    let one = home.beside("one");
    let link = home.beside("link");
    fs::create_dir(&one).unwrap();
    std::os::unix::fs::symlink(&one, &link).unwrap();
    let within = |data: &Path, arguments: &[&str]| {
        let mut command = home.creel(arguments);
        command.env_remove("CREEL_HOME");
        command.env("XDG_CONFIG_HOME", &one);
        command.env("XDG_STATE_HOME", &one);
        command.env("XDG_DATA_HOME", data);
        said(command)
    };
    let restored = within(&one, &["restore", &file]);
    assert_eq!(restored.code, 0, "{restored:?}");
    let sessions = within(&one, &["sessions", "--all", "--json"]);
    assert_eq!(sessions.json().as_array().unwrap().len(), 3);
    assert!(one.join("creel/MEMORY.md").exists() && !one.join("creel/restoring").exists());
    // Also where it has two names, and not for a second time unasked.
    let again = within(&link, &["restore", &file]);
    assert!(refused(&again).contains("--force"), "{again:?}");
    let again = within(&link, &["restore", &file, "--force"]);
    assert_eq!(again.code, 0, "{again:?}");
    let sessions = within(&link, &["sessions", "--all", "--json"]);
    assert_eq!(sessions.json().as_array().unwrap().len(), 3);
    assert!(one.join("creel/before-restore-1/MEMORY.md").exists());
    assert!(one.join("creel/before-restore-1/creel.db").exists());
}
