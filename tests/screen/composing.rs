//! The composer: what is offered over it, its modes, and its rows where there is little room.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::config::ComposerKeys;
use creel::protocol::id::SessionId;
use creel::protocol::query::{Found, Stashed};
use creel::protocol::time::Time;
use creel::tui::app::mention::Files;
use creel::tui::app::message::{Cmd, Msg, Tag};
use uuid::Uuid;

use super::desk::Desk;
use super::given::{START, setup, worked};

impl Desk {
    fn offered(&mut self, paths: &[&str]) {
        let cmds = self.update(Msg::Paste("e".to_owned()));
        let number = cmds.iter().find_map(|cmd| match cmd {
            Cmd::Seek(Some(sought)) => Some(sought.number),
            _ => None,
        });
        let files = Files {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            fitting: 1_204,
            all: 41_208,
            whole: false,
        };
        self.update(Msg::Files(number.unwrap(), files));
    }
}

#[test]
fn files_are_offered() {
    let paths = [
        "src/http/retry.rs",
        "tests/retry.rs",
        "notes/a plan.md",
        "Re.txt",
    ];
    for (size, name) in [((80, 24), "files_80x24"), ((40, 12), "files_40x12")] {
        let mut desk = worked(size);
        desk.typed("look at @r");
        desk.offered(&paths);
        desk.press(KeyCode::Down);
        screen!(name, desk);
    }
}

#[test]
fn past_prompts_and_drafts_put_by() {
    let long = "Mend the retry policy.\n\n1. Honour Retry-After.\n2. Cap it at 30 s.\n3. Test both forms.\n4. Say so in the log.\n5. Nothing else.\n6. Really.";
    for (size, name) in [((80, 24), "prompts_80x24"), ((40, 12), "prompts_40x12")] {
        let mut desk = Desk::new(setup(), size);
        desk.key(KeyCode::Char('r'), KeyModifiers::CONTROL);
        let prompts = [long, "Why is it slow?", "修复 retry 逻辑"].map(String::from);
        desk.update(Msg::Found(Tag::Prompts, Found::Prompts(prompts.into())));
        desk.typed("ret");
        screen!(name, desk);
    }
    let mut desk = Desk::new(setup(), (80, 24));
    desk.key(KeyCode::Char('s'), KeyModifiers::CONTROL);
    let stashed = |number: u128, text: &str| Stashed {
        id: SessionId(Uuid::from_u128(number)),
        at: Time(START - 3_600_000),
        text: text.to_owned(),
    };
    let list = vec![stashed(1, long), stashed(2, "and this later")];
    desk.update(Msg::Found(Tag::Stashed, Found::Stashed(list)));
    screen!("stash_80x24", desk);
    desk.key(KeyCode::Char('d'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Down);
    desk.key(KeyCode::Char('d'), KeyModifiers::CONTROL);
    screen!("stash_drop_80x24", desk);
}

#[test]
fn modes_of_vi_are_named() {
    let mut setup = setup();
    setup.wishes.composer = ComposerKeys::Vim;
    let mut desk = Desk::new(setup, (80, 24));
    desk.typed("one two\nthree");
    desk.press(KeyCode::Esc);
    desk.typed("2d");
    screen!("vim_normal_80x24", desk);
}

#[test]
fn a_long_text_scrolls_with_the_cursor_in_sight() {
    let mut desk = Desk::new(setup(), (40, 12));
    for number in 1..=9 {
        desk.typed(&format!("line {number}"));
        desk.key(KeyCode::Char('j'), KeyModifiers::CONTROL);
    }
    let shown = |desk: &mut Desk| {
        let text = desk.text();
        let lines = text
            .lines()
            .map(|line| line.trim_matches(['┃', '>', ' ', '█']));
        let lines: Vec<String> = lines
            .filter(|line| line.starts_with("line"))
            .map(|line| line[..6].to_owned())
            .collect();
        assert!(
            desk.cursor.is_some(),
            "the cursor is on the screen:\n{text}"
        );
        lines.join(" ")
    };
    assert_eq!(shown(&mut desk), "line 7 line 8 line 9");
    desk.press(KeyCode::Up);
    desk.press(KeyCode::Up);
    assert_eq!(
        shown(&mut desk),
        "line 7 line 8 line 9",
        "it stays while the cursor is in it"
    );
    for _ in 0..4 {
        desk.press(KeyCode::Up);
    }
    assert_eq!(shown(&mut desk), "line 4 line 5 line 6 line 7");
}
