//! Rows read from the bare pages of a database file, when `SQLite` can no longer be asked: only the leaves of tables are
//! looked at, each for itself, so that nothing but the page a row lies on must be whole. Pages of the log of writes that were
//! committed come before those of the file. Every number found is checked before it is used.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::types::Value;

use crate::store::schema::PAGE;

/// No row is longer, whatever a damaged number says (`SQLite`'s own limit).
const LONGEST: u64 = 1_000_000_000;
const LEAF: u8 = 0x0d;
const MOST_COLUMNS: usize = 64;

pub(crate) struct Pages {
    file: Option<File>,
    count: u64,
    newer: HashMap<u64, Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub rowid: i64,
    pub values: Vec<Value>,
}

impl Pages {
    /// Either file may be missing.
    pub(crate) fn open(database: &Path, writes: &Path) -> io::Result<Self> {
        let file = match File::open(database) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let bytes = file
            .as_ref()
            .map_or(Ok(0), |file| file.metadata().map(|data| data.len()))?;
        let newer = fs::read(writes)
            .map(|bytes| committed(&bytes))
            .unwrap_or_default();
        let last = newer.keys().copied().max().unwrap_or(0);
        Ok(Self {
            file,
            count: bytes.div_ceil(PAGE as u64).max(last),
            newer,
        })
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The page, with zeros where the file ends early or cannot be read.
    fn page(&self, number: u64) -> Vec<u8> {
        if let Some(page) = self.newer.get(&number) {
            return page.clone();
        }
        let mut page = vec![0; PAGE];
        if let (Some(file), Some(index)) = (&self.file, number.checked_sub(1)) {
            let mut filled = 0;
            while filled < PAGE {
                match file.read_at(&mut page[filled..], index * PAGE as u64 + filled as u64) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => filled += read,
                }
            }
        }
        page
    }

    /// The rows of a page, if it is a leaf of a table, in rising order; those that cannot be read are left out.
    pub(crate) fn rows(&self, number: u64) -> Vec<Row> {
        let page = self.page(number);
        let head = if number == 1 { 100 } else { 0 };
        if page[head] != LEAF {
            return Vec::new();
        }
        let cells = usize::from(u16::from_be_bytes([page[head + 3], page[head + 4]]));
        let mut rows: Vec<Row> = (0..cells)
            .map_while(|cell| {
                let at = head + 8 + 2 * cell;
                Some(usize::from(u16::from_be_bytes([
                    *page.get(at)?,
                    *page.get(at + 1)?,
                ])))
            })
            .filter_map(|start| self.row(&page, start))
            .collect();
        rows.dedup_by_key(|row| row.rowid);
        rows
    }

    fn row(&self, page: &[u8], start: usize) -> Option<Row> {
        let mut rest = page.get(start..)?;
        let length = varint(&mut rest)?;
        let rowid = varint(&mut rest)? as i64;
        if length > LONGEST || length > self.count * PAGE as u64 {
            return None;
        }
        let payload = self.payload(rest, length as usize)?;
        Some(Row {
            rowid,
            values: values(&payload)?,
        })
    }

    /// The whole payload: what lies on the page, and what overflows onto others.
    fn payload(&self, cell: &[u8], length: usize) -> Option<Vec<u8>> {
        let most = PAGE - 35;
        if length <= most {
            return Some(cell.get(..length)?.to_vec());
        }
        let least = (PAGE - 12) * 32 / 255 - 23;
        let wished = least + (length - least) % (PAGE - 4);
        let local = if wished <= most { wished } else { least };
        let mut payload = cell.get(..local)?.to_vec();
        let mut next = u32::from_be_bytes(cell.get(local..local + 4)?.try_into().ok()?);
        while payload.len() < length {
            if next == 0 || u64::from(next) > self.count {
                return None;
            }
            let page = self.page(u64::from(next));
            let taken = (length - payload.len()).min(PAGE - 4);
            payload.extend_from_slice(&page[4..4 + taken]);
            next = u32::from_be_bytes([page[0], page[1], page[2], page[3]]);
        }
        Some(payload)
    }
}

/// The columns of a record. Text that is not UTF-8 is read with replacement characters: most of it is still there.
fn values(payload: &[u8]) -> Option<Vec<Value>> {
    let mut rest = payload;
    let head = usize::try_from(varint(&mut rest)?).ok()?;
    let mut types = payload.get(payload.len() - rest.len()..head)?;
    let mut body = payload.get(head..)?;
    let mut values = Vec::new();
    while !types.is_empty() {
        let kind = varint(&mut types)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => usize::try_from((kind - 12) / 2).ok()?,
        };
        let (bytes, after) = body.split_at_checked(length)?;
        body = after;
        values.push(match kind {
            0 => Value::Null,
            1..=6 => Value::Integer(integer(bytes)),
            7 => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
            8 | 9 => Value::Integer(kind as i64 - 8),
            _ if kind % 2 == 0 => Value::Blob(bytes.to_vec()),
            _ => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        });
        if values.len() > MOST_COLUMNS {
            return None;
        }
    }
    body.is_empty().then_some(values)
}

fn integer(bytes: &[u8]) -> i64 {
    let start = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        -1
    } else {
        0
    };
    bytes
        .iter()
        .fold(start, |number: i64, &byte| (number << 8) | i64::from(byte))
}

/// A number of one to nine bytes, seven bits each and eight in the ninth.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for index in 0..9 {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        if index == 8 {
            return Some((number << 8) | u64::from(byte));
        }
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The pages of a log of writes up to its last whole commit: each frame carries the checksum of all before it.
fn committed(log: &[u8]) -> HashMap<u64, Vec<u8>> {
    let mut pages = HashMap::new();
    let mut open = Vec::new();
    let Some((head, mut rest)) = log.split_at_checked(32) else {
        return pages;
    };
    let number = |bytes: &[u8], at: usize| -> u32 {
        bytes
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u32::from_be_bytes)
    };
    let magic = number(head, 0);
    if magic & !1 != 0x377f_0682 || number(head, 8) as usize != PAGE {
        return pages;
    }
    let big = magic & 1 == 1;
    let mut sum = checksum(big, (0, 0), &head[..24]);
    if sum != (number(head, 24), number(head, 28)) {
        return pages;
    }
    while let Some((frame, after)) = rest.split_at_checked(24 + PAGE) {
        rest = after;
        sum = checksum(big, sum, &frame[..8]);
        sum = checksum(big, sum, &frame[24..]);
        if frame[8..16] != head[16..24] || sum != (number(frame, 16), number(frame, 20)) {
            break;
        }
        open.push((u64::from(number(frame, 0)), frame[24..].to_vec()));
        // The size of the database after a commit; zero inside a transaction.
        if number(frame, 4) != 0 {
            pages.extend(open.drain(..));
        }
    }
    pages
}

fn checksum(big: bool, start: (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let word = |bytes: &[u8]| -> u32 {
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        if big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    };
    bytes.chunks_exact(8).fold(start, |(first, second), pair| {
        let first = first.wrapping_add(word(pair)).wrapping_add(second);
        let second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
        (first, second)
    })
}
