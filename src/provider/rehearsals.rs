//! The rehearsals of a config: shipped scripts by name, and scripts of the person's own by path.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::ProviderConfig;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;
use crate::provider::rehearsal::script::Audience;
use crate::provider::rehearsal::{self, Rehearsal, Speed};

/// A script larger than this is none: 1 MiB.
const LARGEST: u64 = 1024 * 1024;

/// A script: the model's name, and the file where it is the person's own.
type Which = (String, Option<PathBuf>);

/// Scripts that were asked for, read once.
#[derive(Debug, Default)]
pub struct Rehearsals {
    speed: Speed,
    audience: Audience,
    made: Mutex<BTreeMap<Which, Arc<Rehearsal>>>,
}

impl Rehearsals {
    pub fn new(speed: Speed, audience: Audience) -> Self {
        Self {
            speed,
            audience,
            made: Mutex::default(),
        }
    }

    /// How fast they speak.
    pub fn speed(&self) -> &Speed {
        &self.speed
    }

    /// The rehearsal that a model of a rehearsal provider names.
    pub fn get(
        &self,
        config: &ProviderConfig,
        model: &ModelRef,
    ) -> Result<Arc<Rehearsal>, Failure> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (model.model.clone(), config.script.clone());
        if let Some(rehearsal) = made.get(&key) {
            return Ok(Arc::clone(rehearsal));
        }
        let script = match &config.script {
            Some(path) => read(path)?,
            None => rehearsal::shipped(&model.model)
                .map(ToOwned::to_owned)
                .ok_or_else(|| unknown(model))?,
        };
        let rehearsal = Rehearsal::new(&model.model, &script, self.audience)
            .map_err(|why| fault(format!("rehearsal {model}: {why}")))?;
        let rehearsal = Arc::new(rehearsal.with_speed(self.speed.clone()));
        made.insert(key, Arc::clone(&rehearsal));
        Ok(rehearsal)
    }
}

fn read(path: &std::path::Path) -> Result<String, Failure> {
    let cannot = |why: String| fault(format!("cannot read the script {}: {why}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| cannot(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(cannot("it is no file, or larger than 1 MiB".to_owned()));
    }
    std::fs::read_to_string(path).map_err(|error| cannot(error.to_string()))
}

fn unknown(model: &ModelRef) -> Failure {
    fault(rehearsal::unknown(&model.model))
}

fn fault(message: String) -> Failure {
    Failure::new(FailureKind::Config, message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_spoken_can_be_hurried() {
        let natural = Duration::from_secs(10);
        let speed = Speed::default();
        let face = speed.clone();
        assert_eq!(speed.pause(natural), natural);
        face.hurry();
        assert_eq!(speed.pause(natural), Duration::from_secs(1));
        face.rest();
        assert_eq!(speed.pause(natural), natural);
        // What has no pauses stays so.
        let at_once = Speed::at_once();
        at_once.hurry();
        at_once.rest();
        assert!(at_once.pause(natural) < Duration::from_millis(1));
    }
}
