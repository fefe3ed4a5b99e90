//! Folders that stay in the one for what passes: `creel doctor` finds them and takes none away.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::Home;

#[test]
fn doctor_names_the_folders_that_are_left_and_nothing_else() {
    let home = Home::new();
    let place = home.beside("tmp");
    let named = || {
        let checks = home.run(&["doctor", "--json"]).json();
        let mut checks = checks.as_array().unwrap().iter();
        let left = checks.find(|check| check["name"] == "left folders");
        left.map(|check| check["text"].as_str().unwrap().to_owned())
    };
    assert_eq!(named(), None);
    fs::create_dir(place.join("creel-other")).unwrap();
    fs::write(place.join("creel-tour-file"), "").unwrap();
    symlink(home.work(), place.join("creel-tour-link")).unwrap();
    assert_eq!(named(), None);
    let (tour, scratch) = (place.join("creel-tour-b"), place.join("creel-scratch-a"));
    fs::create_dir(&tour).unwrap();
    let expected = format!(
        "{} is left of a tour or of a session without a folder",
        tour.display()
    );
    assert_eq!(named(), Some(expected));
    fs::create_dir(&scratch).unwrap();
    let expected = format!(
        "{} and 1 more are left of tours or of sessions without a folder",
        scratch.display()
    );
    assert_eq!(named(), Some(expected));
    assert!(tour.is_dir() && scratch.is_dir());
}
