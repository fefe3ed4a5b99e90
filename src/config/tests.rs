//! Defaults, and models by their names.

use std::path::Path;

use crate::config::load::parse;
use crate::protocol::id::ModelRef;

/// A config, the keys that are there, the models that were used last, and the one that is taken.
type Row<'r> = (
    &'r str,
    &'static [&'static str],
    &'r [&'r str],
    Option<&'r str>,
);

#[test]
fn a_key_that_is_new_changes_no_model_by_itself() {
    let with = |text: &str, keys: &'static [&str]| {
        let env = move |name: &str| match name {
            "HOME" => Some("/home/me".into()),
            name => keys.contains(&name).then(|| "secret".into()),
        };
        parse(text, Path::new("/c/config.toml"), &env)
            .unwrap()
            .config
    };
    let usual = "deepseek/deepseek-v4-pro";
    let (deep, claude) = ("deepseek/deepseek-v4-flash", "anthropic/claude-sonnet-5-5");
    let entries = "[providers.zz]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1\"\n\
        [providers.zz.models.\"y.1\"]\n[providers.zz.models.a]\n\
        [providers.lc]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:2\"\n[providers.lc.models.tiny]\n\
        [providers.aa]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:3\"\n[providers.aa.models.m]\n";
    let keyed = "[providers.a]\nwire = \"openai-chat\"\nbase_url = \"https://a.example\"\nkey_env = \"A_KEY\"\n\
        [providers.a.models.m]\n\
        [providers.b]\nwire = \"openai-chat\"\nbase_url = \"https://b.example\"\nkey_env = \"B_KEY\"\n[providers.b.models.m]\n";
    let both: &[&str] = &["DEEPSEEK_API_KEY", "ANTHROPIC_API_KEY"];
    let rows: &[Row] = &[
        // One vendor: its usual model, whatever was used.
        ("", &["ANTHROPIC_API_KEY"], &[deep], Some(claude)),
        // Several: the newest that is still here.
        ("", both, &[deep, claude], Some(deep)),
        (
            "",
            both,
            &["gone/x", "rehearsal/tour", "route/x", deep],
            Some(deep),
        ),
        ("", both, &[], Some(claude)),
        (
            "model = \"deepseek/deepseek-chat\"",
            both,
            &[claude],
            Some("deepseek/deepseek-chat"),
        ),
        // Entries of the file: the one used last, else the first that is written, whatever its name.
        (entries, &[], &["lc/tiny", "aa/m"], Some("lc/tiny")),
        (
            entries,
            &["ANTHROPIC_API_KEY"],
            &["lc/tiny"],
            Some("lc/tiny"),
        ),
        (entries, &[], &[], Some("zz/y.1")),
        (entries, &["ANTHROPIC_API_KEY"], &[], Some(claude)),
        // No model is known to be meant.
        ("", &["GROQ_API_KEY"], &["groq/x"], None),
        // An entry whose key is not there is not meant, by its place, its vendor or what was used last.
        (keyed, &[], &[], None),
        (keyed, &["B_KEY"], &["a/m"], Some("b/m")),
        (keyed, &["A_KEY", "B_KEY"], &["b/m"], Some("b/m")),
        (keyed, &["DEEPSEEK_API_KEY"], &["a/m"], Some(usual)),
        (
            "[providers.anthropic]\nkey_file = \"/nowhere/k\"",
            &[],
            &[],
            None,
        ),
        (
            "[providers.anthropic]",
            &["DEEPSEEK_API_KEY"],
            &[],
            Some(usual),
        ),
        (
            "model = \"a/m\"\n[providers.a]\npreset = \"xai\"\nkey_env = \"A_KEY\"",
            &[],
            &[],
            Some("a/m"),
        ),
    ];
    for (text, keys, used, expected) in rows {
        let config = with(text, keys);
        let used: Vec<ModelRef> = used.iter().map(|name| name.parse().unwrap()).collect();
        let model = config.usual_model(used.iter());
        let model = model.map(|model| model.to_string());
        assert_eq!(model.as_deref(), *expected, "{text:?} {keys:?} {used:?}");
    }
    let found = with("", &["GROQ_API_KEY"]);
    assert_eq!(found.key_without_model(), Some(("groq", "GROQ_API_KEY")));
    let named = with("model = \"groq/x\"", &["GROQ_API_KEY"]);
    assert_eq!(named.key_without_model(), None);
    assert_eq!(with("", both).key_without_model(), None);
    let lacking = with("[providers.groq]", &[]);
    assert_eq!(lacking.key_without_model(), None);
    let said = "groq has no key: GROQ_API_KEY is not set";
    assert_eq!(lacking.keys_not_set().as_deref(), Some(said));
    let gone = with("[providers.groq]\nkey_file = \"/nowhere/k\"", &[]);
    let said = "groq has no key: there is no file /nowhere/k";
    assert_eq!(gone.keys_not_set().as_deref(), Some(said));
    let of_one: ModelRef = "b/m".parse().unwrap();
    assert_eq!(with(keyed, &["B_KEY"]).taken_of_several(&of_one), None);
    assert_eq!(
        with(keyed, &["B_KEY"]).keys_not_set().as_deref(),
        Some("a has no key: A_KEY is not set")
    );
    let said = with(keyed, &["A_KEY", "B_KEY", "XAI_API_KEY"]).taken_of_several(&of_one);
    assert!(said.is_some_and(|said| said.contains("of the providers a, b, xai:")));
}
