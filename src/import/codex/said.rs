//! What texts in Codex's rollouts are: prompts and what the program writes in their place, outputs and the exit codes in them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::What;
use crate::import::value::said;

/// How what Codex puts before the first prompt begins, and what it notes later in the person's place.
const INJECTED: &[&str] = &[
    "# AGENTS.md instructions",
    "<environment_context>",
    "<user_instructions>",
    "<INSTRUCTIONS>",
    "<permissions instructions>",
    "<collaboration_mode>",
    "<turn_aborted>",
    "<skill>",
    "<skills_instructions>",
    "<subagent_notification>",
    "<model_switch>",
];

/// A message in the person's place that is not theirs.
pub fn injected(text: &str) -> bool {
    let text = text.trim_start();
    INJECTED.iter().any(|begin| text.starts_with(begin))
}

/// A command that the person ran, as it was put before the model: `<user_shell_command><command>…</command><result>…`.
pub fn shell(text: &str) -> Option<What> {
    let inner = text.trim().strip_prefix("<user_shell_command>")?;
    let command = between(inner, "<command>", "</command>")?.trim();
    let result = between(inner, "<result>", "</result>")?.trim();
    let output = result
        .split_once("Output:\n")
        .map_or(result, |(_, output)| output);
    Some(What::Shell {
        command: command.to_owned(),
        output: output.to_owned(),
        exit: headed(result),
    })
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, inner) = text.split_once(open)?;
    inner.rsplit_once(close).map(|(inner, _)| inner)
}

/// The output of a tool, and how it ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub text: String,
    pub failed: bool,
    pub exit: Option<i32>,
}

/// What a tool gave back: a text, a text that is JSON with an `exit_code` (2025), blocks, or an object with `content`.
pub fn output(raw: &RawValue) -> Result<Output, String> {
    #[derive(Deserialize)]
    struct Told<'a> {
        #[serde(borrow, default)]
        content: Option<&'a RawValue>,
        #[serde(borrow, default)]
        output: Option<&'a RawValue>,
        #[serde(default)]
        success: Option<bool>,
        #[serde(default)]
        metadata: Option<Ended>,
    }
    #[derive(Deserialize)]
    struct Ended {
        #[serde(default)]
        exit_code: Option<i32>,
    }
    let told = |json: &str| -> Option<Output> {
        let told: Told = serde_json::from_str(json).ok()?;
        let exit = told.metadata.and_then(|ended| ended.exit_code);
        let text = said(told.content.or(told.output)?).ok()?;
        let exit = exit.or_else(|| headed(&text));
        Some(Output {
            failed: told
                .success
                .map_or(exit.is_some_and(|exit| exit != 0), |well| !well),
            text,
            exit,
        })
    };
    if raw.get().starts_with('{')
        && let Some(output) = told(raw.get())
    {
        return Ok(output);
    }
    let text = said(raw)?;
    if text.starts_with('{')
        && text.contains("\"metadata\"")
        && let Some(output) = told(&text)
    {
        return Ok(output);
    }
    let exit = headed(&text);
    Ok(Output {
        failed: exit.is_some_and(|exit| exit != 0),
        text,
        exit,
    })
}

/// The exit code in the head that Codex puts before an output.
fn headed(text: &str) -> Option<i32> {
    text.lines()
        .take(8)
        .take_while(|line| !line.starts_with("Output:"))
        .find_map(|line| {
            let code = line
                .strip_prefix("Exit code: ")
                .or_else(|| line.strip_prefix("Process exited with code "))?;
            code.trim().parse().ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_tells_how_it_ended() {
        for (json, text, failed, exit) in [
            (r#""plain""#, "plain", false, None),
            (
                r#""Exit code: 0\nWall time: 1 seconds\nOutput:\nok""#,
                "Exit code: 0\nWall time: 1 seconds\nOutput:\nok",
                false,
                Some(0),
            ),
            (
                r#""Chunk ID: a\nWall time: 0.1 seconds\nProcess exited with code 101\nOutput:\nno""#,
                "Chunk ID: a\nWall time: 0.1 seconds\nProcess exited with code 101\nOutput:\nno",
                true,
                Some(101),
            ),
            (
                r#""Output:\nExit code: 3""#,
                "Output:\nExit code: 3",
                false,
                None,
            ),
            (
                r#""{\"output\":\"no\",\"metadata\":{\"exit_code\":2,\"duration_seconds\":0.1}}""#,
                "no",
                true,
                Some(2),
            ),
            (
                r#""{\"output\":\"the tool's own JSON\"}""#,
                "{\"output\":\"the tool's own JSON\"}",
                false,
                None,
            ),
            (
                r#"{"content":"denied","success":false}"#,
                "denied",
                true,
                None,
            ),
            (
                r#"[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:"}]"#,
                "a\n\n[image]",
                false,
                None,
            ),
            ("null", "", false, None),
        ] {
            let raw: &RawValue = serde_json::from_str(json).expect("JSON");
            let expected = Output {
                text: text.to_owned(),
                failed,
                exit,
            };
            assert_eq!(output(raw), Ok(expected), "{json}");
        }
    }

    #[test]
    fn a_command_of_the_person_is_told_from_a_prompt() {
        let text = "<user_shell_command>\n<command>\nls\n</command>\n<result>\nExit code: 1\nDuration: 0.1 seconds\nOutput:\nnone\n</result>\n</user_shell_command>";
        let expected = What::Shell {
            command: "ls".to_owned(),
            output: "none".to_owned(),
            exit: Some(1),
        };
        assert_eq!(shell(text), Some(expected));
        assert_eq!(shell("list the files"), None);
        assert!(injected(" <environment_context>\n<cwd>/</cwd>") && !injected("do it"));
    }
}
