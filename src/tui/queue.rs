//! The queue that everything reaches the drawing thread by.

use std::sync::mpsc::Sender;
use std::time::Instant;

use crate::tui::Started;
use crate::tui::app::message::Msg;
use crate::tui::pointing::Gesture;
use crate::tui::terminal::eye::Ground;
use crate::tui::terminal::input::{Input, InputEvent, Signal as SystemSignal};
use crate::tui::wardrobe::Fetched;

/// What the queue brings.
#[derive(Debug)]
pub(crate) enum Wake {
    Msg(Msg),
    /// Something the person did, and when it came: it may be looked at later, after a frame that took its time.
    Came(Msg, Instant),
    Started(Result<Started, String>),
    System(SystemSignal),
    /// The terminal has this behind its text.
    Ground(Ground),
    /// What came of reading themes.
    Themes(Box<Fetched>),
    /// The column that the cursor stood in after what its width is told by.
    Column(u16),
    /// The pointer did this in this cell.
    Pointer(Gesture, u16, u16),
    /// The file of the config may have changed.
    Config,
    /// The terminal is gone.
    Closed,
}

impl Wake {
    /// The config may be another one: the person comes back, or it was said so.
    pub(crate) fn is_back(&self) -> bool {
        matches!(self, Self::Config | Self::Msg(Msg::Focus(true) | Msg::Back))
    }
}

/// What the queue came to.
pub(crate) enum Next {
    Wake(Box<Wake>),
    /// A moment came that was waited for.
    Moment,
    /// Nobody can send any more.
    Nobody,
}

/// Reads the keyboard from now on.
pub(crate) fn start_input(sender: Sender<Wake>) -> std::io::Result<Input> {
    Input::start(move |event| {
        wake(event, Instant::now()).is_none_or(|wake| sender.send(wake).is_ok())
    })
}

/// What the queue is given of an event that came then; nothing of one that means nothing here.
pub(crate) fn wake(event: InputEvent, at: Instant) -> Option<Wake> {
    Some(match event {
        InputEvent::Key(key) => Wake::Came(Msg::Key(key), at),
        InputEvent::Paste(text) => Wake::Came(Msg::Paste(text), at),
        InputEvent::Mouse(mouse) => {
            Wake::Pointer(Gesture::of(mouse.kind)?, mouse.column, mouse.row)
        }
        InputEvent::Focus(focus) => Wake::Msg(Msg::Focus(focus)),
        InputEvent::Ground(ground) => Wake::Ground(ground),
        InputEvent::Column(column) => Wake::Column(column),
        InputEvent::Resize(width, height) => Wake::Msg(Msg::Resize(width, height)),
        InputEvent::Signal(signal) => Wake::System(signal),
        InputEvent::Closed => Wake::Closed,
    })
}
