//! The tree by tables, and under operations nobody would think of.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use crate::tui::app::layout::fit::{LEAST, Shown, rooms};
use crate::tui::app::layout::{Axis, Direction, Edge, Node};
use crate::tui::app::pane::PaneId;

fn pane(n: u32) -> Node {
    Node::Pane(PaneId(n))
}

/// Which pane is split, the new one, how.
type Split = (u32, u32, Axis);

/// A tree after splits.
fn tree(splits: &[Split]) -> Node {
    let mut tree = pane(1);
    for &(at, new, axis) in splits {
        tree.split(PaneId(at), PaneId(new), axis);
    }
    tree
}

/// `NUMBER x,y WxH` of each.
fn drawn(tree: &Node, size: (u16, u16), shown: &Shown) -> Vec<String> {
    rooms(tree, Rect::new(0, 0, size.0, size.1), shown)
        .into_iter()
        .map(|(id, area)| {
            let Rect {
                x,
                y,
                width,
                height,
            } = area;
            format!("{} {x},{y} {width}x{height}", id.0)
        })
        .collect()
}

fn whole(tree: &Node, size: (u16, u16)) -> Vec<String> {
    drawn(tree, size, &Shown::all(tree))
}

const ACROSS: Axis = Axis::Across;
const DOWN: Axis = Axis::Down;

#[test]
fn splits_share_the_room() {
    let cases: &[(&[Split], &[&str])] = &[
        (&[], &["1 0,0 100x28"]),
        (&[(1, 2, ACROSS)], &["1 0,0 50x28", "2 50,0 50x28"]),
        (
            // The half of a half.
            &[(1, 2, ACROSS), (2, 3, ACROSS)],
            &["1 0,0 50x28", "2 50,0 25x28", "3 75,0 25x28"],
        ),
        (
            &[(1, 2, ACROSS), (2, 3, DOWN)],
            &["1 0,0 50x28", "2 50,0 50x14", "3 50,14 50x14"],
        ),
        (
            &[(1, 2, DOWN), (1, 3, ACROSS), (2, 4, ACROSS)],
            &[
                "1 0,0 50x14",
                "3 50,0 50x14",
                "2 0,14 50x14",
                "4 50,14 50x14",
            ],
        ),
    ];
    for (splits, expected) in cases {
        assert_eq!(whole(&tree(splits), (100, 28)), *expected, "{splits:?}");
    }
}

#[test]
fn what_is_closed_leaves_its_room_to_the_neighbour() {
    let splits = [(1, 2, ACROSS), (2, 3, DOWN)];
    let cases: &[(u32, &[&str])] = &[
        (1, &["2 0,0 100x14", "3 0,14 100x14"]),
        (2, &["1 0,0 50x28", "3 50,0 50x28"]),
        (3, &["1 0,0 50x28", "2 50,0 50x28"]),
    ];
    for (closed, expected) in cases {
        let mut tree = tree(&splits);
        tree.close(PaneId(*closed));
        assert_eq!(whole(&tree, (100, 28)), *expected, "{closed}");
        assert!(tree.is_sound());
    }
    let mut alone = pane(1);
    alone.close(PaneId(1));
    assert_eq!(alone, pane(1), "the last one stays");
    // A column within columns becomes one of them.
    let mut nested = tree(&[(1, 2, ACROSS), (1, 3, DOWN), (3, 4, ACROSS)]);
    nested.close(PaneId(1));
    assert!(nested.is_sound());
    assert_eq!(
        whole(&nested, (100, 28)),
        ["3 0,0 25x28", "4 25,0 25x28", "2 50,0 50x28"]
    );
}

