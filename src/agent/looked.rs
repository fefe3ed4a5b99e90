//! What was found on the disk of what a command names, so that whoever is asked sees it. It is looked up before the ask, where
//! that may block; here it is only told.

use std::path::{Path, PathBuf};

use crate::agent::deletes::Held;
use crate::agent::visible::{as_command, brief};

/// Characters of a path that are told.
const PATH: usize = 60;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// What the targets of those that delete hold.
    pub held: Vec<Held>,
    /// The first place outside of the session's folders that it names.
    pub outside: Option<Outside>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// Of what cannot be told in full as it stands in the command, or `/`.
    pub path: PathBuf,
    /// The sandbox keeps it from the command.
    pub closed: bool,
    /// Something of the line may read it; else it is only named.
    pub reads: bool,
    /// So many other places outside are named as well.
    pub more: usize,
}

impl Outside {
    pub(crate) fn told(&self, home: Option<&Path>) -> String {
        if !self.path.is_absolute() || self.path.parent().is_none() {
            return "may read outside the folder".to_owned();
        }
        let below = home.and_then(|home| self.path.strip_prefix(home).ok());
        let path = match below.map(Path::to_string_lossy) {
            Some(below) if below.is_empty() => "~".to_owned(),
            Some(below) => format!("~/{below}"),
            None => self.path.to_string_lossy().into_owned(),
        };
        let path = brief(&as_command(&path), PATH);
        let more = match self.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        if self.closed {
            format!("names what may hold keys, which the sandbox keeps from it: {path}{more}")
        } else {
            let does = if self.reads { "reads" } else { "names" };
            format!("{does} outside the folder: {path}{more}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_outside_is_told_as_a_person_writes_it() {
        let closed = "names what may hold keys, which the sandbox keeps from it: ~/.ssh/id_x";
        for (path, is_closed, expected) in [
            (
                "/home/me/notes.txt",
                false,
                "reads outside the folder: ~/notes.txt",
            ),
            ("/home/me", false, "reads outside the folder: ~"),
            (
                "/home/you/x",
                false,
                "reads outside the folder: /home/you/x",
            ),
            ("/home/me/.ssh/id_x", true, closed),
            ("/", false, "may read outside the folder"),
            ("$/../x", false, "may read outside the folder"),
        ] {
            let outside = Outside {
                path: path.into(),
                closed: is_closed,
                reads: true,
                more: 0,
            };
            assert_eq!(outside.told(Some("/home/me".as_ref())), expected);
        }
        let outside = Outside {
            path: "/home/me/x".into(),
            closed: false,
            reads: false,
            more: 2,
        };
        let expected = "names outside the folder: ~/x and 2 more";
        assert_eq!(outside.told(Some("/home/me".as_ref())), expected);
    }
}
