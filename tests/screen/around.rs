//! What stands around the transcripts: the window's title, the top line, what passes, the keys after the leader, the help.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::{About, Risk, Subject};
use creel::protocol::board::Shelf;
use creel::protocol::event::{Ending, Fact};
use creel::protocol::query::Found;
use creel::protocol::session::Change;
use creel::tui::app::message::{Msg, Tag};
use creel::tui::app::setup::Setup;
use creel::tui::screen::look::Look;
use creel::tui::screen::window;
use creel::tui::theme::Theme;
use creel::tui::widget::paint::Glyphs;

use super::desk::Desk;
use super::given::{approval, setup, worked};

const SIZES: [(u16, u16); 3] = [(100, 30), (80, 24), (40, 12)];

fn lead(desk: &mut Desk) {
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
}

#[test]
fn the_window_is_named_by_what_is_worked_on() {
    let title = |desk: &Desk| window::title(&desk.app, &Look::new(Theme::ansi(), Glyphs::Unicode));
    let mut desk = Desk::new(setup(), (100, 30));
    assert_eq!(title(&desk), "api · Creel");
    desk = worked((100, 30));
    assert_eq!(
        title(&desk),
        "● Make the retry policy honour Retry-After; tests too · Creel"
    );
    // Another session runs, and nothing was said in this one yet.
    lead(&mut desk);
    desk.press(KeyCode::Char('n'));
    assert_eq!(title(&desk), "● api · Creel");
}

#[test]
fn what_passes_leaves_the_keys_in_sight() {
    for size in SIZES {
        let mut desk = Desk::new(setup(), size);
        lead(&mut desk);
        desk.press(KeyCode::Char('Y'));
        let text = desk.text();
        let note = "^X Y does nothing";
        assert!(text.contains(note) && text.contains("Enter send"), "{text}");
        lead(&mut desk);
        desk.press(KeyCode::Char('w'));
        desk.press(KeyCode::Char('u'));
        let text = desk.text();
        let note = "nothing to undo";
        assert!(text.contains(note) && text.contains("Enter open"), "{text}");
    }
}

