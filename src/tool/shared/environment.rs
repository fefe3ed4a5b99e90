//! What a command of the model sees of the environment: a list of what passes, never a list of what does not.

use std::ffi::OsString;

/// Variables that pass under exactly this name: the person's place and language, and where toolchains live.
const PASS: &[&str] = &[
    "ANDROID_HOME",
    "ASDF_DATA_DIR",
    "ASDF_DIR",
    "BUNDLE_PATH",
    "BUN_INSTALL",
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "DENO_DIR",
    "DOTNET_ROOT",
    "FNM_DIR",
    "GEM_HOME",
    "GOBIN",
    "GOCACHE",
    "GOMODCACHE",
    "GOPATH",
    "GOROOT",
    "GRADLE_USER_HOME",
    "HOME",
    "JAVA_HOME",
    "LANG",
    "LANGUAGE",
    "LOCALE_ARCHIVE",
    "LOGNAME",
    "M2_HOME",
    "MAVEN_HOME",
    "MISE_DATA_DIR",
    "NIX_PATH",
    "NIX_PROFILES",
    "NIX_SSL_CERT_FILE",
    "NVM_BIN",
    "NVM_DIR",
    "PATH",
    "PNPM_HOME",
    "PYENV_ROOT",
    "RBENV_ROOT",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SDKMAN_DIR",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
    "VOLTA_HOME",
];
/// And those that begin so.
const PASS_PREFIXES: &[&str] = &["LC_", "XDG_"];
/// Unless they say what they carry.
const SECRET_WORDS: &[&str] = &["KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH"];

/// There is no terminal: nothing pages, colours or asks.
const QUIET: &[(&str, &str)] = &[
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("NO_COLOR", "1"),
    ("PAGER", "cat"),
    ("TERM", "dumb"),
];

/// Whose command it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Asked for by the model: only what is listed passes.
    Model,
    /// Typed by the person: everything of theirs passes.
    Person,
}

/// The environment of a command, given Creel's own.
pub fn environment(
    whose: Whose,
    own: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    own.filter(|(name, _)| match whose {
        Whose::Person => true,
        Whose::Model => name.to_str().is_some_and(passes),
    })
    .filter(|(name, _)| !QUIET.iter().any(|(quiet, _)| *name == **quiet))
    .chain(
        QUIET
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into())),
    )
    .collect()
}

fn passes(name: &str) -> bool {
    PASS.contains(&name)
        || PASS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            && !SECRET_WORDS
                .iter()
                .any(|word| name.to_ascii_uppercase().contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_passes() {
        let own = [
            ("PATH", "/bin"),
            ("LC_ALL", "C.UTF-8"),
            ("XDG_CACHE_HOME", "/c"),
            ("XDG_API_KEY", "canary"),
            ("lc_all", "x"),
            ("OPENAI_API_KEY", "canary"),
            ("AWS_SESSION_TOKEN", "canary"),
            ("SSH_AUTH_SOCK", "canary"),
            ("LD_PRELOAD", "canary"),
            ("BASH_ENV", "canary"),
            ("GIT_DIR", "canary"),
            ("HTTPS_PROXY", "canary"),
            ("PYTHONPATH", "canary"),
            ("NODE_OPTIONS", "canary"),
            ("TERM", "xterm"),
        ];
        let of = |whose| {
            environment(
                whose,
                own.iter()
                    .map(|(name, value)| ((*name).into(), (*value).into())),
            )
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect::<Vec<_>>()
        };
        let quiet = [
            "GIT_PAGER=cat",
            "GIT_TERMINAL_PROMPT=0",
            "NO_COLOR=1",
            "PAGER=cat",
            "TERM=dumb",
        ];
        let mut expected = vec!["PATH=/bin", "LC_ALL=C.UTF-8", "XDG_CACHE_HOME=/c"];
        expected.extend(quiet);
        assert_eq!(of(Whose::Model), expected);
        let person = of(Whose::Person);
        assert_eq!(person.len(), own.len() - 1 + quiet.len());
        assert!(person.contains(&"OPENAI_API_KEY=canary".to_owned()));
    }
}
