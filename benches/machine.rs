//! What the kernel says of a process and of this machine: CPU time to the nanosecond, memory, and what a commit costs on the
//! disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::limit::Trouble;
use crate::report::{Samples, number};

/// Of the times in `/proc/ID/stat`: Linux shows them in hundredths of a second on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// What a process had used of the CPU at one moment, without its children.
#[derive(Debug, Clone, Default)]
pub struct Cpu {
    /// By thread. The kernel adds the time of a thread that is on a CPU right now when it leaves it, or at the next clock
    /// interrupt: a few milliseconds late at most.
    threads: BTreeMap<u32, Duration>,
}

/// The difference of two moments.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub time: Duration,
    /// Threads that ended in between; what they used after the first moment is not in `time`.
    pub ended: usize,
}

impl Cpu {
    pub fn of(process: u32) -> Result<Self, Trouble> {
        let folder = format!("/proc/{process}/task");
        let entries = fs::read_dir(&folder)
            .map_err(|error| Trouble::Missing(format!("cannot read {folder}: {error}")))?;
        let mut threads = BTreeMap::new();
        for entry in entries.flatten() {
            let thread = entry.file_name().to_string_lossy().parse().ok();
            // A thread that ends while the folder is read has no file.
            let text = fs::read_to_string(entry.path().join("schedstat")).ok();
            let first = text
                .as_deref()
                .and_then(|text| text.split(' ').next()?.parse().ok());
            if let (Some(thread), Some(nanos)) = (thread, first) {
                threads.insert(thread, Duration::from_nanos(nanos));
            }
        }
        if threads.values().all(Duration::is_zero) {
            let why = format!("this kernel keeps no CPU times in {folder}/*/schedstat");
            return Err(Trouble::Missing(why));
        }
        Ok(Self { threads })
    }

    pub fn since(&self, earlier: &Self) -> Used {
        let before = |thread: &u32| earlier.threads.get(thread).copied().unwrap_or_default();
        let spent = |(thread, now): (&u32, &Duration)| now.saturating_sub(before(thread));
        let gone = |thread: &&u32| !self.threads.contains_key(thread);
        Used {
            time: self.threads.iter().map(spent).sum(),
            ended: earlier.threads.keys().filter(gone).count(),
        }
    }
}

/// CPU time of the children of a process that were waited for, with theirs: user and system time in `/proc/ID/stat`, each cut
/// to a whole tick. `who` is a process id or `self`; one that has ended can be asked for until it is waited for.
pub fn of_children(who: &str) -> Result<Duration, Trouble> {
    let path = format!("/proc/{who}/stat");
    let text = fs::read_to_string(&path)
        .map_err(|error| Trouble::Missing(format!("cannot read {path}: {error}")))?;
    // The name in brackets may hold blanks; the field after it is the third, and these are 16 and 17.
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = |field: &str| field.parse::<u32>().unwrap_or_default();
    let ticks: u32 = fields.split(' ').skip(13).take(2).map(ticks).sum();
    Ok(TICK * ticks)
}

/// Memory of a process in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub resident: u64,
    /// The part that is no file.
    pub anonymous: u64,
}

impl Memory {
    pub fn of(process: u32) -> Result<Self, Trouble> {
        // Counted page by page; the sums in `status` lag behind.
        let path = format!("/proc/{process}/smaps_rollup");
        let text = fs::read_to_string(&path)
            .map_err(|error| Trouble::Missing(format!("cannot read {path}: {error}")))?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            kilobytes.map(|kilobytes: u64| kilobytes * 1024)
        };
        match (value("Rss:"), value("Anonymous:")) {
            (Some(resident), Some(anonymous)) => Ok(Self {
                resident,
                anonymous,
            }),
            _ => Err(Trouble::Missing(format!(
                "{path} does not say what is resident"
            ))),
        }
    }
}

/// A disk that keeps nothing: what is written there costs no wait. None where the machine has no such place.
pub fn memory() -> Option<&'static Path> {
    Some(Path::new("/dev/shm")).filter(|folder| folder.is_dir())
}

/// What a commit costs here at least, in milliseconds: a page written at the end of a file, and waited for.
pub fn commit(folder: &Path) -> std::io::Result<Samples> {
    const COMMITS: usize = 50;
    let mut file = tempfile::tempfile_in(folder)?;
    let page = [7; 4096];
    let mut times = Vec::new();
    for _ in 0..COMMITS {
        let before = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(before.elapsed());
    }
    Ok(Samples::of(times))
}

/// The machine in one line.
pub fn described() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let folder = std::env::temp_dir();
    let disk = match commit(&folder) {
        Ok(commit) => format!(
            "median {} ms, max {} ms",
            number(commit.median()),
            number(commit.max())
        ),
        Err(error) => error.to_string(),
    };
    format!(
        "{cores} cores, load {load}; a page kept on the disk of {}: {disk}",
        folder.display()
    )
}
