//! Files and folders as they are reached where a path may be another's work: by handles, with no link on the way, and only
//! regular files. It knows no project, no session and no rule.

pub mod file;
pub mod folder;
