//! Takes secrets out of what other programs kept: they wrote down whatever a command printed, and the copy here is to hold none of
//! it. The keys that Creel holds go too.

use std::borrow::Cow;

use crate::agent::redact::Redactor;
use crate::agent::redact::secret;
use crate::import::{Problem, Session, What};

/// A session without secrets.
pub(crate) fn session(session: &mut Session, redactor: &Redactor) {
    let clean = |text: &mut String| of(text, redactor);
    for text in [&mut session.title, &mut session.project]
        .into_iter()
        .flatten()
    {
        clean(text);
    }
    for entry in &mut session.entries {
        match &mut entry.what {
            What::Prompt { text, who } | What::Answer { text, who } => {
                clean(text);
                who.iter_mut().for_each(clean);
            }
            What::Thought { text } | What::Summary { text } => clean(text),
            What::Call {
                name, arguments, ..
            } => {
                clean(name);
                clean(arguments);
            }
            What::Result { name, text, .. } => {
                name.iter_mut().for_each(clean);
                clean(text);
            }
            What::Shell {
                command, output, ..
            } => {
                clean(command);
                clean(output);
            }
            What::Spent(_) => {}
        }
    }
}

/// What is told of a line may quote it.
pub(crate) fn problem(problem: &mut Problem, redactor: &Redactor) {
    of(&mut problem.text, redactor);
}

fn of(text: &mut String, redactor: &Redactor) {
    if let Cow::Owned(changed) = redactor.redact(text) {
        *text = changed;
    }
    if let Cow::Owned(changed) = secret::redacted(text) {
        *text = changed;
    }
}
