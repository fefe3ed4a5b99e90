//! Prose typed in true terminals while a script asks at random moments: no ask is answered by it, and no key of it is lost.

use std::thread;
use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

use crate::support::pty::Terminal;
use crate::support::{CREEL, Dice, Home, rounds};

/// What an ask would take as a key, and what people write.
const WORDS: [&str; 24] = [
    "yes", "no", "y", "s", "n", "N", "e", "d", "1", "2", "3", "4", "5", "6", "o", "x", "m", "+",
    "ok", "once", "because", "and", "你好", "ｙ",
];
/// Terminals at once.
const TERMINALS: u64 = 20;
/// Keys come this far apart: 40 ms and less than this more, which is 12 a second.
const APART: u64 = 87;
/// Far less than the quiet an ask needs: a key that comes later than this may answer, and is not pressed.
const SOON: Duration = Duration::from_millis(250);
/// The longest wait of the script before it asks, in milliseconds.
const LONGEST: u64 = 1_500;
/// Where the composer begins in a row of the screen, and the columns before its first character.
const COMPOSER: &str = "┃ > ";
const MARGIN: usize = 4;

#[test]
fn prose_typed_while_asks_appear_answers_none_and_loses_no_key() {
    let asks = rounds(20);
    let terminals = TERMINALS.min(asks);
    thread::scope(|scope| {
        for number in 0..terminals {
            let share = asks / terminals + u64::from(number < asks % terminals);
            scope.spawn(move || Typist::new(number, share).run());
        }
    });
}

/// One terminal, and who types in it.
struct Typist {
    home: Home,
    terminal: Terminal,
    dice: Dice,
    rounds: u64,
}

impl Typist {
    fn new(seed: u64, rounds: u64) -> Self {
        let mut dice = Dice::new(seed + 1);
        let home = Home::new();
        let script: Vec<String> = (1..=rounds)
            .map(|round| {
                let pause = dice.below(LONGEST);
                format!(
                    "> round {round}\n< pause {pause}ms\n< call bash {{\"command\":\"echo ran >> ran\"}}\n\n< text: It ran.\n"
                )
            })
            .collect();
        home.plays(&script.join("\n"));
        let terminal = Terminal::start(&home, CREEL, &[], (30, 100));
        terminal.wait_for("Enter send");
        Self {
            home,
            terminal,
            dice,
            rounds,
        }
    }

    fn run(mut self) {
        for round in 1..=self.rounds {
            self.round(round);
        }
        self.terminal.press("\x03\x03");
        assert_eq!(self.terminal.end(), 0);
        // Every round asked, and each ask ended with its turn.
        let id = self.home.run(&["sessions", "--json"]).json()[0]["id"].clone();
        let shown = self.home.run(&["show", id.as_str().unwrap(), "--json"]);
        let items = shown.json()["items"].as_array().unwrap().clone();
        let outcomes: Vec<&str> = items
            .iter()
            .filter_map(|item| item["call"]["outcome"].as_str())
            .collect();
        assert_eq!(outcomes, vec!["cancelled"; self.rounds as usize]);
    }

    fn round(&mut self, round: u64) {
        self.terminal.press(&format!("round {round}\r"));
        self.terminal.wait_for("Enter steer");
        if self.dice.below(3) == 0 {
            // The composer is empty when the ask appears.
            self.terminal.wait_for("wants to run");
        }
        let lines = self.prose();
        self.terminal.wait_for("wants to run");
        let sent = lines.len() - 1;
        if sent > 0 {
            self.terminal.wait_for(&format!("steers {sent}: "));
        }
        if self.dice.below(3) == 0 {
            self.hasten();
        }
        // It waits as it was asked, without the focus.
        let screen = self.terminal.screen();
        assert!(
            screen.contains("Alt+a, or Tab from an empty composer"),
            "{screen}"
        );
        assert!(!self.home.work().join("ran").exists(), "{screen}");
        for left in (0..sent).rev() {
            self.terminal.press("\x1b[1;3A");
            let gone = format!("steers {}: ", left + 1);
            self.terminal
                .wait_until("text taken back", |screen| !screen.contains(&gone));
        }
        let expected = lines.join("\n");
        let shown = expected.trim_end();
        // Blanks at the end are seen by where the cursor stands.
        let last = expected.trim_end_matches('\n').lines().last();
        let column = MARGIN + last.unwrap_or_default().width();
        self.terminal
            .wait_with_cursor(&format!("{expected:?}"), column, |screen| {
                composed(screen) == shown
            });
        self.terminal.press("\x03");
        self.terminal.wait_for("something waits for you above");
        self.terminal.press("\x1b");
        self.terminal.wait_for("Esc again stops");
        self.terminal.press("\x1b");
        self.terminal.wait_for("Enter send");
    }

    /// Types words with an Enter now and then, and gives the lines: all but the last one were sent.
    fn prose(&mut self) -> Vec<String> {
        let mut lines = vec![String::new()];
        for _ in 0..3 + self.dice.below(6) {
            let line = lines.last_mut().unwrap();
            if !line.is_empty() {
                self.key(" ");
                line.push(' ');
            }
            let word = WORDS[self.dice.below(WORDS.len() as u64) as usize];
            for key in word.chars() {
                self.key(key.encode_utf8(&mut [0; 4]));
                line.push(key);
            }
            if lines.len() < 4 && self.dice.below(5) == 0 {
                self.key("\r");
                lines.push(String::new());
            }
        }
        if self.dice.below(2) == 0 {
            self.key(" ");
            lines.last_mut().unwrap().push(' ');
        }
        lines
    }

    /// Goes to the ask and types on at the same pace: nothing is quiet, so nothing counts.
    fn hasten(&mut self) {
        let mut last = Instant::now();
        self.terminal.press("\x1ba");
        self.terminal.wait_for("it stays waiting");
        for _ in 0..2 + self.dice.below(6) {
            if last.elapsed() > SOON {
                break;
            }
            let keys = ["y", "s", "n", "N", "1", "2", "3", "ｙ", "\r", "e"];
            last = Instant::now();
            let key = keys[self.dice.below(keys.len() as u64) as usize];
            self.key(key);
        }
        self.terminal.press("\x1b");
        self.terminal.wait_for("Alt+a, or Tab");
    }

    /// Presses a key at the pace of a person who writes.
    fn key(&mut self, key: &str) {
        thread::sleep(Duration::from_millis(40 + self.dice.below(APART)));
        self.terminal.press(key);
    }
}

/// What the composer shows, one line a row, without blanks at the ends.
fn composed(screen: &str) -> String {
    let rows: Vec<&str> = screen.lines().collect();
    let Some(first) = rows.iter().rposition(|row| row.starts_with(COMPOSER)) else {
        return String::new();
    };
    let text: Vec<String> = rows[first..]
        .iter()
        .take_while(|row| !row.starts_with("┃──"))
        .map(|row| {
            let inside: String = row.chars().skip(MARGIN).collect();
            inside.trim_end_matches(['┃', ' ']).to_owned()
        })
        .collect();
    text.join("\n").trim_end().to_owned()
}
