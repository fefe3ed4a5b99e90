//! Reads a rehearsal script. A fault names its line and what was expected there.

pub mod line;

use crate::provider::rehearsal::parse::line::{excerpt, read_line, without_comment};
use crate::provider::rehearsal::script::{
    Audience, Condition, Directive, DirectiveKind, Line, PromptMatch, Script, ScriptTurn, Step,
};

impl Script {
    /// Reads a script; `make` gives the text of a file that `< make` names. The error names the line and what was expected.
    pub fn parse(text: &str, make: impl Fn(&str) -> Option<&'static str>) -> Result<Self, String> {
        let mut reader = Reader::default();
        let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut number = 0;
        while !rest.is_empty() {
            let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
            rest = below;
            number += 1;
            let line = line.trim_end();
            if line == "--- log" {
                reader.script.log = Some(rest.to_owned());
                break;
            }
            reader
                .line(number, line, &make)
                .map_err(|error| format!("line {number}: {error}"))?;
        }
        reader
            .close_turn()
            .map_err(|error| format!("line {number}: {error}"))?;
        if reader.script.turns.is_empty() {
            return Err(
                "the script is empty: expected a line `> ` with what the person says".to_owned(),
            );
        }
        reader.script.follow()?;
        Ok(reader.script)
    }

    /// Puts the steps that an `< as ` names in its place.
    fn follow(&mut self) -> Result<(), String> {
        let named = self.turns.clone();
        for turn in &mut self.turns {
            let Some(Step { number, lines, .. }) = turn.steps.last() else {
                continue;
            };
            let Some(Line::As(prompt)) = lines.first() else {
                continue;
            };
            let steps = named
                .iter()
                .filter(|turn| turn.prompt == PromptMatch::Exactly(prompt.clone()))
                .map(|turn| &turn.steps)
                .find(|steps| !steps.iter().any(|step| matches!(step.lines[..], [Line::As(_)])))
                .ok_or_else(|| {
                    format!(
                        "line {number}: no answer to `{}` is written out: expected a prompt of this script",
                        excerpt(prompt)
                    )
                })?;
            turn.steps.pop();
            turn.steps.extend(steps.iter().cloned());
        }
        Ok(())
    }
}

fn is_answered(step: &Step) -> bool {
    step.directives
        .iter()
        .any(|directive| directive.kind == DirectiveKind::Answer)
}

/// The script as far as it was read.
#[derive(Default)]
struct Reader {
    script: Script,
    turn: Option<ScriptTurn>,
    step: Option<Step>,
    /// The line before was a `> ` line.
    in_prompt: bool,
}

