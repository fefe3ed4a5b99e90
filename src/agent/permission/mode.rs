//! What each mode lets run by itself: reading inside the folder in all, changes of files and commands by degrees, and nothing
//! that reaches beyond the session.

use crate::agent::folder::{inside, is_protected};
use crate::agent::permission::{Asked, Parts, Verdict};
use crate::protocol::call::Reach;
use crate::protocol::rule::Mode;

/// What the mode says where no rule does.
pub(crate) fn verdict(asked: &Asked<'_>, parts: &Parts) -> Verdict {
    let mut reason = None;
    for reach in asked.reach {
        let refused = match reach {
            Reach::Output { .. } => None,
            Reach::Note { .. } => {
                Some("a note is kept for sessions to come: no mode alone keeps one".to_owned())
            }
            Reach::Recall { project } => Some(format!(
                "it looks at what was said in another project, {project}"
            )),
            Reach::Read { path } if inside(path, asked.roots) => None,
            Reach::Read { path } => Some(format!(
                "{} lies outside the session's folder",
                path.display()
            )),
            Reach::Write { path } if !inside(path, asked.roots) => Some(format!(
                "{} lies outside the session's folder",
                path.display()
            )),
            Reach::Write { path } if is_protected(path) => {
                Some(format!("{} is protected", path.display()))
            }
            Reach::Write { .. } if matches!(asked.mode, Mode::Edits | Mode::Auto) => None,
            Reach::Write { .. } => {
                Some(format!("mode {} asks before a file is changed", asked.mode))
            }
            Reach::Run { .. } if asked.mode == Mode::Auto => None,
            Reach::Run { .. } => Some(match parts {
                Parts::Unknown(why) => format!(
                    "mode {} asks before a command; rules cannot cover this one: {why}",
                    asked.mode
                ),
                Parts::Known(_) | Parts::None => {
                    format!("mode {} asks before a command", asked.mode)
                }
            }),
        };
        reason = reason.or(refused);
    }
    match reason {
        None => Verdict::Allow,
        Some(_) if asked.mode == Mode::Plan => Verdict::Deny(
            "denied: in plan mode only reading inside the folder is allowed; say what you would do, and the person can change the mode".to_owned(),
        ),
        Some(reason) => Verdict::Ask(reason),
    }
}
