//! What an argument may be where its type alone does not say it. An error is read behind the name of its argument.

use crate::config::document::listed;
use crate::config::section::{self, TOOLS};
use crate::protocol::id::Address;

/// A part of a session id: what is longer or has other letters is a typing error.
pub fn session(text: &str) -> Result<String, String> {
    let legal = text
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if !legal || text.len() > 36 {
        return Err("no part of a session id: `creel sessions` lists them".to_owned());
    }
    if text.len() < 4 {
        return Err("at least four characters of a session id are needed".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// A session, or a place in it.
pub fn address(text: &str) -> Result<Address, String> {
    let address = text.parse::<Address>();
    let mut address = address.map_err(|error| error.to_string())?;
    address.session = session(&address.session)?;
    Ok(address)
}

/// A permission rule. A tool that does not exist is refused here: in the config the rule would only wait for it.
pub fn rule(text: &str) -> Result<String, String> {
    let tool = section::rule_tool(text)?;
    match section::no_tool(&tool) {
        None => Ok(text.trim().to_owned()),
        Some(near) if near.is_empty() => Err(format!(
            "names no tool of Creel: expected {}",
            listed(TOOLS)
        )),
        Some(near) => Err(format!("names no tool of Creel{near}")),
    }
}

/// How many there may be: none would be no wish.
pub fn count(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|&count| count > 0);
    count.ok_or_else(|| "expected a whole number from 1".to_owned())
}

/// The number of an item.
pub fn seq(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "expected the number of an item, as `creel show --json` has them".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_a_part_of_its_id() {
        let no_part = "no part of a session id: `creel sessions` lists them";
        for (text, expected) in [
            ("ABCD-12", Ok("abcd-12")),
            ("0190", Ok("0190")),
            (
                "ab",
                Err("at least four characters of a session id are needed"),
            ),
            ("runn", Err(no_part)),
            ("a".repeat(37).as_str(), Err(no_part)),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(session(text), expected, "{text}");
        }
        assert_eq!(
            address("ABCD#1.2").map(|place| place.session),
            Ok("abcd".to_owned())
        );
        assert_eq!(address("zzzz#1"), Err(no_part.to_owned()));
    }

    #[test]
    fn a_rule_names_a_tool_that_there_is() {
        for (text, expected) in [
            (" Bash(git *) ", Ok("Bash(git *)")),
            ("READ", Ok("READ")),
            ("mcp__files__read", Ok("mcp__files__read")),
            ("*", Ok("*")),
            (
                "Bahs(*)",
                Err("names no tool of Creel: did you mean `bash`?"),
            ),
            (
                "Zap",
                Err(
                    "names no tool of Creel: expected read, write, edit, grep, glob, bash, question, network, recall or remember",
                ),
            ),
            ("Bash(", Err("rule `Bash(` has no closing parenthesis")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(rule(text), expected, "{text}");
        }
    }

    #[test]
    fn nought_is_no_count() {
        let refused = Err("expected a whole number from 1".to_owned());
        for (text, expected) in [
            ("1", Ok(1)),
            ("4294967295", Ok(u32::MAX)),
            ("4294967296", refused.clone()),
            ("0", refused.clone()),
            ("-1", refused.clone()),
            ("x", refused),
        ] {
            assert_eq!(count(text), expected, "{text}");
        }
    }
}