impl Reader {
    fn line(
        &mut self,
        number: usize,
        line: &str,
        make: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<(), String> {
        if line.is_empty() {
            self.close_step();
            self.in_prompt = false;
            return Ok(());
        }
        if line.starts_with('#') || line.starts_with("-- ") {
            return Ok(());
        }
        let (sign, text) = line.split_once(' ').unwrap_or((line, ""));
        let said = std::mem::take(&mut self.in_prompt);
        match sign {
            ">" => self.prompt(number, without_comment(text), said),
            "?" => self.condition(number, without_comment(text)),
            "<" => {
                let line = read_line(text, make)?;
                self.played(number, line)
            }
            "=" => self.directive(number, DirectiveKind::Answer, text),
            "!" => self.directive(number, DirectiveKind::Event, text),
            "$" => self.directive(number, DirectiveKind::Setting, text),
            _ => Err(format!(
                "`{}` is no line of a script: expected `> `, `< `, `? `, `= `, `! `, `$ `, `# ` or `--- log`",
                excerpt(line)
            )),
        }
    }

    fn played(&mut self, number: usize, line: Line) -> Result<(), String> {
        if self.step.as_ref().is_some_and(is_answered) {
            self.close_step();
        }
        let Some(turn) = &self.turn else {
            return Err(
                "nobody has spoken yet: expected `> ` with what the person says".to_owned(),
            );
        };
        let above = self.step.as_ref().map_or(&[][..], |step| &step.lines);
        let is_word = |line: &Line| *line == Line::Words;
        let is_as = |line: &Line| matches!(line, Line::As(_));
        if turn.steps.iter().any(|step| step.lines.iter().any(is_as))
            || above.iter().any(is_as)
            || (is_as(&line) && self.step.is_some())
        {
            return Err(
                "`< as ` must be the last step of its turn and all of it: expected it alone"
                    .to_owned(),
            );
        }
        if turn.plays_words()
            || above.iter().any(is_word)
            || (is_word(&line) && (self.step.is_some() || !turn.steps.is_empty()))
        {
            return Err(
                "`< words` must be all a turn has: expected it alone below its `> *`".to_owned(),
            );
        }
        self.open_step(number).lines.push(line);
        Ok(())
    }

    fn prompt(&mut self, number: usize, text: &str, said: bool) -> Result<(), String> {
        if text.is_empty() {
            return Err(
                "nothing is said: expected `> ` with the prompt, or `> *` for any".to_owned(),
            );
        }
        if said
            && let Some(ScriptTurn {
                prompt: PromptMatch::Exactly(above),
                ..
            }) = &mut self.turn
        {
            above.push('\n');
            above.push_str(text);
            self.in_prompt = true;
            return Ok(());
        }
        self.close_turn()?;
        self.turn = Some(ScriptTurn {
            number,
            prompt: match text {
                "*" => PromptMatch::Anything,
                _ => PromptMatch::Exactly(text.to_owned()),
            },
            first: false,
            directives: Vec::new(),
            steps: Vec::new(),
        });
        self.in_prompt = true;
        Ok(())
    }

    fn condition(&mut self, number: usize, text: &str) -> Result<(), String> {
        let Some(turn) = &mut self.turn else {
            return Err("nobody has spoken yet: expected `> ` above `? `".to_owned());
        };
        if turn.steps.is_empty() && self.step.is_none() {
            if text != "first" {
                return Err(format!(
                    "`? {}` has no step before it: expected `? first` here",
                    excerpt(text)
                ));
            }
            turn.first = true;
            return Ok(());
        }
        let condition = match text.split_once(' ').unwrap_or((text, "")) {
            ("denied", "") => Condition::Denied,
            ("failed", "") => Condition::Failed,
            ("watched", "") => Condition::Watched(Audience::Somebody),
            ("unwatched", "") => Condition::Watched(Audience::Nobody),
            ("failed", tool) => Condition::AllFailed(tool.trim().to_owned()),
            ("says", words) if !words.trim().is_empty() => Condition::Says(words.trim().to_owned()),
            _ => {
                return Err(format!(
                    "`? {}` is no condition: expected `? denied`, `? failed`, `? says TEXT`, `? watched` or `? unwatched`",
                    excerpt(text)
                ));
            }
        };
        if self
            .step
            .as_ref()
            .is_some_and(|step| !step.lines.is_empty())
        {
            self.close_step();
        }
        self.open_step(number).conditions.push(condition);
        Ok(())
    }

    fn directive(&mut self, number: usize, kind: DirectiveKind, text: &str) -> Result<(), String> {
        let text = without_comment(text);
        if text.is_empty() {
            return Err(
                "a sign alone: expected words such as `= allow`, `! kill` or `$ limit 0.01`"
                    .to_owned(),
            );
        }
        let after = self.step.as_ref().map_or(0, |step| step.lines.len());
        let list = match (&mut self.step, &mut self.turn) {
            (Some(step), _) => &mut step.directives,
            // A blank line may part an answer from the call it is for.
            (None, Some(turn)) => match turn.steps.last_mut() {
                Some(step) => &mut step.directives,
                None => &mut turn.directives,
            },
            (None, None) => &mut self.script.directives,
        };
        list.push(Directive {
            number,
            after,
            kind,
            text: text.to_owned(),
        });
        Ok(())
    }

    fn open_step(&mut self, number: usize) -> &mut Step {
        self.step.get_or_insert_with(|| Step {
            number,
            ..Step::default()
        })
    }

    /// A step of conditions alone stays open, so that a blank line may stand below them.
    fn close_step(&mut self) {
        if let Some(turn) = &mut self.turn
            && self
                .step
                .as_ref()
                .is_some_and(|step| !step.lines.is_empty())
        {
            turn.steps.extend(self.step.take());
        }
    }

    fn close_turn(&mut self) -> Result<(), String> {
        self.close_step();
        if let Some(step) = &self.step {
            return Err(format!(
                "the condition in line {} has no step: expected `< ` below it",
                step.number
            ));
        }
        let Some(turn) = self.turn.take() else {
            return Ok(());
        };
        if turn.steps.is_empty() {
            return Err(format!(
                "the prompt in line {} has no answer: expected `< text: ` or `< call ` below it",
                turn.number
            ));
        }
        self.script.turns.push(turn);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
