//! A session as Markdown: prompts as quotes under their turn, answers as they are, calls folded away.

use crate::agent::moment::Now;
use crate::agent::visible::{brief, one_line};
use crate::command::moment::local;
use crate::command::show::{Entry, Said, arguments, outcome_name};
use crate::protocol::item::Origin;
use crate::protocol::session::Card;

pub fn write(card: &Card, entries: &[Entry], now: &Now) -> String {
    let mut parts = vec![format!(
        "# {}\n\n{} · {} · {} · {}\n",
        one_line(&card.title),
        card.model,
        local(card.created, &now.zone),
        card.cwd.display(),
        card.cost
    )];
    let mut turn = 0;
    for entry in entries {
        if entry.turn > turn {
            turn = entry.turn;
            parts.push(format!("## Turn {turn}\n"));
        }
        parts.push(part(entry));
    }
    parts.join("\n")
}

fn part(entry: &Entry) -> String {
    match &entry.said {
        Said::Prompt {
            text,
            origin: Origin::Person,
        } => quoted(text),
        Said::Prompt {
            text,
            origin: Origin::Creel,
        } => {
            format!("> *Creel, to the model:*\n>\n{}", quoted(text))
        }
        Said::Answer { text, cut, .. } => {
            let cut = if *cut { "\n*(broken off)*\n" } else { "" };
            format!("{}\n{cut}", text.trim_end())
        }
        Said::Thought { text, .. } => folded("thinking", &quoted(text)),
        Said::Call { call, outcome, .. } => {
            let state = outcome
                .as_ref()
                .map_or("not ended", |outcome| outcome_name(outcome.kind));
            let head = format!(
                "{} <code>{}</code> · {state}",
                escaped(&call.name),
                escaped(&brief(&arguments(call), 80))
            );
            let body = outcome
                .as_ref()
                .map(|outcome| fenced(&outcome.text))
                .unwrap_or_default();
            folded(&head, &format!("{}{body}", fenced(&call.arguments)))
        }
        Said::Notice { text } => format!("*{}*\n", one_line(text)),
        Said::Shell { command, outcome } => fenced(&format!("! {command}\n{}", outcome.text)),
    }
}

fn folded(head: &str, body: &str) -> String {
    format!("<details><summary>{head}</summary>\n\n{body}\n</details>\n")
}

fn quoted(text: &str) -> String {
    let lines = text.trim_end().lines();
    lines
        .map(|line| {
            if line.is_empty() {
                ">
"
                .to_owned()
            } else {
                [
                    "> ", line, "
",
                ]
                .concat()
            }
        })
        .collect()
}

/// A fence longer than any in the text, so that the text cannot close it.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{}\n{fence}\n", text.trim_end())
}

/// Text as HTML text.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::agent::redact::Redactor;
    use crate::agent::visible;
    use crate::command::export::safe;
    use crate::command::json::tests::card;
    use crate::command::show::entries;
    use crate::command::show::tests::events;
    use crate::protocol::time::Time;

    #[test]
    fn a_session_reads_as_markdown() {
        let (mut card, mut entries) = (card(), entries(&events(), &card()));
        safe(&mut card, &mut entries, &|text| {
            Redactor::default().redact_all(&visible::clean(text))
        });
        let now = Now {
            time: Time(0),
            zone: jiff::tz::TimeZone::UTC,
        };
        let expected = "\
# Fix the tests

local/m · 2026-11-23 11:00 · /src/api · $0.01

## Turn 1

> Fix the tests

<details><summary>thinking</summary>

> Look first.

</details>

<details><summary>bash <code>cargo test</code> · done</summary>

```
{\"command\":\"cargo test\"}
```
```
1 failed
see <log>
```

</details>

It **fails**.

*(broken off)*

*stopped*

```
! ls
a
b
```
";
        assert_eq!(write(&card, &entries, &now), expected);
    }

    #[test]
    fn a_text_cannot_close_its_fence() {
        assert_eq!(fenced("a\n````\nb"), "`````\na\n````\nb\n`````\n");
    }
}
