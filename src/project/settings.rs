//! The permissions that a folder brings in the files of another agent: `.claude/settings.json` and the one beside it that is not
//! shared. Read as data from outside: what they would let run is looked at by a person first.

use std::path::Path;

use serde_json::Value;

use crate::agent::rule;
use crate::agent::visible::as_command;
use crate::disk::file;
use crate::protocol::rule::Effect;

/// Bytes that are read of one; a longer one is none.
const LIMIT: u64 = 256 * 1024;
/// Rules that are taken of a folder. More are a fault of it, so that what was left out forbids nothing unseen.
const MOST: usize = 1_000;
/// Bytes of one rule that allows: it is read whole where it is trusted, on the smallest screen too.
const LONGEST: usize = 200;

/// What is shared first.
const FILES: [&str; 2] = [".claude/settings.json", ".claude/settings.local.json"];

const EFFECTS: [(&str, Effect); 3] = [
    ("deny", Effect::Deny),
    ("ask", Effect::Ask),
    ("allow", Effect::Allow),
];

/// What of such a file would start something, set something or widen what is inside; Creel takes none of it.
const UNUSED: [&str; 12] = [
    "hooks",
    "env",
    "mcpServers",
    "enabledMcpjsonServers",
    "enableAllProjectMcpServers",
    "apiKeyHelper",
    "awsAuthRefresh",
    "awsCredentialExport",
    "otelHeadersHelper",
    "statusLine",
    "sandbox",
    "model",
];

/// Files that would decide what is started or allowed, had anything read them; here nothing does.
const UNUSED_FILES: [&str; 2] = [".creel/config.toml", ".mcp.json"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    pub rules: Vec<Written>,
    /// What else stands there and is not used.
    pub unused: Vec<String>,
    /// What could not be read, each with its file.
    pub faults: Vec<String>,
}

/// One rule as a file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub file: &'static str,
    pub effect: Effect,
    pub text: String,
    /// Why it says nothing here.
    pub fault: Option<String>,
}

/// What the folder brings whose checkout begins at `top`.
pub fn read(top: &Path) -> Settings {
    let mut settings = Settings::default();
    // As a link may lead there.
    let Ok(top) = top.canonicalize() else {
        return settings;
    };
    for name in FILES {
        let Ok(real) = top.join(name).canonicalize() else {
            continue;
        };
        // Through no link: what is written under another name would be no file of settings for who asks about those.
        let head = (real == top.join(name))
            .then(|| file::read_exactly(&real, LIMIT))
            .flatten();
        match head {
            None => settings
                .faults
                .push(format!("{name} is no file of this folder")),
            Some(head) if head.bytes > LIMIT => {
                settings
                    .faults
                    .push(format!("{name} is longer than {LIMIT} bytes"));
            }
            Some(head) => settings.add(name, &head.head),
        }
    }
    let is_there = |name: &&&str| top.join(name).symlink_metadata().is_ok();
    let whole = UNUSED_FILES.iter().filter(is_there);
    settings.unused.extend(whole.map(|name| (*name).to_owned()));
    settings
}

impl Settings {
    /// Whether any of it would let something run.
    pub fn allows(&self) -> bool {
        let allows = |rule: &Written| rule.effect == Effect::Allow && rule.fault.is_none();
        self.rules.iter().any(allows)
    }

    fn add(&mut self, file: &'static str, bytes: &[u8]) {
        let whole: Value = match serde_json::from_slice(bytes) {
            Ok(whole) => whole,
            Err(error) => {
                return self.faults.push(format!("{file} is no JSON: {error}"));
            }
        };
        let unused = UNUSED.iter().filter(|key| whole.get(key).is_some());
        self.unused
            .extend(unused.map(|key| format!("{key} in {file}")));
        let Some(permissions) = whole.get("permissions") else {
            return;
        };
        for key in ["defaultMode", "additionalDirectories"] {
            if permissions.get(key).is_some() {
                self.unused.push(format!("permissions.{key} in {file}"));
            }
        }
        for (key, effect) in EFFECTS {
            let Some(list) = permissions.get(key) else {
                continue;
            };
            let Some(list) = list.as_array() else {
                self.faults
                    .push(format!("permissions.{key} in {file} is no list"));
                continue;
            };
            let no_text = list.iter().filter(|rule| !rule.is_string()).count();
            if no_text > 0 {
                let what = if no_text == 1 {
                    "an entry that is"
                } else {
                    "entries that are"
                };
                self.faults
                    .push(format!("permissions.{key} in {file} has {what} no text"));
            }
            for text in list.iter().filter_map(Value::as_str) {
                if self.rules.len() == MOST {
                    self.faults.push(format!(
                        "{file} has more than {MOST} rules; the rest is left out"
                    ));
                    return;
                }
                if effect != Effect::Allow && rule::parse(text).is_err() {
                    self.faults.push(format!(
                        "permissions.{key} in {file} has a rule that cannot be read"
                    ));
                }
                self.rules.push(Written {
                    file,
                    effect,
                    text: text.trim().to_owned(),
                    fault: fault(text, effect),
                });
            }
        }
    }
}