#[test]
fn proportions_survive_other_sizes() {
    let mut tree = tree(&[(1, 2, ACROSS), (2, 3, DOWN)]);
    let area = Rect::new(0, 0, 100, 28);
    let all = Shown::all(&tree);
    let edge = |pane, axis| Edge {
        pane: PaneId(pane),
        axis,
    };
    tree.move_edge(edge(1, ACROSS), 8, area, &all);
    tree.move_edge(edge(2, DOWN), -3, area, &all);
    let made = ["1 0,0 58x28", "2 58,0 42x11", "3 58,11 42x17"];
    assert_eq!(whole(&tree, (100, 28)), made);
    let before = tree.clone();
    for size in [(200, 56), (81, 20), (40, 10), (1, 1), (1000, 500)] {
        let shown = Shown::fitting(&tree, Rect::new(0, 0, size.0, size.1), PaneId(1), |_| 0);
        drawn(&tree, size, &shown);
    }
    assert_eq!(tree, before);
    assert_eq!(whole(&tree, (200, 56))[0], "1 0,0 116x56");
    // As far as the neighbour can give room, and no further.
    tree.move_edge(edge(1, ACROSS), 1_000, area, &all);
    assert_eq!(whole(&tree, (100, 28))[1], "2 76,0 24x11");
    tree.move_edge(edge(1, ACROSS), -1_000, area, &all);
    assert_eq!(whole(&tree, (100, 28))[0], "1 0,0 24x28");
    tree.equalise();
    assert_eq!(whole(&tree, (100, 28))[0], "1 0,0 50x28");
}

#[test]
fn equal_means_for_every_pane() {
    let mut tree = tree(&[(1, 2, ACROSS), (2, 3, ACROSS), (3, 4, ACROSS), (4, 5, DOWN)]);
    tree.equalise();
    assert_eq!(
        whole(&tree, (120, 28)),
        [
            "1 0,0 30x28",
            "2 30,0 30x28",
            "3 60,0 30x28",
            "4 90,0 30x14",
            "5 90,14 30x14"
        ]
    );
}

#[test]
fn what_does_not_fit_folds_away_the_longest_unused_first() {
    let four = tree(&[(1, 2, ACROSS), (1, 3, DOWN), (2, 4, DOWN)]);
    // The number is when it was used last.
    let used = |id: PaneId| u64::from(id.0);
    let cases: &[((u16, u16), u32, &[u32])] = &[
        ((100, 28), 1, &[1, 2, 3, 4]),
        // Only where it makes room: of the left column one, of the right column one.
        ((100, 13), 1, &[1, 4]),
        ((100, 13), 2, &[2, 3]),
        ((100, 13), 4, &[3, 4]),
        ((79, 28), 3, &[3]),
        ((100, 6), 3, &[3]),
        ((10, 3), 2, &[2]),
    ];
    for &((width, height), focus, expected) in cases {
        let area = Rect::new(0, 0, width, height);
        let shown = Shown::fitting(&four, area, PaneId(focus), used);
        let ids: Vec<u32> = rooms(&four, area, &shown)
            .iter()
            .map(|(id, _)| id.0)
            .collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected, "{width}x{height}, {focus}");
    }
    let row = tree(&[
        (1, 2, ACROSS),
        (2, 3, ACROSS),
        (3, 4, ACROSS),
        (4, 5, ACROSS),
    ]);
    let shown = Shown::fitting(&row, Rect::new(0, 0, 100, 28), PaneId(1), used);
    assert_eq!(
        drawn(&row, (100, 28), &shown).len(),
        4,
        "one of five side by side is too much"
    );
    assert!(!shown.is(PaneId(2)));
}

#[test]
fn directions_lead_to_what_touches() {
    let four = tree(&[(1, 2, ACROSS), (1, 3, DOWN), (2, 4, DOWN)]);
    let places = four.map();
    let used = |id: PaneId| u64::from(id.0);
    let go = |from: u32, to| Node::beside(&places, PaneId(from), to, used).map(|id| id.0);
    let cases = [
        (1, Direction::Right, Some(2)),
        (1, Direction::Down, Some(3)),
        (1, Direction::Left, None),
        (1, Direction::Up, None),
        (4, Direction::Up, Some(2)),
        (4, Direction::Left, Some(3)),
        (9, Direction::Left, None),
    ];
    for (from, to, expected) in cases {
        assert_eq!(go(from, to), expected, "{from} {to:?}");
    }
    // Of several that touch, the one used last.
    let wide = tree(&[(1, 2, ACROSS), (2, 3, DOWN)]);
    let beside = |newest: u32| {
        Node::beside(&wide.map(), PaneId(1), Direction::Right, |id| {
            u64::from(id.0 == newest)
        })
    };
    assert_eq!(beside(2), Some(PaneId(2)));
    assert_eq!(beside(3), Some(PaneId(3)));
}

