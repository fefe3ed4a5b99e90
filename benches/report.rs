//! The table: a figure, how it is spread, what it should be, and whether it is.

use std::fmt::Write as _;
use std::time::Duration;

use crate::machine;
use crate::support::CREEL;

/// Measured values, sorted.
#[derive(Debug, Clone)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// At least one value.
    pub fn new(mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "a figure without a value");
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    pub fn one(value: f64) -> Self {
        Self::new(vec![value])
    }

    /// In milliseconds.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        Self::new(times.into_iter().map(millis).collect())
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The nearest rank: the least value that so much of all values are not above.
    pub fn rank(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0[rank - 1]
    }

    pub fn median(&self) -> f64 {
        let (half, odd) = (self.0.len() / 2, self.0.len() % 2 == 1);
        if odd {
            self.0[half]
        } else {
            f64::midpoint(self.0[half - 1], self.0[half])
        }
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    pub fn max(&self) -> f64 {
        self.rank(100)
    }

    fn min(&self) -> f64 {
        self.0[0]
    }

    fn value(&self, of: Of) -> f64 {
        match of {
            Of::Median => self.median(),
            Of::P99 => self.rank(99),
            Of::Mean => self.mean(),
            Of::Max => self.max(),
        }
    }
}

/// Which value of the samples a target is for.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    Median,
    P99,
    /// Where the values add up to a whole: the steps of a run, the seconds of a stream.
    Mean,
    Max,
}

impl Of {
    fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::P99 => "p99",
            Self::Mean => "mean",
            Self::Max => "max",
        }
    }
}

/// A line of the table, with the lines below it that explain it.
#[derive(Debug)]
pub struct Finding {
    what: String,
    unit: &'static str,
    samples: Samples,
    targets: Vec<(Of, f64)>,
    /// The least it should be, where more is better.
    floor: Option<f64>,
    notes: Vec<String>,
}

impl Finding {
    /// Without a target it is told and not judged.
    pub fn new(what: impl Into<String>, unit: &'static str, samples: Samples) -> Self {
        Self {
            what: what.into(),
            unit,
            samples,
            targets: Vec::new(),
            floor: None,
            notes: Vec::new(),
        }
    }

    pub fn target(mut self, of: Of, most: f64) -> Self {
        self.targets.push((of, most));
        self
    }

    /// The least that the median should be.
    pub fn floor(mut self, least: f64) -> Self {
        self.floor = Some(least);
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn add(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Nothing where there is no target. A value that the table rounds to its target is within it.
    fn verdict(&self) -> &'static str {
        let shown = |of| number(self.samples.value(of)).parse::<f64>();
        let over = |(of, most): &(Of, f64)| shown(*of).unwrap_or(f64::MAX) > *most;
        if let Some(least) = self.floor {
            let under = shown(Of::Median).unwrap_or_default() < least;
            return if under { "under" } else { "ok" };
        }
        match (self.targets.is_empty(), self.targets.iter().any(over)) {
            (true, _) => "",
            (false, true) => "over",
            (false, false) => "ok",
        }
    }

    fn wanted(&self) -> String {
        if let Some(least) = self.floor {
            return format!("at least {least}");
        }
        let mut wanted = String::new();
        for (of, most) in &self.targets {
            let comma = if wanted.is_empty() { "" } else { ", " };
            // One value needs no word for which.
            let name = if self.samples.count() == 1 {
                "at most"
            } else {
                of.name()
            };
            let _ = write!(wanted, "{comma}{name} {most}");
        }
        wanted
    }
}

/// What the figures were measured on, and the names of the columns.
pub fn head() {
    let size = std::fs::metadata(CREEL).map_or(0, |file| file.len());
    println!("{CREEL}, {:.1} MB, optimised", size as f64 / 1e6);
    println!("{}", machine::described());
    println!(
        "\n{:<58}{:>6}{:>10}{:>10}{:>10}{:>10}{:>10}  {:<22}verdict",
        "", "n", "min", "median", "mean", "p99", "max", "target"
    );
}

pub fn row(name: &str, what: &str) {
    println!("{name}: {what}");
}

pub fn finding(finding: &Finding) {
    let Finding {
        what,
        unit,
        samples,
        notes,
        ..
    } = finding;
    let comma = if unit.is_empty() { "" } else { ", " };
    let label = format!("  {what}{comma}{unit}");
    let values = if samples.count() == 1 {
        format!(
            "{:>10}{:>10}{:>10}{:>10}{:>10}",
            "",
            number(samples.median()),
            "",
            "",
            ""
        )
    } else {
        format!(
            "{:>10}{:>10}{:>10}{:>10}{:>10}",
            number(samples.min()),
            number(samples.median()),
            number(samples.mean()),
            number(samples.value(Of::P99)),
            number(samples.max())
        )
    };
    let line = format!(
        "{label:<58}{:>6}{values}  {:<22}{}",
        samples.count(),
        finding.wanted(),
        finding.verdict()
    );
    println!("{}", line.trim_end());
    for note in notes {
        println!("      {note}");
    }
}

/// Three digits are as many as a measured value has.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
