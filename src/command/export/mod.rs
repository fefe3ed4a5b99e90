//! `creel export`: a session as a file to keep or send. What looks like a secret is replaced, unless it is asked for.

mod html;
mod jsonl;
mod markdown;
mod picture;

use crate::agent::moment::Now;
use crate::agent::redact::Redactor;
use crate::agent::visible;
use crate::command::cli::{ExportArgs, Form};
use crate::command::export::picture::Figures;
use crate::command::show::{Entry, Said, entries, from};
use crate::command::{Ended, Face, exit, find};
use crate::engine::door::Door;
use crate::protocol::id::Seq;
use crate::protocol::session::Card;

/// `redactor` knows the keys that Creel could read.
pub async fn run(
    args: &ExportArgs,
    door: &Door,
    now: &Now,
    redactor: &Redactor,
    face: &mut Face<'_>,
) -> Ended {
    let mut card = find::session(door, &args.place.session).await?;
    let events = find::events(door, card.id, Seq(0)).await?;
    let mut entries = from(entries(&events, &card), &args.place)?;
    let clean = |text: &str| {
        let text = visible::clean(text);
        if args.with_secrets {
            text.into_owned()
        } else {
            redactor.redact_all(&text)
        }
    };
    safe(&mut card, &mut entries, &clean);
    let text = match args.to {
        Form::Markdown => markdown::write(&card, &entries, now),
        Form::Html => {
            let mut pictures = picture::gather(&events, door).await?;
            named_safely(&mut pictures, &clean);
            html::write(&card, &entries, &pictures, now)
        }
        Form::Jsonl => jsonl::write(&card, &entries),
    };
    face.out.write_all(text.as_bytes())?;
    Ok(exit::DONE)
}

/// Without control sequences and without what looks like a secret, in every text that will be written.
fn safe(card: &mut Card, entries: &mut [Entry], clean: &impl Fn(&str) -> String) {
    let clean = |text: &mut String| *text = clean(text);
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

/// The same for the names of pictures.
fn named_safely(pictures: &mut Figures, clean: &impl Fn(&str) -> String) {
    for figure in pictures.values_mut().flatten() {
        figure.image.name = clean(&figure.image.name);
    }
}
