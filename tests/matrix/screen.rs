//! What a person sees of a fault while it lasts.

use crate::matrix::script::refuses;
use crate::support::Home;
use crate::support::pty::Terminal;
use crate::support::server::{Dialect, Server, config};

#[test]
fn a_wait_is_counted_down_on_the_screen_and_a_key_ends_it() {
    let limit = refuses(429, "retry-after: 600\r\n", "rate_limit_error", "not now");
    let server = Server::start(move |request| limit(request));
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    let mut terminal = Terminal::creel(&home, &["--model", &Dialect::Anthropic.model()]);
    terminal.wait_for("Enter send");
    terminal.press("go\r");
    terminal.wait_for("Trying again by itself in");
    // It counts: the ninth minute has begun.
    terminal.wait_until("less than ten minutes", |screen| {
        screen.contains("in 9 m 5")
    });
    terminal.press("\x1b");
    terminal.press("\x1b");
    terminal.wait_until("the end of the wait", |screen| {
        !screen.contains("Trying again by itself in")
    });
    terminal.press("\x03\x03");
    terminal.end();
    assert_eq!(server.requests().len(), 1);
}
