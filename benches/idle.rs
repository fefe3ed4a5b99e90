//! What it takes while nobody does anything: memory, CPU time, bytes. An empty session and one with code on the screen, at
//! the same time.

use std::thread;
use std::time::Duration;

use crate::limit::{Limit, Trouble};
use crate::machine::{Cpu, Memory};
use crate::model::{Model, Says};
use crate::pane::Pane;
use crate::report::{Finding, Of, Samples, number};
use crate::support::Home;

const WATCHED: Duration = Duration::from_secs(20);
/// What was begun at the start has ended by then; the runtime's spare threads go after ten seconds.
const SETTLED: Duration = Duration::from_secs(12);
const MEGABYTE: f64 = 1_048_576.0;

const CODE: &str = "In Rust:\n\n```rust\nuse std::fmt;\n\n/// A thing with a name.\n#[derive(Debug, Clone)]\npub struct Named<'a> {\n    \
name: &'a str,\n    count: usize,\n}\n\nimpl fmt::Display for Named<'_> {\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        \
write!(f, \"{} x {}\", self.name, self.count) // as it is read\n    }\n}\n```\n\nIn Python:\n\n```python\nimport json\n\nclass Named:\n    \
\"\"\"A thing with a name.\"\"\"\n\n    def __init__(self, name: str, count: int = 0):\n        self.name = name\n        self.count = count  # as it is read\n\n    \
def told(self) -> str:\n        return json.dumps({\"name\": self.name, \"count\": self.count})\n```\n\nThat is all of it.\n";

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let homes = [Home::new(), Home::new()];
    let model = Model::plays(vec![Says::text(CODE)]);
    for home in &homes {
        home.config(&model.config());
    }
    let empty = Pane::ready(&homes[0], &[], limit)?;
    let code = Pane::ready(&homes[1], &[], limit)?;
    code.press("show me\r");
    code.until("both pieces of code", limit, |screen| {
        [
            "impl fmt::Display for",
            "def told(self)",
            "That is all of it",
        ]
        .iter()
        .all(|text| screen.contains(text))
    })?;
    thread::sleep(SETTLED.min(limit.left()));

    let panes = [
        (&empty, "an empty session", 20.0),
        (&code, "Rust and Python on the screen", 40.0),
    ];
    let mut before = Vec::new();
    for (pane, ..) in panes {
        before.push((
            Memory::of(pane.process())?,
            Cpu::of(pane.process())?,
            pane.bytes(),
        ));
    }
    let watched = WATCHED.min(limit.left());
    thread::sleep(watched);
    let mut findings = Vec::new();
    for ((pane, what, most), (memory, cpu, bytes)) in panes.into_iter().zip(before) {
        let used = Cpu::of(pane.process())?.since(&cpu);
        let written = pane.bytes() - bytes;
        let percent = used.time.as_secs_f64() / watched.as_secs_f64() * 100.0;
        let ended = match used.ended {
            0 => String::new(),
            ended => format!("; {ended} of its threads ended meanwhile"),
        };
        findings.push(
            Finding::new(
                format!("{what}: resident"),
                "MB",
                Samples::one(memory.resident as f64 / MEGABYTE),
            )
            .target(Of::Max, most)
            .note(format!(
                "{} MB of it are no file",
                number(memory.anonymous as f64 / MEGABYTE)
            )),
        );
        findings.push(
            Finding::new(
                format!("{what}: CPU, of a core"),
                "%",
                Samples::one(percent),
            )
            .target(Of::Max, 0.0)
            .note(format!(
                "{} microseconds in {} s{ended}",
                used.time.as_micros(),
                watched.as_secs()
            )),
        );
        findings.push(
            Finding::new(
                format!("{what}: written"),
                "bytes",
                Samples::one(written as f64),
            )
            .target(Of::Max, 0.0),
        );
    }
    Ok(findings)
}
