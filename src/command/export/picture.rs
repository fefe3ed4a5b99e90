//! The pictures of a session in its exported page: in the page itself, which loads nothing from elsewhere.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::command::{Trouble, find};
use crate::engine::door::Door;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::Seq;
use crate::protocol::image::Image;
use crate::protocol::query::{Found, Query};

/// The most bytes of pictures that one page holds: with a third for base64 it still goes by mail (25 MB).
const MOST: u64 = 18_000_000;

/// A picture beside what was said with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub image: Image,
    /// The whole of it as `data:image/png;base64,…`, or why it is not there.
    pub source: Result<String, &'static str>,
}

/// The pictures of each prompt, by the number of its fact.
pub type Figures = BTreeMap<Seq, Vec<Figure>>;

pub async fn gather(events: &[Event], door: &Door) -> Result<Figures, Trouble> {
    let mut figures = Figures::new();
    let mut left = MOST;
    for event in events {
        // Those of a message that waits come once more with its prompt.
        if !matches!(event.fact, Fact::ItemAdded { .. }) {
            continue;
        }
        for image in event.fact.images() {
            let hash = image.hash.clone();
            let bytes = match door.ask(Query::Blob { hash }).await {
                Found::Blob(bytes) => bytes,
                other => return Err(find::odd(&other)),
            };
            figures
                .entry(event.seq)
                .or_default()
                .push(figure(image, bytes, &mut left));
        }
    }
    Ok(figures)
}

fn figure(image: &Image, bytes: Option<Vec<u8>>, left: &mut u64) -> Figure {
    let source = match bytes {
        None => Err("it is no longer in the log"),
        Some(bytes) => match left.checked_sub(bytes.len() as u64) {
            None => Err("the page would be too large with it"),
            Some(rest) => {
                *left = rest;
                let kind = image.kind.media_type();
                Ok(format!("data:{kind};base64,{}", STANDARD.encode(bytes)))
            }
        },
    };
    Figure {
        image: image.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::image::ImageKind;

    #[test]
    fn a_page_holds_what_fits_into_it() {
        let image = Image {
            name: "a.png".to_owned(),
            kind: ImageKind::Png,
            width: 1,
            height: 2,
            hash: "h".to_owned(),
            bytes: 3,
        };
        let mut left = 5;
        let cases = [
            (Some("abc"), Ok("data:image/png;base64,YWJj".to_owned()), 2),
            (Some("abc"), Err("the page would be too large with it"), 2),
            (None, Err("it is no longer in the log"), 2),
            (Some("ab"), Ok("data:image/png;base64,YWI=".to_owned()), 0),
        ];
        for (bytes, source, rest) in cases {
            let bytes = bytes.map(|bytes| bytes.as_bytes().to_vec());
            assert_eq!(figure(&image, bytes, &mut left).source, source);
            assert_eq!(left, rest);
        }
    }
}
