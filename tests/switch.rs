//! Another model in the middle of a session, against servers that measure: what was foretold of a prompt is what is then
//! billed for it, every request is one its vendor takes, and one that is refused leaves everything as it was.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use creel::agent::cost;
use creel::agent::session::Session;
use creel::config::load;
use creel::config::paths::Paths;
use creel::engine::clock::Clock;
use creel::engine::feed::Feed;
use creel::engine::{Engine, Options};
use creel::protocol::event::{Ending, Event, Fact, Signal, When};
use creel::protocol::id::{CommandId, ModelRef, Seq, SessionId};
use creel::protocol::item::{Block, Item};
use creel::protocol::offer::{Figure, Offer};
use creel::protocol::op::{Command, Op};
use creel::protocol::query::{Found, Page, Query, SpendBy, SpendRow};
use creel::protocol::rule::Mode;
use creel::protocol::session::{Change, ForkRequest, OpenRequest, RunLimits};
use creel::protocol::usage::Usage;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::server::{
    self, Act, Dialect, Gate, HEAD, Request, Server, Turn, answer, chunk, events, respond,
};
use crate::support::{Home, LONGEST, valid};

const CLAUDE: &str = "messages/m";
const OTHER: &str = "chat/m";

/// What the first prompt of a session begins with; its number follows.
const SESSION: &str = "This is session ";

/// What a vendor has kept of the bodies it was sent.
#[derive(Debug, Default)]
struct Vendor {
    kept: Vec<String>,
}

impl Vendor {
    /// Tokens read from the cache, and those that are new; a token has so many tenths of bytes. What sessions of one folder
    /// have in common before the conversation is not kept here: nobody can tell for how long a vendor has it.
    fn count(&mut self, body: &str, tenths: usize) -> (usize, usize) {
        let common = |known: &String| {
            let pairs = known.bytes().zip(body.bytes());
            pairs.take_while(|(a, b)| a == b).count()
        };
        let begins = body.find(SESSION).map_or(0, |at| at + SESSION.len() + 8);
        let read = self.kept.iter().map(common).max().unwrap_or(0);
        self.kept.push(body.to_owned());
        let read = if read > begins { read * 10 / tenths } else { 0 };
        (read, (body.len() * 10 / tenths).saturating_sub(read))
    }
}

/// What the model does: looks at a file, thinking first, and has a word when it has seen it.
fn turn(request: &Request) -> Turn {
    let number = request.results();
    let body = request.json();
    let messages = body["messages"].as_array().unwrap();
    let last = messages.last().unwrap();
    let seen = last["role"] == "tool"
        || last["content"]
            .as_array()
            .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"));
    if seen {
        return Turn {
            thinking: "It is a note of some lines, and says what it should. ".repeat(4),
            text: format!("That was file {number}. ").repeat(12),
            ..Turn::default()
        };
    }
    Turn {
        thinking: "I had better look at the file first, before I say a word of it. ".repeat(6),
        text: "I look.".to_owned(),
        calls: vec![(
            "read".to_owned(),
            json!({ "path": format!("notes/{}.txt", number % 9) }).to_string(),
        )],
        ..Turn::default()
    }
}