#[test]
fn the_edge_a_key_moves_is_the_nearest_one() {
    let three = tree(&[(1, 2, ACROSS), (2, 3, DOWN)]);
    let all = Shown::all(&three);
    let edge = |pane: u32, axis| three.edge(PaneId(pane), axis, &all).map(|edge| edge.pane.0);
    assert_eq!(edge(1, ACROSS), Some(1));
    assert_eq!(edge(3, ACROSS), Some(1), "the one at its left");
    assert_eq!(edge(2, DOWN), Some(2));
    assert_eq!(edge(3, DOWN), Some(2));
    assert_eq!(edge(1, DOWN), None);
}

#[test]
fn broken_trees_are_told_from_sound_ones() {
    let part = |share: u32, node: &str| format!("{{\"share\":{share},\"node\":{node}}}");
    let split = |axis: &str, parts: &[String]| {
        format!(
            "{{\"split\":{{\"axis\":\"{axis}\",\"parts\":[{}]}}}}",
            parts.join(",")
        )
    };
    let (one, two) = (part(1, "{\"pane\":1}"), part(1, "{\"pane\":2}"));
    let cases = [
        ("{\"pane\":1}".to_owned(), true),
        (split("across", &[one.clone(), two.clone()]), true),
        (split("across", &[one.clone(), one.clone()]), false),
        (split("across", std::slice::from_ref(&one)), false),
        (
            split("across", &[one.clone(), part(0, "{\"pane\":2}")]),
            false,
        ),
        (
            split(
                "across",
                &[
                    part(1, "{\"pane\":3}"),
                    part(1, &split("across", &[one.clone(), two.clone()])),
                ],
            ),
            false,
        ),
    ];
    for (text, sound) in cases {
        let tree: Node =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(tree.is_sound(), sound, "{text}");
    }
    assert!(serde_json::from_str::<Node>("{\"tab\":1}").is_err());
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn whatever_is_done_there_is_no_gap_and_nothing_covers_another() {
    let mut dice = Dice(5);
    for _ in 0..60 {
        let mut tree = pane(1);
        let mut used = BTreeMap::from([(PaneId(1), 0_u64)]);
        let mut next = 2;
        for step in 0..80 {
            let panes = tree.panes();
            let at = panes[dice.below(panes.len())];
            let axis = [ACROSS, DOWN][dice.below(2)];
            let area = Rect::new(
                dice.below(3) as u16,
                dice.below(3) as u16,
                dice.below(260) as u16 + 1,
                dice.below(80) as u16 + 1,
            );
            match dice.below(7) {
                0..3 if panes.len() < 20 => {
                    tree.split(at, PaneId(next), axis);
                    next += 1;
                }
                0..4 => tree.close(at),
                4 => tree.swap(at, panes[dice.below(panes.len())]),
                5 => tree.equalise(),
                _ => {
                    let shown = Shown::fitting(&tree, area, at, |id| used[&id]);
                    if let Some(edge) = tree.edge(at, axis, &shown) {
                        let by = dice.below(60) as i32 - 30;
                        tree.move_edge(edge, by, area, &shown);
                    }
                }
            }
            let panes = tree.panes();
            used.retain(|id, _| panes.contains(id));
            for id in &panes {
                used.entry(*id).or_insert(step);
            }
            let focus = panes[dice.below(panes.len())];
            used.insert(focus, step);
            check(&tree, area, focus, &used);
        }
    }
}

fn check(tree: &Node, area: Rect, focus: PaneId, used: &BTreeMap<PaneId, u64>) {
    assert!(tree.is_sound(), "{tree:?}");
    let shown = Shown::fitting(tree, area, focus, |id| used[&id]);
    let places = rooms(tree, area, &shown);
    assert!(places.iter().any(|(id, _)| *id == focus), "{places:?}");
    let cells: u32 = places.iter().map(|(_, place)| place.area()).sum();
    assert_eq!(cells, area.area(), "a gap in {area:?}: {places:?}");
    for (index, (_, place)) in places.iter().enumerate() {
        assert_eq!(place.intersection(area), *place);
        for (_, other) in &places[..index] {
            assert!(!place.intersects(*other), "{places:?}");
        }
        if places.len() > 1 {
            assert!(
                place.width >= LEAST.0 && place.height >= LEAST.1,
                "{place:?} of {area:?}: {tree:?}"
            );
        }
    }
}
