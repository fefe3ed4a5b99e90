//! Where the programs on this machine keep their sessions, and how much of that was taken in.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::paths::process_environment;
use crate::engine::house::House;
use crate::engine::import::is_as_read;
use crate::import::READER;
use crate::import::find::{self, find};
use crate::protocol::import::{Program, Source};

/// Where a program keeps its sessions in the person's home.
pub(crate) fn usual(house: &House, program: Program) -> Option<PathBuf> {
    let moved = find::variable(program).and_then(process_environment);
    let moved = moved.map(PathBuf::from);
    find::usual(program, house.home.as_deref()?, moved.as_deref())
}

/// What there is: the usual folders that are there, and whatever else was imported.
pub(crate) async fn list(house: &Arc<House>) -> Result<Vec<Source>, String> {
    let roots = house
        .read(|reader| Ok((reader.import_roots()?, reader.imported_sessions()?)))
        .await?;
    let (roots, sessions) = roots;
    let mut sources = Vec::new();
    for program in Program::ALL {
        let source = program.name();
        let named = roots.iter().filter(|(of, _)| of == source);
        let named = named.map(|(_, root)| PathBuf::from(root));
        let mut paths: Vec<PathBuf> = usual(house, program).into_iter().collect();
        for root in named {
            // Of what lies in a folder that is listed the folder tells.
            if !paths.iter().any(|path| root.starts_with(path)) {
                paths.push(root);
            }
        }
        if paths.is_empty() {
            continue;
        }
        let known = house
            .read(move |reader| reader.read_files(source, READER))
            .await?;
        let found = tokio::task::spawn_blocking(move || {
            let found = paths.into_iter().filter_map(|path| {
                let files = find(program, &path).ok()?;
                let taken = files.iter().filter(|file| {
                    let read = file.path.to_str().and_then(|path| known.get(path));
                    read.is_some_and(|read| is_as_read(file, read))
                });
                let (taken_files, taken_bytes) = taken.fold((0, 0), |(files, bytes), file| {
                    (files + 1, bytes + file.bytes)
                });
                Some(Source {
                    program,
                    files: files.len() as u64,
                    bytes: files.iter().map(|file| file.bytes).sum(),
                    taken_files,
                    taken_bytes,
                    sessions: 0,
                    watched: false,
                    path,
                })
            });
            found.collect::<Vec<_>>()
        });
        let found = found.await.map_err(|error| error.to_string())?;
        sources.extend(found.into_iter().map(|source| Source {
            sessions: sessions.get(program.name()).copied().unwrap_or_default(),
            watched: house.import.watches(program) && source.taken_files > 0,
            ..source
        }));
    }
    sources.retain(|source| source.files > 0);
    Ok(sources)
}
