//! Prices that change, and currencies: what was charged stays as it was, and one sum is shown only with a rate.

use serde_json::{Value, json};

use crate::support::Home;
use crate::support::server::{Server, Turn, config};

fn cost(home: &Home) -> Value {
    home.run(&["cost", "--by", "session", "--json"]).json()
}

fn run(home: &Home, arguments: &[&str]) -> (i32, Value) {
    let usual = ["run", "--model", "messages/m", "--output", "json"];
    let said = home.run(&[&usual[..], arguments, &["go"]].concat());
    (said.code, said.json())
}

#[test]
fn a_new_price_never_rewrites_what_was_charged() {
    let server = Server::plays(vec![Turn::text("All is well.")]);
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    let (code, result) = run(&home, &[]);
    assert_eq!(code, 0, "{result}");
    let before = cost(&home);
    assert_eq!(before["total"]["cost_usd"], result["cost_usd"]);
    for price in [Some((30.0, 150.0)), Some((0.0, 0.0)), None] {
        home.config(&config(&server, price));
        assert_eq!(cost(&home), before, "{price:?}");
    }
    // The next call has the new price, and the one before keeps its own.
    home.config(&config(&server, Some((30.0, 150.0))));
    let (_, dear) = run(&home, &[]);
    let after = cost(&home);
    let figure = |value: &Value| value.as_f64().unwrap();
    let ratio = figure(&dear["cost_usd"]) / figure(&result["cost_usd"]);
    assert!((9.0..11.0).contains(&ratio), "{ratio}");
    let sum = figure(&dear["cost_usd"]) + figure(&result["cost_usd"]);
    assert!((figure(&after["total"]["cost_usd"]) - sum).abs() < 1e-12);
    assert_eq!(after["rows"].as_array().unwrap()[1], before["rows"][0]);
}

#[test]
fn another_currency_is_one_sum_and_counts_by_its_rate_only_where_there_is_one() {
    let server = Server::plays(vec![Turn {
        output: 1_000,
        ..Turn::text("All is well.")
    }]);
    let yuan = config(&server, Some((100.0, 100.0))).replace(" }", ", currency = \"CNY\" }");
    let rated = format!("{yuan}[rates.CNY]\nusd = 0.1\ndate = \"2026-11-20\"\n");
    let home = Home::with(&yuan);
    let (code, result) = run(&home, &[]);
    assert_eq!(code, 0, "{result}");
    let yuan_spent = result["cost_other"]["CNY"].as_f64().unwrap();
    assert!(yuan_spent > 0.1, "{result}");
    let plain = cost(&home);
    assert_eq!(plain["total"]["about_usd"], Value::Null);
    // The same where the provider says it once for all its models, and a price may say otherwise.
    let prices = config(&server, Some((100.0, 100.0)));
    let once = prices.replace("wire = ", "currency = \"CNY\"\nwire = ");
    let other = Home::with(&once);
    assert_eq!(run(&other, &[]).1["cost_other"], result["cost_other"]);
    other.config(&once.replace(" }", ", currency = \"USD\" }"));
    let (_, result) = run(&other, &[]);
    assert_eq!(result["cost_other"], json!({}));
    assert_eq!(result["cost_usd"].as_f64(), Some(yuan_spent));
    home.config(&rated);
    let total = &cost(&home)["total"];
    let about = total["about_usd"].as_f64().unwrap();
    assert!((about - yuan_spent / 10.0).abs() < 1e-9, "{total}");
    assert_eq!(total["cost_other"], plain["total"]["cost_other"]);
    assert_eq!(
        total["rates"],
        json!({"CNY": {"usd": 0.1, "date": "2026-11-20"}})
    );
    // The worst case, 8,000 tokens out at ¥100 a million: within $0.30 at a tenth, and beyond it one to one.
    let budget = ["--budget", "0.3"];
    assert_eq!(run(&home, &budget).0, 0);
    home.config(&yuan);
    assert_eq!(run(&home, &budget).0, 4);
}

#[test]
fn searches_of_the_provider_are_priced_or_unknown() {
    // An answer that says it searched twice.
    let server = Server::start(|request| {
        let turn = Turn::text("All is well.");
        let whole = crate::support::server::events(request, &turn).concat();
        let whole = whole.replace(
            "\"usage\":{\"output_tokens\"",
            "\"usage\":{\"server_tool_use\":{\"web_search_requests\":2},\"output_tokens\"",
        );
        let head = "content-type: text/event-stream\r\n";
        crate::support::server::respond(200, head, &whole)
    });
    let bare = config(&server, Some((0.0, 0.0)));
    let priced = bare.replace(" }", ", web_search = 10 }");
    let home = Home::with(&bare);
    let (_, result) = run(&home, &[]);
    assert_eq!(
        (&result["cost_usd"], &result["cost_known"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(cost(&home)["total"]["unknown"], 1);
    home.config(&priced);
    let (_, result) = run(&home, &[]);
    assert_eq!(
        (&result["cost_usd"], &result["cost_known"]),
        (&json!(0.02), &json!(true))
    );
    assert_eq!(cost(&home)["total"]["cost_usd"], 0.02);
}
