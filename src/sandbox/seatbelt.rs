//! The profile for the sandbox of macOS: everything is denied but what the plan names. Its text is made and tried everywhere; it
//! was never run on a system that has it, so nothing is promised of it: the canary does not pass through it, and the level is
//! `none`. It bounds neither the memory of other processes nor how many there are.

use std::fmt::Write;
use std::path::Path;

use crate::protocol::sandbox::Network;
use crate::sandbox::plan::Plan;

pub const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// The profile of a plan. Later rules win.
pub fn profile(plan: &Plan) -> String {
    let mut text = String::from(
        "(version 1)\n(deny default)\n(allow process-exec process-fork sysctl-read mach-lookup)\n\
         (allow signal (target same-sandbox))\n(allow file-read-metadata)\n",
    );
    let mut rule = |effect: &str, what: &str, path: &Path| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "({effect} {what} (subpath {}))", quoted(path));
    };
    for path in &plan.read {
        rule("allow", "file-read*", path);
    }
    for path in &plan.closed {
        rule("deny", "file-read*", path);
    }
    for path in &plan.write {
        rule("allow", "file-read* file-write*", path);
    }
    for path in &plan.guarded {
        rule("deny", "file-write*", path);
    }
    text.push_str(
        "(allow file-read* file-write-data (literal \"/dev/null\") (literal \"/dev/zero\"))\n\
         (allow file-read* (literal \"/dev/random\") (literal \"/dev/urandom\"))\n",
    );
    if plan.network == Network::On {
        text.push_str("(allow network-outbound (remote ip))\n(allow network-inbound (local ip))\n");
    }
    text
}

fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_says_the_plan_and_its_paths_cannot_leave_their_quotes() {
        let plan = Plan {
            read: vec!["/usr".into()],
            closed: vec!["/Users/me/.ssh".into()],
            write: vec!["/w \"x\") (allow default".into()],
            guarded: vec!["/w/.git/hooks".into()],
            ..Plan::default()
        };
        let text = profile(&plan);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[5..9],
            [
                r#"(allow file-read* (subpath "/usr"))"#,
                r#"(deny file-read* (subpath "/Users/me/.ssh"))"#,
                r#"(allow file-read* file-write* (subpath "/w \"x\") (allow default"))"#,
                r#"(deny file-write* (subpath "/w/.git/hooks"))"#,
            ]
        );
        assert!(text.starts_with("(version 1)\n(deny default)\n"));
        assert!(!text.contains("network"));
        let on = Plan {
            network: Network::On,
            ..plan
        };
        assert!(profile(&on).contains("(allow network-outbound (remote ip))"));
    }
}
