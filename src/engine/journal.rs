//! Creel's own log file, for looking into faults: one line a fault, nothing while nothing goes wrong. Not the log of facts.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::agent::redact::Redactor;
use crate::agent::visible::one_line;
use crate::engine::clock::Clock;

/// At this size the file is put aside as `creel.log.old`, which it replaces: 1 MiB.
const LARGEST: u64 = 1024 * 1024;

/// Where faults are written: takes what any room says through `tracing` at the levels warn and error. The file is made with
/// the first line.
pub struct Journal {
    path: PathBuf,
    clock: Clock,
    redactor: Arc<Mutex<Redactor>>,
}

impl Journal {
    pub fn new(path: PathBuf, clock: Clock, redactor: Arc<Mutex<Redactor>>) -> Self {
        Self {
            path,
            clock,
            redactor,
        }
    }

    /// Hears everything this process says from now on. One that is there already goes on.
    pub fn install(self) {
        let _ = tracing::subscriber::set_global_default(self);
    }

    /// Writes one line, without secrets and control characters. A line that cannot be written is let go: what it tells of is
    /// told to the person elsewhere.
    fn line(&self, text: &str) {
        // Not under the lock: a fault in here is told of in here too.
        let redactor = self.redactor.lock().map(|held| held.clone());
        let redactor = redactor.unwrap_or_else(|held| held.into_inner().clone());
        let text = redactor.redact_all(&one_line(text));
        let time = Timestamp::from_millisecond(self.clock.now().0).unwrap_or_default();
        let _ = append(
            &self.path,
            &format!("{time} {} {text}\n", std::process::id()),
        );
    }
}

impl Subscriber for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("creel")
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.line(&text.0);
    }

    // Spans are not used.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message of an event.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write;
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() >= LARGEST) {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    // One write a line, so that the lines of several processes stay whole.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?
        .write_all(line.as_bytes())
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({})", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::protocol::time::Time;

    #[test]
    fn lines_are_clean_capped_and_the_owners_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("creel.log");
        let redactor = Arc::new(Mutex::new(Redactor::default()));
        redactor.lock().unwrap().add("sk-secret-123");
        let clock = Clock::manual(|| Time(0));
        let journal = Journal::new(path.clone(), clock, redactor);
        assert!(!path.exists());
        journal.line("key sk-secret-123\u{1b}[2J refused\nby x, PASSWORD=hunter22");
        let expected = format!(
            "1970-01-01T00:00:00Z {} key ‹redacted:key› refused by x, PASSWORD=‹redacted:password›\n",
            std::process::id()
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(LARGEST).unwrap();
        journal.line("after");
        assert!(fs::metadata(&path).unwrap().len() < 200);
        assert_eq!(
            fs::metadata(path.with_extension("log.old")).unwrap().len(),
            LARGEST
        );
    }
}