/// Why a rule says nothing here.
fn fault(text: &str, effect: Effect) -> Option<String> {
    let text = text.trim();
    // What takes away is trusted by nobody, so it need not be readable to hold.
    if effect == Effect::Allow && text.len() > LONGEST {
        return Some(format!("longer than {LONGEST} bytes"));
    }
    if effect == Effect::Allow && (text.contains('\n') || as_command(text) != text) {
        return Some("has characters in it that cannot be seen, or look like others".to_owned());
    }
    match rule::parse(text) {
        Err(why) => Some(why),
        Ok((tool, _)) if rule::is_known(&tool) => rule::unread(text),
        Ok((tool, _)) => Some(format!("there is no tool {tool} here")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::os::unix::fs::symlink;

    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn permissions_are_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".claude")).unwrap();
        let file = folder.path().join(FILES[0]);
        assert_eq!(read(folder.path()), Settings::default());
        fs::create_dir(folder.path().join(".creel")).unwrap();
        for name in UNUSED_FILES {
            fs::write(folder.path().join(name), "mode = \"auto\"").unwrap();
        }
        fs::write(
            &file,
            r#"{"hooks":{"PreToolUse":[]},"env":{"HOME":"/x"},"permissions":{"defaultMode":"bypassPermissions",
                "allow":["Bash(npm run test:*)"," Read(~/.zshrc) ","WebFetch(domain:x.test)","Bash(a\u202eb)","Bash(",7,[],8],
                "deny":["Read(./.env)"],"ask":"all"}}"#,
        )
        .unwrap();
        let settings = read(folder.path());
        let rules: Vec<_> = settings
            .rules
            .iter()
            .map(|rule| (rule.effect, rule.text.as_str(), rule.fault.is_some()))
            .collect();
        assert_eq!(
            rules,
            [
                (Effect::Deny, "Read(./.env)", false),
                (Effect::Allow, "Bash(npm run test:*)", false),
                (Effect::Allow, "Read(~/.zshrc)", false),
                (Effect::Allow, "WebFetch(domain:x.test)", true),
                (Effect::Allow, "Bash(a\u{202e}b)", true),
                (Effect::Allow, "Bash(", true),
            ]
        );
        let of = |what: &str| format!("{what} in .claude/settings.json");
        assert_eq!(
            settings.unused,
            [
                of("hooks"),
                of("env"),
                of("permissions.defaultMode"),
                ".creel/config.toml".to_owned(),
                ".mcp.json".to_owned()
            ]
        );
        assert_eq!(
            settings.faults,
            [
                of("permissions.ask") + " is no list",
                of("permissions.allow") + " has entries that are no text"
            ]
        );
    }

    #[test]
    fn what_takes_away_is_never_dropped_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".claude")).unwrap();
        let long = format!("Bash(rm {})", "x".repeat(300));
        let many = vec!["Bash(ls)"; MOST + 1];
        let of = |what: &str| format!("permissions.deny in .claude/settings.json {what}");
        let cases = [
            (vec![long.as_str()], 1, None),
            (vec!["Bash(a\u{202e}b)"], 1, None),
            // Of another program's tools.
            (vec!["WebFetch(domain:x.test)"], 0, None),
            (vec!["Bash("], 0, Some(of("has a rule that cannot be read"))),
            (
                many,
                MOST,
                Some(format!(
                    ".claude/settings.json has more than {MOST} rules; the rest is left out"
                )),
            ),
        ];
        for (deny, hold, fault) in cases {
            let text = serde_json::json!({ "permissions": { "deny": deny } }).to_string();
            fs::write(folder.path().join(FILES[0]), text).unwrap();
            let settings = read(folder.path());
            let holding = settings.rules.iter().filter(|rule| rule.fault.is_none());
            assert_eq!(
                (holding.count(), settings.faults),
                (hold, Vec::from_iter(fault)),
                "{deny:.1?}"
            );
        }
    }

    #[test]
    fn what_is_no_such_file_brings_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let elsewhere = outside.path().join("settings.json");
        fs::write(&elsewhere, r#"{"permissions":{"allow":["Bash"]}}"#).unwrap();
        fs::create_dir(folder.path().join(".claude")).unwrap();
        let file = folder.path().join(FILES[0]);
        let long = format!(
            "{{\"permissions\":{{\"allow\":[\"Bash({})\"]}}}}",
            "x".repeat(300_000)
        );
        let cases: [(&str, &dyn Fn()); 4] = [
            ("a link out", &|| symlink(&elsewhere, &file).unwrap()),
            ("a folder", &|| fs::create_dir(&file).unwrap()),
            ("too long", &|| fs::write(&file, &long).unwrap()),
            ("no JSON", &|| {
                fs::write(&file, "{\"permissions\":").unwrap();
            }),
        ];
        for (case, make) in cases {
            make();
            let settings = read(folder.path());
            assert_eq!(
                (settings.rules.len(), settings.faults.len()),
                (0, 1),
                "{case}"
            );
            if file.is_dir() && !file.is_symlink() {
                fs::remove_dir(&file).unwrap();
            } else {
                fs::remove_file(&file).unwrap();
            }
        }
    }
}
