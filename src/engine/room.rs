//! How much room is left where the log lies. A disk that runs full loses nothing, but what ends it should be said before.

use crate::engine::house::House;
use crate::engine::session::Task;
use crate::protocol::ask::Guard;

const MEGABYTE: u64 = 1024 * 1024;

/// With less a person is told.
const LITTLE: u64 = 200 * MEGABYTE;

/// With less a turn pauses before its next call of a model.
const TOO_LITTLE: u64 = 50 * MEGABYTE;

/// How much there is, in words; the second says that it is little. The error is what the system says.
pub(crate) fn told(house: &House) -> Result<(String, bool), String> {
    let folder = house.db.parent().unwrap_or(&house.db);
    match free(house) {
        Ok(free) => Ok((
            format!("{} MB free at {}", free / MEGABYTE, folder.display()),
            free < LITTLE,
        )),
        Err(error) => Err(format!("{}: {error}", folder.display())),
    }
}

/// Bytes that are free there.
pub(crate) fn free(house: &House) -> rustix::io::Result<u64> {
    #[cfg(test)]
    if let Some(free) = house.trial.room() {
        return Ok(free);
    }
    let folder = house.db.parent().unwrap_or(&house.db);
    let space = rustix::fs::statvfs(folder)?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}

impl Task {
    /// Too little is left for a call of a model. Asked about once in a turn: the person may know better. Where nobody is there
    /// to ask, the work goes on for as long as it can.
    pub(crate) fn lacks_room(&mut self, turn: u32) -> Option<(Guard, String)> {
        let lacks = free(&self.house).is_ok_and(|free| free < TOO_LITTLE);
        if self.house.unattended || !lacks || self.room_asked.replace(turn) == Some(turn) {
            return None;
        }
        let (text, _) = told(&self.house).ok()?;
        let text = format!("{text}: free some before what is said can no longer be kept");
        Some((Guard::Room, text))
    }
}