/// A server that counts as vendors do, Anthropic's tokens at four bytes and the other's at `tenths` tenths of one.
fn measuring(tenths: usize) -> Server {
    let vendors: Arc<Mutex<HashMap<String, Vendor>>> = Arc::default();
    Server::start(move |request| {
        let said = turn(request);
        let mut vendors = vendors.lock().unwrap();
        let vendor = vendors.entry(request.path.clone()).or_default();
        let input = request.body.len() / 4;
        // What an answer adds to the next prompt is what it was billed: words, thoughts with their signature, and what is
        // around each.
        let calls: usize = said.calls.iter().map(|(_, text)| text.len() + 60).sum();
        let said_alone = said.text.len() + calls + 60;
        let out = (said_alone + said.thinking.len() + 320 + 60) / 4;
        let said = Turn {
            output: out as u64,
            ..said
        };
        let (own, counted) = if request.dialect() == Dialect::Anthropic {
            let (read, new) = vendor.count(&request.bare(), 40);
            (
                format!("\"input_tokens\":{input},"),
                format!(
                    "\"input_tokens\":3,\"cache_read_input_tokens\":{read},\"cache_creation_input_tokens\":{},",
                    new.saturating_sub(3)
                ),
            )
        } else {
            let (read, new) = vendor.count(&request.bare(), tenths);
            (
                format!("\"prompt_tokens\":{input},"),
                format!(
                    "\"prompt_tokens\":{},\"prompt_tokens_details\":{{\"cached_tokens\":{read}}},",
                    read + new
                ),
            )
        };
        let mut acts = vec![Act::send(HEAD)];
        let said = if request.dialect() == Dialect::Anthropic {
            said
        } else {
            Turn {
                output: (said_alone * 10 / tenths) as u64,
                ..said
            }
        };
        for event in events(request, &said) {
            acts.push(Act::Send(chunk(&event.replace(&own, &counted))));
        }
        acts.push(Act::send("0\r\n\r\n"));
        acts
    })
}

/// A config of the two vendors, with what they cost, and no key.
fn config(server: &Server) -> String {
    let prices = [
        "price = { input = 2.0, output = 10.0, cache_read = 0.1, cache_write = 2.5 }\n",
        "price = { input = 1.32, output = 3.96, cache_read = 0.044 }\n",
    ];
    let text = server::config(server, None).replace("key_env = \"TRIAL_KEY\"\n", "");
    let mut entries = text.split("[providers.");
    let mut config = String::from(entries.next().unwrap_or_default());
    for entry in entries {
        let _ = write!(config, "[providers.{entry}");
        for (name, price) in ["messages.models.m", "chat.models.m"].iter().zip(prices) {
            if entry.starts_with(name) {
                config.push_str(price);
            }
        }
    }
    config
}

/// An engine in a home of its own, with one session that is spoken to.
struct Desk {
    home: Home,
    runtime: Runtime,
    engine: Engine,
    feed: Feed,
    session: SessionId,
    commands: u64,
}

