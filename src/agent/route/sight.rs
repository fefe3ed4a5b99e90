//! Tries routes in a conversation with pictures.

use pretty_assertions::assert_eq;

use crate::agent::route::given::{endpoints, moment, route, said};
use crate::agent::route::health::Book;
use crate::agent::route::{Moment, decide};
use crate::protocol::route::Policy;

#[test]
fn a_conversation_with_pictures_goes_where_they_are_seen_if_anything_sees() {
    let (blind, sees, unknown) = (Some(false), Some(true), None);
    let cases = [
        ([blind, sees, unknown], false, "0: first later later"),
        ([blind, sees, unknown], true, "1: no_images first later"),
        (
            [blind, unknown, blind],
            true,
            "1: no_images first no_images",
        ),
        ([unknown, blind, sees], true, "0: first no_images later"),
        ([blind, blind, blind], true, "0: first later later"),
    ];
    for (abilities, images, expected) in cases {
        let mut all = endpoints(&Book::default());
        for (endpoint, takes) in all.iter_mut().zip(abilities) {
            endpoint.abilities.images = takes;
        }
        let moment = Moment {
            images,
            ..moment(None)
        };
        let choice = decide(&route(Policy::Ordered), &all, &moment);
        assert_eq!(said(&choice), expected, "{abilities:?} {images}");
    }
}
