//! Files that Creel was started with and never opened: whoever started it left them open, and they would go on to every command.
//! Creel's own all close with the exec.

use std::ffi::OsString;
use std::fs;

/// Closes what it is given and becomes the rest. Only a shell can close a file by its number without unsafe code here, and of
/// shells only this one takes numbers of any length.
const SHELL: &str = "/bin/bash";
const CLOSES: &str = r#"for file in $0; do eval "exec $file>&-"; done; exec "$@""#;

/// The vector as it is to be run: itself, or behind what closes the files that nobody here opened.
pub(crate) fn sealed(argv: Vec<OsString>) -> Vec<OsString> {
    let left = left_open();
    if left.is_empty() || !fs::exists(SHELL).unwrap_or(false) {
        return argv;
    }
    let numbers = left.join(" ");
    [SHELL, "-c", CLOSES, &numbers]
        .into_iter()
        .map(OsString::from)
        .chain(argv)
        .collect()
}

/// The numbers of open files beyond the three that an exec does not close.
fn left_open() -> Vec<String> {
    let Ok(files) = fs::read_dir("/proc/self/fdinfo") else {
        return Vec::new();
    };
    files
        .flatten()
        .filter_map(|file| file.file_name().into_string().ok())
        .filter(|number| number.parse::<u32>().is_ok_and(|number| number > 2))
        .filter(|number| {
            let told = fs::read_to_string(format!("/proc/self/fdinfo/{number}"));
            told.is_ok_and(|told| survives(&told))
        })
        .collect()
}

/// Whether an open file outlives an exec, as the kernel tells of it: in octal, and this bit closes it.
fn survives(told: &str) -> bool {
    const CLOSES_ON_EXEC: u32 = 0o2_000_000;
    let mut flags = told.lines().filter_map(|line| line.strip_prefix("flags:"));
    let flags = flags
        .next()
        .map(|flags| u32::from_str_radix(flags.trim(), 8));
    matches!(flags, Some(Ok(flags)) if flags & CLOSES_ON_EXEC == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_outlives_an_exec_is_told_by_its_flags() {
        for (told, expected) in [
            ("pos:\t0\nflags:\t0100002\nmnt_id:\t9\n", true),
            ("pos:\t0\nflags:\t02100002\nmnt_id:\t9\n", false),
            ("pos:\t0\n", false),
            ("flags:\tx\n", false),
        ] {
            assert_eq!(survives(told), expected, "{told:?}");
        }
    }
}