#[test]
fn one_esc_says_what_a_second_does_to_an_ask() {
    for (size, expected) in [
        ((100, 30), "Esc again stops turn 1; its ask goes unanswered"),
        ((80, 24), "Esc again stops turn 1; its ask goes unanswered"),
        ((40, 12), "Esc again stops turn 1 and its ask"),
    ] {
        let mut desk = worked(size);
        desk.press(KeyCode::Esc);
        let text = desk.text();
        assert!(text.contains("Esc again stops turn 1 "), "{text}");
        assert!(!text.contains("ask goes"), "{text}");
        desk.wait(2_000);
        desk.press(KeyCode::Char('i'));
        desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
        // Esc in the ask leads out of it and stops nothing.
        desk.press(KeyCode::Tab);
        desk.press(KeyCode::Esc);
        let text = desk.text();
        assert!(!text.contains("Esc again"), "{text}");
        desk.press(KeyCode::Esc);
        let text = desk.text();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn what_waits_in_the_session_one_is_in_is_marked_once() {
    for size in SIZES {
        let mut desk = worked(size);
        desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
        let first = |desk: &mut Desk| desk.text().lines().next().unwrap_or_default().to_owned();
        let line = first(&mut desk);
        assert_eq!(line.matches("⚑1").count(), 1, "{line}");
        assert_eq!(line.contains("waiting, asked now"), size.0 > 40, "{line}");
        // From another session it is counted beside the key that leads there.
        lead(&mut desk);
        desk.press(KeyCode::Char('n'));
        let line = first(&mut desk);
        assert!(
            line.contains("⚑1  Alt+a") || line.contains("⚑1 waiting"),
            "{line}"
        );
    }
}

#[test]
fn the_leader_is_named_on_every_screen() {
    for size in SIZES {
        let mut desk = Desk::new(setup(), size);
        for sessions in 1..=2 {
            let text = desk.text();
            let first = text.lines().next().unwrap_or_default();
            assert!(first.contains("^X keys"), "{sessions}: {text}");
            desk.typed("a");
            lead(&mut desk);
            desk.press(KeyCode::Char('n'));
        }
    }
}

#[test]
fn what_is_cut_on_a_small_screen_is_never_what_counts() {
    // The file, and not the folder one works in.
    let mut desk = worked((40, 12));
    let mut ask = approval(Risk::Low, "", "changes a file inside the folder");
    if let About::Approval(approval) = &mut ask {
        approval.subject = Subject::Change {
            path: approval.cwd.join("src/retry.rs"),
            patch: "@@ -1,1 +1,1 @@\n-a\n+b\n".to_owned(),
            added: 1,
            removed: 1,
            created: false,
        };
    }
    desk.ask(ask);
    let text = desk.text();
    assert!(text.contains(" src/retry.rs "), "{text}");
    // The way out, and whole words.
    desk.press(KeyCode::Tab);
    desk.wait(500);
    desk.press(KeyCode::Char('N'));
    let text = desk.text();
    assert!(text.contains("Enter no, with this   Esc back"), "{text}");
    let mut desk = worked((40, 12));
    lead(&mut desk);
    desk.press(KeyCode::Char(','));
    assert!(desk.text().contains("Esc close"), "{}", desk.text());
    desk.press(KeyCode::Enter);
    assert!(desk.text().contains("Esc back"), "{}", desk.text());
    let mut desk = Desk::new(setup(), (10, 3));
    let text = desk.text();
    assert!(flat(&text).contains("needs 40x12"), "{text}");
}

#[test]
fn where_nothing_can_be_sent_no_page_asks_for_it() {
    let bare = Setup {
        model: None,
        card: None,
        ..setup()
    };
    for size in SIZES {
        let mut desk = Desk::new(bare.clone(), size);
        desk.update(Msg::Broken("/f is a file, not a folder".to_owned()));
        assert!(flat(&desk.text()).contains("the log could not be opened: /f is a file"));
        desk.press(KeyCode::Enter);
        desk.update(Msg::Tour(Ok("/tmp/creel-tour-7f3a".into())));
        let text = desk.text();
        assert!(text.contains("Nothing can be sent"), "{text}");
        assert!(
            !text.contains("press Enter") && !text.contains("Enter begins"),
            "{text}"
        );
    }
}

#[test]
fn every_key_after_the_leader_can_be_read_on_a_small_screen() {
    let mut desk = Desk::new(setup(), (40, 12));
    lead(&mut desk);
    desk.wait(400);
    let first = desk.text();
    assert!(
        first.contains("approve or deny; again: the inbox"),
        "{first}"
    );
    assert!(first.contains("the board: all sessions"), "{first}");
    let pages: usize = first
        .split("1 of ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap();
    let mut all = String::new();
    for _ in 0..pages {
        all.push_str(&desk.text());
        desk.press(KeyCode::PageDown);
    }
    // Round again.
    assert_eq!(desk.text(), first);
    let mut wide = Desk::new(setup(), (160, 50));
    lead(&mut wide);
    wide.wait(400);
    let wide = wide.text();
    for row in [
        "equal sizes",
        "resize: H J K L",
        "theme, seen as you move",
        "new session in a worktree",
    ] {
        assert!(all.contains(row) && wide.contains(row), "{row}: {all}");
    }
    assert!(!wide.contains("1 of "), "{wide}");
    // Back from the first is the last.
    desk.press(KeyCode::PageUp);
    assert!(
        desk.text().contains(&format!("{pages} of {pages}")),
        "{}",
        desk.text()
    );
}

#[test]
fn every_key_of_the_board_stands_at_its_foot() {
    for (size, at_once) in [
        ((160, 50), true),
        ((100, 30), true),
        ((80, 24), true),
        ((80, 16), false),
        ((40, 12), false),
    ] {
        let mut desk = worked(size);
        desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
        lead(&mut desk);
        desk.press(KeyCode::Char('w'));
        let foot = |desk: &mut Desk| {
            let text = desk.text();
            let lines: Vec<&str> = text.lines().collect();
            let frame = lines.iter().rposition(|line| line.contains('━')).unwrap();
            lines[frame + 1..].join("\n")
        };
        let first = foot(&mut desk);
        assert_eq!(!first.contains("Space"), at_once, "{first}");
        assert!(
            first.contains("Enter open") && first.contains('?'),
            "{first}"
        );
        let mut all = first.clone();
        for _ in 0..20 {
            desk.press(KeyCode::Char(' '));
            let page = foot(&mut desk);
            if page == first {
                break;
            }
            all = format!("{all}\n{page}");
        }
        for key in [
            "a decide",
            "Tab reply",
            "n new",
            "f files",
            "R rename",
            "p pin",
            "x stop",
            "t turns",
            "/ find",
            "A archive",
            "D delete",
            "M merge",
            "u undo",
            "Esc",
        ] {
            assert!(all.contains(key), "{key}: {all}");
        }
        assert!(
            all.contains("s this project") || all.contains("s here"),
            "{all}"
        );
        assert!(
            all.contains("N in a worktree") || all.contains("N worktree"),
            "{all}"
        );
    }
}

#[test]
fn words_that_were_said_are_not_looked_through_on_the_board() {
    for size in SIZES {
        let mut desk = worked(size);
        lead(&mut desk);
        desk.press(KeyCode::Char('w'));
        desk.typed("/backoff");
        let tag = Tag::Board(desk.app.board.as_ref().unwrap().question);
        desk.update(Msg::Found(tag, Found::Board(Shelf::default())));
        let text = flat(&desk.text());
        let whole = "No session has these words. Looked through are titles, what each is at, folders, models and states; not all that was said: of that, Ctrl+R in a session finds past prompts.";
        assert!(text.contains(whole), "{text}");
    }
}

#[test]
fn who_is_at_the_foot_of_a_page_moves_with_the_next_key() {
    use KeyCode::{Down, End, F, PageDown, Up};
    for size in SIZES {
        let mut desk = Desk::new(setup(), size);
        desk.press(F(1));
        let first = desk.text();
        desk.press(End);
        let foot = desk.text();
        assert!(foot.contains("@s:TITLE") && foot != first, "{foot}");
        // As high as at its head.
        assert_eq!(
            foot.matches('┃').count(),
            first.matches('┃').count(),
            "{foot}"
        );
        for key in [Down, PageDown] {
            desk.press(key);
            assert_eq!(desk.text(), foot, "there is no further");
        }
        desk.press(Up);
        let above = desk.text();
        assert_ne!(above, foot);
        desk.press(Down);
        assert_eq!(desk.text(), foot);
    }
    // The notices.
    let mut desk = Desk::new(setup(), (40, 12));
    desk.app.notices = vec!["a word and another ".repeat(30); 3];
    lead(&mut desk);
    desk.press(KeyCode::Char('o'));
    for _ in 0..20 {
        desk.press(PageDown);
    }
    let foot = desk.text();
    desk.press(Up);
    assert_ne!(desk.text(), foot);
}

#[test]
fn the_help_is_found_in_by_words() {
    let mut desk = Desk::new(setup(), (100, 30));
    desk.press(KeyCode::F(1));
    desk.typed("/worktree");
    let text = desk.text();
    for expected in [
        "Everywhere;",
        "new session in a worktree",
        "Commands in the composer",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("zoom"), "{text}");
    for _ in 0.."/worktree".len() {
        desk.press(KeyCode::Backspace);
    }
    desk.typed("fork");
    assert!(
        desk.text().contains("The list of models"),
        "{}",
        desk.text()
    );
    desk.typed("xyz");
    assert!(
        desk.text().contains("No key or command has these words"),
        "{}",
        desk.text()
    );
    // By the name that the config has for it too.
    desk.key(KeyCode::Char('u'), KeyModifiers::CONTROL);
    desk.typed("yank");
    assert!(
        desk.text().contains("put back what was cut"),
        "{}",
        desk.text()
    );
    desk.key(KeyCode::Char('u'), KeyModifiers::CONTROL);
    assert!(desk.text().contains("Typing (INSERT)"), "{}", desk.text());
    desk.press(KeyCode::Esc);
    assert!(!desk.text().contains("Typing (INSERT)"), "{}", desk.text());
}

/// The texts of a screen that a box fills from side to side, without frames and line breaks.
fn flat(text: &str) -> String {
    let plain = text.replace(['┃', '│', '━', '┏', '┓'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ")
}

#[test]
fn the_help_begins_with_the_keys_of_an_ask_where_one_has_the_focus() {
    for size in SIZES {
        let mut desk = worked(size);
        desk.ask(approval(Risk::Low, "cargo test", "runs a program"));
        desk.press(KeyCode::Tab);
        desk.press(KeyCode::Char('?'));
        let text = desk.text();
        let (asks, rest) = text.split_once("An ask, once").unwrap();
        assert!(!asks.contains("Typing (INSERT)"), "{text}");
        assert!(rest.contains("yes, once"), "{text}");
    }
}

#[test]
fn a_question_is_read_whole_on_the_smallest_screen() {
    let mut desk = worked((40, 12));
    lead(&mut desk);
    desk.press(KeyCode::Char('q'));
    let text = flat(&desk.text());
    let whole = "A turn has not ended. Quitting stops it; what was said and done is kept.";
    assert!(text.contains(whole), "{text}");
    assert!(text.contains("y stop and quit ▌ n stay"), "{text}");
    // Once.
    assert_eq!(text.matches("quit").count(), 2, "{text}");
    desk.press(KeyCode::Esc);
    for _ in 0..2 {
        desk.key(KeyCode::BackTab, KeyModifiers::SHIFT);
        let mode = "edits".parse().unwrap();
        desk.fact(Fact::SessionChanged {
            change: Change::Mode { mode },
        });
    }
    let text = flat(&desk.text());
    for whole in [
        "Commands run without asking, with your rights: there is no sandbox. For a while alone: /mode auto 45m $3",
        "y take it ▌ n stay in edits ↑↓ Enter choose Esc stay in edits",
    ] {
        assert!(text.contains(whole), "{text}");
    }
}

#[test]
fn a_round_of_modes_leaves_one_line() {
    let mut desk = worked((80, 24));
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    for mode in ["edits", "auto", "plan", "ask"] {
        let mode = mode.parse().unwrap();
        let change = Change::Mode { mode };
        desk.fact(Fact::SessionChanged { change });
    }
    let text = desk.text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("· mode "))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].contains("mode ask"), "{text}");
}

#[test]
fn words_are_whole_on_the_smallest_screen() {
    let size = (40, 12);
    let mut desk = Desk::new(setup(), size);
    // A key after the leader, and what is then read from side to side.
    let cases: &[(char, &str)] = &[
        ('N', "new session in a worktree"),
        ('N', "Enter make it Esc leave"),
        ('D', "Nothing was put by; Ctrl+S does so with a text."),
        ('S', "Commit one change with a message that says why"),
        ('S', "Enter take it Esc close"),
    ];
    for (key, whole) in cases {
        lead(&mut desk);
        desk.press(KeyCode::Char(*key));
        if *key == 'D' {
            desk.update(Msg::Found(Tag::Stashed, Found::Stashed(Vec::new())));
        }
        let text = flat(&desk.text());
        assert!(text.contains(whole), "{text}");
        desk.press(KeyCode::Esc);
    }
    let text = flat(&desk.text());
    let whole = "$ANTHROPIC_API_KEY found: claude-sonnet-5-5; ^X m changes it";
    assert!(text.contains(whole), "{text}");
    assert!(text.contains("^X w sessions"), "{text}");
    // Of an action its first words stand beside the key.
    desk.key(KeyCode::Char('p'), KeyModifiers::CONTROL);
    desk.typed("next mode");
    let text = flat(&desk.text());
    assert!(text.contains("next mode Shift+Tab"), "{text}");
    desk.press(KeyCode::Esc);
    desk.app.notices = vec!["creel.db was damaged and has been saved row by row".repeat(3)];
    desk.app.changes.everywhere += 1;
    let text = flat(&desk.text());
    assert!(text.contains("^X o all ^X O away"), "{text}");
}

#[test]
fn a_script_says_that_it_speaks_on_the_smallest_screen_too() {
    let played = Setup {
        model: None,
        card: None,
        ..setup()
    };
    let mut desk = Desk::new(played, (40, 12));
    desk.press(KeyCode::Enter);
    desk.update(Msg::Tour(Ok("/tmp/tour".into())));
    let text = flat(&desk.text());
    assert!(text.contains("a script; play money Enter begins"), "{text}");
    assert!(
        text.contains("The first prompt is written: press Enter."),
        "{text}"
    );
    // Beside it there is no model either, and the way to one is said.
    lead(&mut desk);
    desk.press(KeyCode::Char('n'));
    let text = flat(&desk.text());
    assert!(text.contains("a script speaks; play money"), "{text}");
    let whole = "No model yet; it takes tool words, as `read PATH`. Enter: a model";
    assert!(text.contains(whole), "{text}");
}
