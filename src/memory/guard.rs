//! Where the search library is spoken to. Files that were damaged can make it panic: the panic ends here, and is told as damage.
//!
//! What it does on threads of its own cannot be caught, so it writes nothing before its files were compared with their checksums.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::memory::index::IndexError;

thread_local! {
    /// A panic of this thread is caught, and is no fault that a person should be told of.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is caught here: whoever watches panics leaves it alone.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Gives back what held before, also when the work panics.
struct Guarded {
    before: bool,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        GUARDED.set(self.before);
    }
}

/// Does something with the library. What it works on must not be used again where it panicked: the index is opened anew.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    let before = Guarded {
        before: GUARDED.replace(true),
    };
    let done = catch_unwind(AssertUnwindSafe(work));
    drop(before);
    done.unwrap_or_else(|panic| Err(IndexError::Unusable(said(panic.as_ref()))))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!("it is damaged: {}", text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_as_damage_and_leaves_no_guard() {
        let found: Result<(), IndexError> = guarded(|| {
            assert!(is_guarded());
            let inner: Result<(), IndexError> = guarded(|| panic!("at {}", "inner"));
            assert!(inner.is_err() && is_guarded());
            panic!("outer")
        });
        let said = found.map_err(|error| error.to_string());
        assert_eq!(
            said,
            Err("the index cannot be used: it is damaged: outer".to_owned())
        );
        assert!(!is_guarded());
    }
}
