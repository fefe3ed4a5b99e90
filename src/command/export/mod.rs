//! `creel export`: a session as a file to keep or send. What looks like a key is replaced.

mod html;
mod jsonl;
mod leak;
mod markdown;
mod picture;

use crate::agent::visible;
use crate::command::cli::{ExportArgs, Form};
use crate::command::moment::Now;
use crate::command::show::{Entry, Said, entries, from};
use crate::command::{Ended, Face, exit, find};
use crate::engine::door::Door;
use crate::protocol::id::Seq;
use crate::protocol::session::Card;

pub async fn run(args: &ExportArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    let mut card = find::session(door, &args.place.session).await?;
    let events = find::events(door, card.id, Seq(0)).await?;
    let mut entries = from(entries(&events, &card), &args.place)?;
    safe(&mut card, &mut entries);
    let text = match args.to {
        Form::Markdown => markdown::write(&card, &entries, now),
        Form::Html => {
            let pictures = picture::gather(&events, door).await?;
            html::write(&card, &entries, &pictures, now)
        }
        Form::Jsonl => jsonl::write(&card, &entries),
    };
    face.out.write_all(text.as_bytes())?;
    Ok(exit::DONE)
}

/// Without control sequences and without what looks like a key, in every text that will be written.
fn safe(card: &mut Card, entries: &mut [Entry]) {
    let clean = |text: &mut String| *text = leak::redacted(&visible::clean(text)).into_owned();
    clean(&mut card.title);
    for entry in entries {
        match &mut entry.said {
            Said::Prompt { text, .. }
            | Said::Answer { text, .. }
            | Said::Thought { text, .. }
            | Said::Notice { text } => {
                clean(text);
            }
            Said::Call { call, outcome, .. } => {
                clean(&mut call.name);
                clean(&mut call.arguments);
                if let Some(outcome) = outcome {
                    clean(&mut outcome.text);
                }
            }
            Said::Shell { command, outcome } => {
                clean(command);
                clean(&mut outcome.text);
            }
        }
    }
}
