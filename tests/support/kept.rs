//! What files hold, for tests of what must be in none of them: of a log also what is packed, which a look at its bytes would miss.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;
use rusqlite::Connection;

/// Every file below a folder, whole; of a log what each packed value holds, behind its name.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for path in below(folder) {
        let name = path.display().to_string();
        if name.ends_with("creel.db") {
            let packed = unpacked(&path).into_iter();
            found.extend(packed.map(|bytes| (format!("{name}, packed"), bytes)));
        }
        found.push((name, fs::read(&path).unwrap()));
    }
    found
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// What the packed values of a log hold. A copy is looked at, so that nothing of the home is another afterwards.
pub fn unpacked(log: &Path) -> Vec<Vec<u8>> {
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("creel.db");
    for ending in ["", "-wal"] {
        let from = log.with_file_name(format!("creel.db{ending}"));
        if from.exists() {
            fs::copy(&from, copy.path().join(format!("creel.db{ending}"))).unwrap();
        }
    }
    let conn = Connection::open(&path).unwrap();
    let sql = "SELECT body FROM event WHERE typeof(body) = 'blob' UNION ALL SELECT bytes FROM blob WHERE substr(bytes, 1, 1) = x'01'";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0));
    rows.unwrap()
        .map(|row| {
            // A mark, four bytes of length, and a zlib stream.
            let mut plain = Vec::new();
            let packed = row.unwrap();
            ZlibDecoder::new(&packed[5..])
                .read_to_end(&mut plain)
                .unwrap();
            plain
        })
        .collect()
}