impl Desk {
    fn new(config: &str) -> Self {
        let home = Home::with(config);
        for number in 0..9 {
            let lines = format!("note {number}, a line of it, and some more words\n").repeat(25);
            home.file(&format!("notes/{number}.txt"), &lines);
        }
        let path = home.path();
        let env = move |name: &str| (name == "CREEL_HOME").then(|| path.clone().into_os_string());
        let paths = Paths::from_environment(&env).unwrap();
        let options = Options {
            config: load::load(&paths, &env).unwrap(),
            paths,
            clock: Clock::system(),
            home: None,
            unattended: false,
            redactor: Arc::default(),
            sandbox: crate::support::sandbox(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let engine = Engine::start(options, runtime.handle()).unwrap();
        let feed = engine.door.listen();
        let session = engine.door.new_session();
        Self {
            home,
            runtime,
            engine,
            feed,
            session,
            commands: 0,
        }
    }

    fn send(&mut self, op: Op) {
        self.commands += 1;
        self.engine.door.send(Command {
            id: CommandId(self.commands),
            session: self.session,
            op,
        });
    }

    fn open(&mut self, model: &str) {
        self.session = self.engine.door.new_session();
        let request = OpenRequest {
            cwd: self.home.work(),
            model: model.parse().unwrap(),
            mode: Mode::Ask,
            worktree: None,
            effort: None,
        };
        self.send(Op::Open { request });
    }

    fn say(&mut self, text: &str) {
        self.send(Op::Submit {
            blocks: vec![Block::text(text)],
            when: When::Turn,
            limits: RunLimits::default(),
        });
    }

    fn change(&mut self, model: &str) {
        let model = model.parse().unwrap();
        self.send(Op::Change {
            change: Change::Model { model },
        });
    }

    fn hear<T>(&mut self, wanted: impl Fn(&Signal) -> Option<T>) -> T {
        let feed = &mut self.feed;
        self.runtime.block_on(async {
            loop {
                let heard = tokio::time::timeout(LONGEST, feed.next()).await;
                let signal = heard.expect("something is heard").expect("it runs");
                if let Some(found) = wanted(&signal) {
                    return found;
                }
            }
        })
    }

    fn fact<T>(&mut self, wanted: impl Fn(&Fact) -> Option<T>) -> T {
        let session = self.session;
        self.hear(|signal| match signal {
            Signal::Event(event) if event.session == session => wanted(&event.fact),
            _ => None,
        })
    }

    fn refusal(&mut self) -> String {
        self.hear(|signal| match signal {
            Signal::Refused { why, .. } => Some(why.clone()),
            _ => None,
        })
    }

    fn ending(&mut self) -> Ending {
        self.fact(|fact| match fact {
            Fact::TurnEnded { ending, .. } => Some(ending.clone()),
            _ => None,
        })
    }

    fn changed(&mut self) -> ModelRef {
        self.fact(|fact| match fact {
            Fact::SessionChanged {
                change: Change::Model { model },
            } => Some(model.clone()),
            _ => None,
        })
    }

    fn find(&self, query: Query) -> Found {
        self.runtime.block_on(self.engine.door.ask(query))
    }

    fn log(&self) -> (Session, Vec<Event>) {
        let query = Query::History {
            session: self.session,
            page: Page::After(Seq(0)),
            limit: u32::MAX,
        };
        let Found::History(events) = self.find(query) else {
            panic!("no history")
        };
        (Session::fold(None, &events).unwrap(), events)
    }

    fn spent(&self, session: Option<SessionId>) -> Vec<SpendRow> {
        let query = Query::Spend {
            by: SpendBy::Model,
            since: None,
            until: None,
            session,
        };
        match self.find(query) {
            Found::Spend(rows) => rows,
            other => panic!("{other:?}"),
        }
    }

    fn offer(&self, model: &str, typed: &str) -> Offer {
        let query = Query::Offers {
            session: Some(self.session),
            cwd: self.home.work(),
            typed: typed.to_owned(),
            also: None,
        };
        match self.find(query) {
            Found::Offers(offers) => {
                let mut offers = offers.into_iter();
                let found = offers.find(|offer| offer.card.model.to_string() == model);
                found.expect("the model is offered")
            }
            other => panic!("{other:?}"),
        }
    }

    /// Says something, and compares what was foretold of it with what was billed for its prompt: the difference in thousandths.
    fn foretold(&mut self, model: &str, text: &str) -> i64 {
        let offer = self.offer(model, text);
        let Figure::About(foretold) = offer.next else {
            panic!("no price: {offer:?}")
        };
        self.say(text);
        let usage = self.fact(|fact| match fact {
            Fact::ModelAnswered { usage, model, .. } => Some((*usage, model.clone())),
            _ => None,
        });
        assert_eq!(usage.1.to_string(), model);
        assert_eq!(self.ending(), Ending::Finished);
        let input = Usage {
            output: 0,
            ..usage.0
        };
        let billed = cost::of(&input, offer.card.price.as_ref().unwrap());
        (foretold.parts - billed.parts) * 1_000 / billed.parts
    }
}

#[test]
fn what_is_foretold_is_what_is_billed_wherever_the_model_is_changed() {
    for tenths in [40, 33] {
        let server = measuring(tenths);
        let mut desk = Desk::new(&config(&server));
        // Nobody can know how a vendor counts that was never asked: the other one's tokens are told once.
        desk.open(OTHER);
        desk.say(&format!("{SESSION}00000000. Look at a note."));
        assert_eq!(desk.ending(), Ending::Finished);
        for at in 1..=6 {
            desk.open(CLAUDE);
            let mut model = CLAUDE;
            for number in 1..=8 {
                // There at `at`, back two turns later, and there again.
                let wanted = if (at..at + 2).contains(&number) || number >= at + 4 {
                    OTHER
                } else {
                    CLAUDE
                };
                let text =
                    format!("Go on with turn {number}, and look at one more note. ").repeat(4);
                if number == 1 {
                    desk.say(&format!("{SESSION}{at:08}. {text}"));
                    assert_eq!(desk.ending(), Ending::Finished);
                    continue;
                }
                if wanted != model {
                    desk.change(wanted);
                    desk.changed();
                    model = wanted;
                }
                let off = desk.foretold(model, &text);
                assert!(
                    off.abs() <= 50,
                    "change at {at}, turn {number}, {model}: {off} thousandths"
                );
            }
        }
        for (number, request) in server.requests().iter().enumerate() {
            assert_eq!(valid::check(request), Ok(()), "request {number}");
        }
    }
}

#[test]
fn a_model_is_taken_up_when_the_turn_has_ended_and_at_once_where_it_is_stopped() {
    let gate = Gate::default();
    let opens = gate.clone();
    let server = Server::start(move |request| {
        let mut acts = answer(request, &Turn::text("Well."));
        if request.dialect() == Dialect::Anthropic {
            acts.insert(1, Act::Wait(opens.clone()));
        }
        acts
    });
    let mut desk = Desk::new(&config(&server));
    desk.open(CLAUDE);
    desk.say("Begin.");
    server.wait_for(1);
    desk.change(OTHER);
    // What is asked next has been heard, so the change was taken up.
    desk.send(Op::Submit {
        blocks: vec![Block::text("And then?")],
        when: When::Turn,
        limits: RunLimits::default(),
    });
    desk.fact(|fact| matches!(fact, Fact::MessageQueued { .. }).then_some(()));
    assert_eq!(desk.log().0.model.to_string(), CLAUDE);
    gate.open();
    assert_eq!(desk.ending(), Ending::Finished);
    assert_eq!(desk.changed().to_string(), OTHER);
    assert_eq!(desk.ending(), Ending::Finished);
    let asked: Vec<Dialect> = server.requests().iter().map(Request::dialect).collect();
    assert_eq!(asked, [Dialect::Anthropic, Dialect::OpenAiChat]);
}

#[test]
fn a_conversation_that_is_refused_goes_back_to_the_model_of_before() {
    let cases = [
        (
            400,
            r#"{"error":{"message":"unknown field: strict","type":"invalid_request_error"}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"maximum context length is 1000 tokens","code":"context_length_exceeded"}}"#,
        ),
    ];
    for (status, body) in cases {
        let server = Server::start(move |request| match request.dialect() {
            Dialect::Anthropic => answer(request, &turn(request)),
            _ => respond(status, "content-type: application/json\r\n", body),
        });
        let mut desk = Desk::new(&config(&server));
        desk.open(CLAUDE);
        desk.say("Look at a note.");
        assert_eq!(desk.ending(), Ending::Finished);
        desk.change(OTHER);
        desk.changed();
        desk.say("Go on, and lose no word.");
        let ending = desk.ending();
        assert!(matches!(ending, Ending::Failed { .. }), "{ending:?}");
        assert_eq!(desk.changed().to_string(), CLAUDE);
        let notice = desk.fact(|fact| match fact {
            Fact::ItemAdded {
                item: Item::Notice { text },
                ..
            } => Some(text.clone()),
            _ => None,
        });
        let error: Value = serde_json::from_str(body).unwrap();
        let reason = error["error"]["message"].as_str().unwrap();
        assert!(
            notice.starts_with("chat/m refused this conversation: ") && notice.contains(reason),
            "{notice}"
        );
        assert!(
            notice.ends_with("; back to messages/m, nothing is lost"),
            "{notice}"
        );
        // Nothing is sent before the person says so; then the very prompt that was refused.
        assert_eq!(server.requests().len(), 3);
        desk.send(Op::Continue);
        assert_eq!(desk.ending(), Ending::Finished);
        let requests = server.requests();
        let last = &requests[3];
        assert_eq!(last.dialect(), Dialect::Anthropic);
        assert!(last.bare().contains("Go on, and lose no word."));
        for request in [&requests[0], &requests[1], last] {
            assert_eq!(valid::check(request), Ok(()));
        }
        // A fault of the key says nothing of the conversation, and the model stays.
        assert_eq!(desk.log().0.before, None);
    }
}

#[test]
fn a_window_that_is_too_small_is_refused_before_anything_is_sent() {
    let server = Server::start(|request| answer(request, &turn(request)));
    let text = config(&server).replace(
        "[providers.chat.models.m]\ncontext = 1000000\nmax_output = 8000",
        "[providers.chat.models.m]\ncontext = 1024\nmax_output = 512",
    );
    let mut desk = Desk::new(&text);
    desk.open(CLAUDE);
    desk.say(&"Look at a note, and mind every word of it. ".repeat(200));
    assert_eq!(desk.ending(), Ending::Finished);
    assert!(!desk.offer(OTHER, "").fits());
    desk.change(OTHER);
    let why = desk.refusal();
    assert!(
        why.starts_with("this conversation does not fit chat/m: about "),
        "{why}"
    );
    assert_eq!(desk.log().0.model.to_string(), CLAUDE);
    let from = desk.session;
    desk.session = desk.engine.door.new_session();
    let request = ForkRequest {
        from,
        model: OTHER.parse().unwrap(),
        mode: Mode::Ask,
        effort: None,
        before: None,
    };
    desk.send(Op::Fork { request });
    assert!(
        desk.refusal()
            .starts_with("this conversation does not fit chat/m")
    );
}

#[test]
fn a_fork_has_the_conversation_and_none_of_what_it_cost() {
    for dialect in Dialect::ALL {
        let server = Server::start(|request| {
            let said = match request.dialect() {
                Dialect::Anthropic => turn(request),
                _ => Turn::text("I went on from there."),
            };
            answer(request, &said)
        });
        let mut desk = Desk::new(&config(&server));
        desk.open(CLAUDE);
        desk.say("Look at a note.");
        assert_eq!(desk.ending(), Ending::Finished);
        let parent = desk.session;
        let before = desk.spent(None);
        let (folded, events) = desk.log();

        desk.session = desk.engine.door.new_session();
        let model = dialect.model();
        let request = ForkRequest {
            from: parent,
            model: model.parse().unwrap(),
            mode: Mode::Ask,
            effort: None,
            before: None,
        };
        desk.send(Op::Fork { request });
        desk.fact(|fact| matches!(fact, Fact::SessionOpened { .. }).then_some(()));
        let (fork, _) = desk.log();
        assert_eq!((fork.spec.parent, fork.turn), (Some(parent), folded.turn));
        assert_eq!(fork.model.to_string(), model);
        assert_eq!(fork.context_used, folded.context_used);
        assert_eq!(fork.title, folded.title);
        assert_eq!(desk.spent(None), before, "{model}");
        assert_eq!(desk.spent(Some(desk.session)), []);

        desk.say("Now go on.");
        assert_eq!(desk.ending(), Ending::Finished);
        for request in server.requests() {
            assert_eq!(valid::check(&request), Ok(()), "{model}");
        }
        let last = String::from_utf8(server.requests().last().unwrap().body.clone()).unwrap();
        for words in ["Look at a note.", "note 0, a line of it", "Now go on."] {
            assert!(last.contains(words), "{model}: {words} in {last}");
        }
        // The other one stays as it was, to the last event.
        let forked = std::mem::replace(&mut desk.session, parent);
        assert_eq!(desk.log().1, events);

        let Desk {
            home,
            runtime,
            engine,
            feed,
            ..
        } = desk;
        drop(feed);
        runtime.block_on(engine.ended());
        drop(runtime);
        let shown = home.run(&["show", &forked.to_string()]);
        assert_eq!(shown.code, 0, "{shown:?}");
        for words in ["Look at a note.", "note 0, a line of it", "Now go on."] {
            assert!(shown.out.contains(words), "{}", shown.out);
        }
        let sessions = home.run(&["sessions", "--json"]).json();
        let rows = sessions.as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == forked.to_string());
        assert_eq!(row.unwrap()["parent"], parent.to_string());
        // Its outputs are its own: they stay when the other one is purged.
        assert_eq!(home.run(&["purge", "--yes", &parent.to_string()]).code, 0);
        let shown = home.run(&["show", &forked.to_string()]);
        assert!(shown.out.contains("note 0, a line of it"), "{}", shown.out);
    }
}
