//! The files of the log: made for the owner alone, put in place whole, removed with what lies beside them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::store::fault::{OpenError, beside};

/// The folder of the file with all above it. Those made are the owner's alone; those found are left as they are, with a word
/// when others may change what is in them.
pub(crate) fn make_folder(path: &Path, notices: &mut Vec<String>) -> Result<(), OpenError> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    if !folder.is_dir() {
        // Made one by one, so that the error names the part that is in the way.
        let mut missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|part| !part.as_os_str().is_empty() && !part.is_dir())
            .collect();
        while let Some(part) = missing.pop() {
            match DirBuilder::new().mode(0o700).create(part) {
                Ok(()) => set_mode(part, 0o700),
                Err(_) if part.is_dir() => {}
                // What may not be written is the folder it would be in.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(OpenError::NotAFolder(part.to_owned()));
                }
                Err(error) => {
                    return Err(OpenError::from_io(part.parent().unwrap_or(part), &error));
                }
            }
        }
    }
    let mode = folder
        .metadata()
        .map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o022 != 0 && mode & 0o1000 == 0 {
        notices.push(format!(
            "others on this machine can change files in {}: `chmod go-w` it",
            folder.display()
        ));
    }
    Ok(())
}

/// A file of the owner alone, whatever the umask; `SQLite` gives the files it puts beside it the same mode.
pub(crate) fn make_file(path: &Path, new: bool) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .create_new(new)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != 0o600 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// By name, because opening and closing the file would take `SQLite`'s locks away from this process.
pub(crate) fn is_writable(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else {
        return true;
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        set_mode(path, metadata.permissions().mode() & 0o700);
    }
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

fn set_mode(path: &Path, mode: u32) {
    // Not its owner: then it is as its owner wants it.
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
}

pub(crate) fn has_bytes(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// A database that was not finished, with what `SQLite` put beside it.
pub(crate) fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(path, ending));
    }
}

/// Brings a finished database to the disk and gives it its name.
pub(crate) fn put_in_place(new: &Path, path: &Path) -> Result<(), OpenError> {
    // What SQLite could not write back on closing would be lost with the rename.
    if has_bytes(&beside(new, "-wal")) {
        remove(new);
        return Err(OpenError::Full(new.to_owned()));
    }
    // It was written without waiting for the disk (`schema::found`).
    File::open(new)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(new, path))
        .and_then(|()| path.parent().map_or(Ok(()), sync_folder))
        .map_err(|error| OpenError::from_io(path, &error))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
