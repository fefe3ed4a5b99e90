//! A session as one HTML page: no scripts, nothing loaded from elsewhere, every text as text.

use crate::agent::moment::Now;
use crate::agent::visible::{brief, one_line};
use crate::command::export::markdown::escaped;
use crate::command::export::picture::{Figure, Figures};
use crate::command::moment::local;
use crate::command::show::{Entry, Said, arguments, outcome_name};
use crate::protocol::item::Origin;
use crate::protocol::session::Card;

/// A page that could load or run nothing even if a text slipped through.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE: &str = "body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;\
color-scheme:light dark}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0;font:inherit}\
.call pre,.shell pre{font:.85rem/1.4 ui-monospace,monospace}.prompt{border-left:.25rem solid #888;padding-left:1rem}\
.thought,.notice,header p,figcaption{opacity:.7}img{max-width:100%}summary{cursor:pointer}";

pub fn write(card: &Card, entries: &[Entry], pictures: &Figures, now: &Now) -> String {
    let title = escaped(&one_line(&card.title));
    let facts = format!(
        "{} · {} · {} · {}",
        card.model,
        local(card.created, &now.zone),
        card.cwd.display(),
        card.cost
    );
    let mut page = vec![format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<header><h1>{title}</h1>\n<p>{}</p></header>\n",
        escaped(&facts)
    )];
    let mut turn = 0;
    for entry in entries {
        if entry.turn > turn {
            turn = entry.turn;
            page.push(format!("<h2>Turn {turn}</h2>\n"));
        }
        page.push(section(entry));
        page.extend(pictures.get(&entry.seq).into_iter().flatten().map(shown));
    }
    page.push("</body>\n</html>\n".to_owned());
    page.concat()
}

fn section(entry: &Entry) -> String {
    let id = entry.seq;
    let block = |class: &str, text: &str| {
        format!(
            "<section id=\"s{id}\" class=\"{class}\"><pre>{}</pre></section>\n",
            escaped(text.trim_end())
        )
    };
    match &entry.said {
        Said::Prompt {
            text,
            origin: Origin::Person,
        } => block("prompt", text),
        Said::Prompt {
            text,
            origin: Origin::Creel,
        }
        | Said::Notice { text } => block("notice", text),
        Said::Answer { text, cut, .. } => {
            let cut = if *cut { "\n(broken off)" } else { "" };
            block("answer", &format!("{}{cut}", text.trim_end()))
        }
        Said::Thought { text, .. } => folded(id.0, "thought", "thinking", text),
        Said::Call { call, outcome, .. } => {
            let state = outcome
                .as_ref()
                .map_or("not ended", |outcome| outcome_name(outcome.kind));
            let head = format!("{} {} · {state}", call.name, brief(&arguments(call), 80));
            let output = outcome
                .as_ref()
                .map(|outcome| outcome.text.as_str())
                .unwrap_or_default();
            folded(
                id.0,
                "call",
                &head,
                &format!("{}\n\n{output}", call.arguments),
            )
        }
        Said::Shell { command, outcome } => {
            block("shell", &format!("! {command}\n{}", outcome.text))
        }
    }
}

/// A picture as it is, with its name below; of one that is not there the name and why.
fn shown(figure: &Figure) -> String {
    let name = escaped(&one_line(&figure.image.chip()));
    match &figure.source {
        Ok(source) => format!(
            "<figure><img alt=\"{name}\" src=\"{source}\"><figcaption>{name}</figcaption></figure>\n"
        ),
        Err(why) => format!("<figure><figcaption>{name}: {why}</figcaption></figure>\n"),
    }
}

fn folded(id: u64, class: &str, head: &str, body: &str) -> String {
    format!(
        "<details id=\"s{id}\" class=\"{class}\"><summary>{}</summary><pre>{}</pre></details>\n",
        escaped(head),
        escaped(body.trim_end())
    )
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::json::tests::card;
    use crate::command::show::entries;
    use crate::command::show::tests::events;
    use crate::protocol::image::{Image, ImageKind};
    use crate::protocol::time::Time;

    #[test]
    fn no_text_becomes_markup() {
        let mut card = card();
        card.title = "<script>alert(1)</script> & \"x\"".to_owned();
        let mut entries = entries(&events(), &card);
        if let Said::Answer { text, .. } = &mut entries[3].said {
            *text = "</pre><img src=x onerror=alert(1)>".to_owned();
        }
        let now = Now {
            time: Time(0),
            zone: jiff::tz::TimeZone::UTC,
        };
        let figure = |name: &str, source| Figure {
            image: Image {
                name: name.to_owned(),
                kind: ImageKind::Png,
                width: 64,
                height: 48,
                hash: "h".to_owned(),
                bytes: 3,
            },
            source,
        };
        let pictures = vec![
            figure("\"><b>.png", Ok("data:image/png;base64,YWJj".to_owned())),
            figure("b.png", Err("it is no longer in the log")),
        ];
        let pictures = Figures::from([(entries[0].seq, pictures)]);
        let page = write(&card, &entries, &pictures, &now);
        let body = page.split("<body>\n").nth(1).unwrap_or_default();
        let expected = "\
<header><h1>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;</h1>
<p>local/m · 2026-11-23 11:00 · /src/api · $0.01</p></header>
<h2>Turn 1</h2>
<section id=\"s10\" class=\"prompt\"><pre>Fix the tests</pre></section>
<figure><img alt=\"[&quot;&gt;&lt;b&gt;.png 64x48]\" src=\"data:image/png;base64,YWJj\"><figcaption>[&quot;&gt;&lt;b&gt;.png 64x48]</figcaption></figure>
<figure><figcaption>[b.png 64x48]: it is no longer in the log</figcaption></figure>
<details id=\"s11\" class=\"thought\"><summary>thinking</summary><pre>Look first.</pre></details>
<details id=\"s13\" class=\"call\"><summary>bash cargo test · done</summary><pre>{&quot;command&quot;:&quot;cargo test&quot;}

1 failed\u{1b}[0m
see &lt;log&gt;</pre></details>
<section id=\"s15\" class=\"answer\"><pre>&lt;/pre&gt;&lt;img src=x onerror=alert(1)&gt;
(broken off)</pre></section>
<section id=\"s16\" class=\"notice\"><pre>stopped</pre></section>
<section id=\"s17\" class=\"shell\"><pre>! ls
a
b</pre></section>
</body>
</html>
";
        assert_eq!(body, expected);
    }
}
