//! pi: `~/.pi/agent/sessions/--FOLDER--/TIME_ID.jsonl`, one tree a file.

use std::io;
use std::path::Path;

use crate::import::tree::Tree;
use crate::import::{Problem, Session, lines};

/// Reads one file.
pub fn read(path: &Path) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    let (mut tree, mut problems) = (Tree::default(), Vec::new());
    lines::each(path, &mut problems, |number, text| tree.take(number, text))?;
    tree.parent = tree.parent.as_deref().map(|parent| name(Path::new(parent)));
    Ok((tree.finish(&name(path)), problems))
}

/// The id in the name of a file.
fn name(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = file.split(".jsonl").next().unwrap_or_default();
    let id = stem.rsplit_once('_').map_or(stem, |(_, id)| id);
    id.to_owned()
}
