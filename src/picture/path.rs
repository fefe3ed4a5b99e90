//! Paths as people type them and terminals paste them.

use std::path::{Path, PathBuf};

/// The file a path means: `file://`, `~/`, or relative to the folder.
pub(crate) fn resolve(path: &str, folder: &Path, home: Option<&Path>) -> PathBuf {
    let path = path.trim();
    if let Some(address) = path.strip_prefix("file://") {
        let local = address.strip_prefix("localhost").unwrap_or(address);
        return PathBuf::from(decoded(local));
    }
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

/// `%20` is a blank; what is no such sign stays as it is.
fn decoded(address: &str) -> String {
    let bytes = address.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = address.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_however_it_is_written() {
        let cases = [
            ("a.png", "/src/a.png"),
            ("./a b.png ", "/src/./a b.png"),
            ("/tmp/a.png", "/tmp/a.png"),
            ("~/a.png", "/home/me/a.png"),
            ("file:///tmp/a%20b%C3%A9.png", "/tmp/a bé.png"),
            ("file://localhost/tmp/a.png", "/tmp/a.png"),
            ("file:///tmp/100%.png", "/tmp/100%.png"),
            ("file:///tmp/%zz%é", "/tmp/%zz%é"),
        ];
        for (path, expected) in cases {
            let found = resolve(path, Path::new("/src"), Some(Path::new("/home/me")));
            assert_eq!(found, Path::new(expected), "{path}");
        }
        let found = resolve("~/a", Path::new("/src"), None);
        assert_eq!(found, Path::new("/src/~/a"));
    }
}
