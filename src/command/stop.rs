//! `creel stop`: stops what runs, here or in another process of this home.

use crate::command::cli::StopArgs;
use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::engine::door::Door;
use crate::protocol::op::{Manage, Managed};

pub async fn run(args: &StopArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let session = match &args.session {
        None => None,
        Some(part) => Some(find::session(door, part).await?.id),
    };
    match door.manage(Manage::Stop { session }).await {
        Managed::Stopped { turns: 0 } => face.note("nothing runs")?,
        Managed::Stopped { turns } => {
            face.say_line(&format!("stopped {}", counted(turns.into(), "turn")))?;
        }
        Managed::Failed { why } => return Err(Trouble::failed(why)),
        Managed::Purged { .. }
        | Managed::Reloaded
        | Managed::Reached(_)
        | Managed::Tried(_)
        | Managed::Worktree(_)
        | Managed::Attached { .. }
        | Managed::NoPicture { .. } => {
            return Err(Trouble::failed(
                "the engine did something else: please report this",
            ));
        }
    }
    Ok(exit::DONE)
}
