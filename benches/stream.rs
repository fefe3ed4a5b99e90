//! A long answer in mixed Markdown on the screen: all at once, and at the pace of a model.

use std::thread;
use std::time::{Duration, Instant};

use crate::limit::{Limit, Trouble, samples};
use crate::machine::Cpu;
use crate::markdown::{END, tokens};
use crate::model::{Model, Says};
use crate::pane::{Pane, Sight};
use crate::report::{Finding, Of, Samples, number};
use crate::support::Home;

const BURST: usize = 20_000;
const BURSTS: usize = 5;
const PER_SECOND: usize = 100;
const SECONDS: usize = 20;
/// Three frames of streamed text, in milliseconds: the one it just missed, its own, and one for the machine.
const BEHIND: f64 = 100.0;
/// After the last word: the answer is kept, the foot of the screen drawn anew.
const AFTER: Duration = Duration::from_secs(1);

/// A prompt that was answered.
struct Streamed {
    pressed: Instant,
    end: Sight,
    /// From the key to [`AFTER`] the last word.
    cpu: Duration,
    bytes: usize,
    /// CPU time, second by second.
    seconds: Vec<Duration>,
}

pub fn burst(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let text = tokens(BURST);
    let size: usize = text.iter().map(String::len).sum();
    let model = Model::plays(vec![Says::tokens(text, Duration::ZERO)]);
    let mut drained = Vec::new();
    let runs = samples(limit, BURSTS, |_| {
        model.forget();
        let run = ask(&model, limit, 0)?;
        let exchange = model.first(limit)?;
        let out = exchange.ended.unwrap_or(exchange.came) - exchange.began;
        drained.push((run.end.shown.saturating_duration_since(exchange.began), out));
        Ok(run)
    })?;
    let out = Samples::of(drained.iter().map(|drained| drained.1));
    let drained = Samples::new(
        drained
            .iter()
            .map(|drained| drained.0.as_secs_f64())
            .collect(),
    );
    Ok(vec![
        Finding::new("20,000 tokens at once, first byte to last word", "s", drained)
            .target(Of::Median, 0.12)
            .note(format!(
                "{size} bytes of Markdown, 50 events a piece; the model had written the last after {} ms (median)",
                number(out.median())
            )),
        Finding::new("CPU, without children", "s", Samples::new(runs.iter().map(|run| run.cpu.as_secs_f64()).collect()))
            .target(Of::Median, 0.1)
            .note("from the Enter key to a second after the last word"),
        Finding::new("written to the terminal", "kB", Samples::new(runs.iter().map(|run| run.bytes as f64 / 1e3).collect()))
            .target(Of::Median, 30.0),
    ])
}

pub fn rate(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let count = PER_SECOND * SECONDS;
    let pace = Duration::from_secs(1) / PER_SECOND as u32;
    let model = Model::plays(vec![Says::tokens(tokens(count), pace)]);
    let run = ask(&model, limit, SECONDS)?;
    let exchange = model.first(limit)?;
    let sent = exchange.ended.unwrap_or(exchange.came);
    let behind = run.end.shown.saturating_duration_since(sent);
    let took = run.end.shown - run.pressed;
    let percent = |time: &Duration| time.as_secs_f64() * 100.0;
    let whole = run.cpu.as_secs_f64() / (took + AFTER).as_secs_f64() * 100.0;
    Ok(vec![
        Finding::new("100 tokens a second: CPU, of a core", "%", Samples::new(run.seconds.iter().map(percent).collect()))
            .target(Of::Mean, 2.0)
            .note(format!(
                "each second of the stream; {} % over all {} s from the Enter key to a second after the last word",
                number(whole),
                number((took + AFTER).as_secs_f64())
            )),
        Finding::new("written to the terminal, by token", "bytes", Samples::one(run.bytes as f64 / count as f64))
            .target(Of::Max, 40.0)
            .note(format!("{} bytes for {count} tokens", run.bytes)),
        Finding::new("last word shown after it was sent", "ms", Samples::of([behind]))
            .target(Of::Max, BEHIND)
            .note("a reader that saves CPU by falling behind is found out here"),
    ])
}

/// Asks in a home of its own, and looks at the CPU time for so many seconds of the answer.
fn ask(model: &Model, limit: Limit, seconds: usize) -> Result<Streamed, Trouble> {
    let home = Home::new();
    home.config(&model.config());
    let pane = Pane::ready(&home, &[], limit)?;
    pane.settle(Duration::from_millis(500), limit);
    pane.watch("> go now");
    pane.press("go now");
    pane.sight(0, limit)?;
    pane.settle(Duration::from_millis(300), limit);
    pane.watch(END);
    let (cpu, bytes) = (Cpu::of(pane.process())?, pane.bytes());
    let pressed = pane.press("\r");
    let mut looks = vec![cpu.clone()];
    for second in 1..=seconds {
        let due = Duration::from_secs(1) * second as u32;
        thread::sleep(due.saturating_sub(pressed.elapsed()));
        looks.push(Cpu::of(pane.process())?);
    }
    let end = pane.sight_at_last(0, limit)?;
    thread::sleep(AFTER);
    let used = Cpu::of(pane.process())?.since(&cpu);
    let bytes = pane.bytes() - bytes;
    pane.quit(limit)?;
    Ok(Streamed {
        pressed,
        end,
        cpu: used.time,
        bytes,
        seconds: looks
            .windows(2)
            .map(|pair| pair[1].since(&pair[0]).time)
            .collect(),
    })
}
