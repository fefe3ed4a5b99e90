//! The key of a provider: read when first needed, kept for the calls after, forgotten when it is refused, and struck out of
//! everything a server says.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::secret::Secret;
use crate::protocol::failure::{Failure, FailureKind};

/// Reads a key where the person keeps it; it may take its time, as a password manager does. `None`: there is none there.
pub type ReadKey = Arc<dyn Fn() -> Result<Option<Secret>, String> + Send + Sync>;

/// Stands where the key stood.
const MARK: &str = "[key]";

/// Stands where a text was cut (`envelope::excerpt`).
const CUT: char = '…';

/// A beginning of a key with fewer characters is none: as many are shown to tell which key it is (`Secret::hint`).
const SHORTEST: usize = 8;

pub struct Key {
    /// Where the key is kept, in words: `ANTHROPIC_API_KEY`. `None` for servers without keys.
    place: Option<String>,
    read: ReadKey,
    held: Mutex<Option<Secret>>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Key {
    pub fn new(place: Option<String>, read: ReadKey) -> Self {
        Self {
            place,
            read,
            held: Mutex::new(None),
        }
    }

    /// Which key it is and where it is kept, in words: `…x4Qa from ANTHROPIC_API_KEY`.
    pub fn place(&self) -> String {
        let place = self.place.as_deref().unwrap_or("none is configured");
        match self.held().as_ref().map(Secret::hint) {
            // Of a short key nothing is shown.
            Some(hint) if hint.chars().count() > 1 => format!("{hint} from {place}"),
            _ => place.to_owned(),
        }
    }

    /// The key; `None` for a server without keys.
    pub async fn get(self: &Arc<Self>) -> Result<Option<Secret>, Failure> {
        let Some(place) = &self.place else {
            return Ok(None);
        };
        if let Some(held) = self.held().clone() {
            return Ok(Some(held));
        }
        let read = Arc::clone(&self.read);
        let fault = |text: String| Failure::new(FailureKind::Auth, text);
        let secret = tokio::task::spawn_blocking(move || read())
            .await
            .map_err(|error| {
                Failure::new(
                    FailureKind::Internal,
                    format!("reading the key failed: {error}"),
                )
            })?
            .map_err(fault)?
            .ok_or_else(|| Failure {
                unsent: true,
                ..fault(format!("there is no key: set {place}"))
            })?;
        *self.held() = Some(secret.clone());
        Ok(Some(secret))
    }

    /// What a server said, without the key. It must be struck out before the text is cut: else a part of it could stay.
    pub fn strike(&self, text: &str) -> String {
        match &*self.held() {
            Some(secret) => text.replace(secret.expose(), MARK),
            None => text.to_owned(),
        }
    }

    /// The failure as it may be shown: no server gets a person's key into a message. A refused key is read anew next time.
    pub fn settle(&self, mut failure: Failure) -> Failure {
        let mut held = self.held();
        if let Some(secret) = &*held {
            failure.message = failure.message.replace(secret.expose(), MARK);
            failure.message = without_cut(&failure.message, secret.expose());
        }
        if failure.kind == FailureKind::Auth {
            *held = None;
        }
        failure
    }

    fn held(&self) -> MutexGuard<'_, Option<Secret>> {
        // The value is whole whatever happened to the thread that held it.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text without the beginnings of the key that stand where it was cut: an event is cut where the key is not known.
fn without_cut(text: &str, key: &str) -> String {
    let mut pieces = text.split(CUT);
    let last = pieces.next_back().unwrap_or_default();
    let mut clean = String::new();
    for piece in pieces {
        let beginnings = key.char_indices().map(|(end, _)| &key[..end]);
        let begun = beginnings
            .skip(SHORTEST)
            .filter(|begun| piece.ends_with(begun))
            .last();
        match begun.and_then(|begun| piece.strip_suffix(begun)) {
            Some(before) => clean.extend([before, MARK]),
            None => clean.push_str(piece),
        }
        clean.push(CUT);
    }
    clean.push_str(last);
    clean
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn a_key_is_read_once_until_it_is_refused() {
        let reads = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&reads);
        let key = Arc::new(Key::new(
            Some("THE_KEY".to_owned()),
            Arc::new(move || {
                Ok(Secret::new(&format!(
                    "sk-{}",
                    counted.fetch_add(1, Ordering::SeqCst)
                )))
            }),
        ));
        run(async {
            for _ in 0..3 {
                assert_eq!(key.get().await, Ok(Secret::new("sk-0")));
            }
            let other = key.settle(Failure::new(FailureKind::Overloaded, "busy"));
            assert_eq!(other.message, "busy");
            assert_eq!(key.get().await, Ok(Secret::new("sk-0")));
            let refused = key.settle(Failure::new(FailureKind::Auth, "key sk-0 is not known"));
            assert_eq!(refused.message, "key [key] is not known");
            assert_eq!(key.get().await, Ok(Secret::new("sk-1")));
        });
    }

    #[test]
    fn no_part_of_a_key_stays_where_a_text_was_cut() {
        let key = Arc::new(Key::new(
            Some("THE_KEY".to_owned()),
            Arc::new(|| Ok(Secret::new("sk-ant-api03-0123456789abcdef"))),
        ));
        run(key.get()).unwrap();
        let cases = [
            ("bad key sk-ant-api03-01…", "bad key [key]…"),
            (
                "bad key sk-ant-api03-0123456789abcde… (sort)",
                "bad key [key]… (sort)",
            ),
            (
                "sk-ant-api03-0… and sk-ant-api03-0123456789abcdef…",
                "[key]… and [key]…",
            ),
            // The name of the key, and words.
            (
                "check the key (sk-ant-…cdef from THE_KEY)",
                "check the key (sk-ant-…cdef from THE_KEY)",
            ),
            ("a long ask…", "a long ask…"),
            ("no cut sk-ant-api03-01", "no cut sk-ant-api03-01"),
        ];
        for (text, expected) in cases {
            let failure = key.settle(Failure::new(FailureKind::Overloaded, text));
            assert_eq!(failure.message, expected);
        }
        assert_eq!(key.strike("a sk-ant-api03-0123456789abcdef b"), "a [key] b");
    }

    #[test]
    fn a_missing_key_says_where_it_belongs() {
        let key = |place: Option<&str>, read: ReadKey| {
            Arc::new(Key::new(place.map(ToOwned::to_owned), read))
        };
        let cases = [
            (
                key(None, Arc::new(|| Err("never read".to_owned()))),
                Ok(None),
            ),
            (
                key(Some("THE_KEY"), Arc::new(|| Ok(None))),
                Err("there is no key: set THE_KEY".to_owned()),
            ),
            (
                key(
                    Some("a file"),
                    Arc::new(|| Err("the key file is empty".to_owned())),
                ),
                Err("the key file is empty".to_owned()),
            ),
        ];
        for (key, expected) in cases {
            assert_eq!(run(key.get()).map_err(|failure| failure.message), expected);
        }
    }

    #[test]
    fn a_key_is_named_by_its_end_once_it_was_read() {
        let cases = [
            (
                "sk-ant-api03-abcdefghijklmnopx4Qa",
                "sk-ant-…x4Qa from THE_KEY",
            ),
            ("short", "THE_KEY"),
        ];
        for (secret, expected) in cases {
            let key = Arc::new(Key::new(
                Some("THE_KEY".to_owned()),
                Arc::new(move || Ok(Secret::new(secret))),
            ));
            assert_eq!(key.place(), "THE_KEY");
            assert_eq!(run(key.get()), Ok(Secret::new(secret)));
            assert_eq!(key.place(), expected);
        }
    }
}
