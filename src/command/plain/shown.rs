//! What an approval would run or change, line by line. Pure.

use crate::agent::visible::{as_change, as_command};
use crate::protocol::ask::{Approval, Subject, command_line};
use crate::protocol::call::parse_arguments;

/// What would run or change, where one sentence does not hold it.
pub fn body(approval: &Approval) -> Vec<String> {
    match &approval.subject {
        Subject::Command { argv, .. } => {
            let command = as_command(command_line(argv));
            let several = command.contains('\n');
            let lines = command.lines().filter(|_| several);
            lines.map(|line| format!("    {line}")).collect()
        }
        Subject::Change { patch, .. } => changed(patch),
        Subject::Other { arguments } => {
            let readable = match parse_arguments(arguments) {
                Ok(value) => {
                    serde_json::to_string_pretty(&value).unwrap_or_else(|_| arguments.clone())
                }
                Err(_) => arguments.clone(),
            };
            let readable = as_command(&readable);
            readable.lines().map(|line| format!("    {line}")).collect()
        }
        Subject::Read { .. } => Vec::new(),
    }
}

/// Every line of a difference that is not as before, in words; tabs stay what they are.
fn changed(patch: &str) -> Vec<String> {
    let mut lines = Vec::new();
    // Names stand above the first place only: below it `--- x` is a removed line that begins with dashes.
    let mut head = true;
    for line in patch.lines() {
        let shown = |text: &str| {
            let parts: Vec<String> = text.split('\t').map(as_change).collect();
            parts.join("\t")
        };
        head &= !line.starts_with("@@ ");
        if head && (line.starts_with("+++ ") || line.starts_with("--- ")) {
            continue;
        }
        if let Some(text) = line.strip_prefix('+') {
            lines.push(format!("    added: {}", shown(text)));
        } else if let Some(text) = line.strip_prefix('-') {
            lines.push(format!("    removed: {}", shown(text)));
        } else if let Some(head) = line.strip_prefix("@@ -") {
            let from = head.split([',', ' ']).next().unwrap_or(head);
            // A new file has no line before.
            if from != "0" {
                lines.push(format!("    from line {from}:"));
            }
        } else if !line.starts_with(' ') && !line.is_empty() {
            // The patch itself says something, as that it was cut.
            lines.push(format!("    {}", shown(line)));
        }
    }
    lines
}
