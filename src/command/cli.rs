//! What can be typed: names, flags and their forms. Names are a promise to scripts; see the contract.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::agent::decimal::dollars;
use crate::agent::moment::Moment;
use crate::command::backup::BackupArgs;
use crate::command::import::ImportArgs;
use crate::command::index::IndexSub;
use crate::command::providers::ProvidersArgs;
use crate::command::purge::PurgeArgs;
use crate::command::restore::RestoreArgs;
use crate::command::route::RouteSub;
use crate::command::rules::RulesSub;
use crate::command::search::SearchArgs;
use crate::command::theme::ThemeSub;
use crate::command::trust::TrustSub;
use crate::command::value;
use crate::protocol::effort::Effort;
use crate::protocol::id::{Address, ModelRef};
use crate::protocol::money::Money;
use crate::protocol::rule::Mode;

const EXIT_CODES: &str = "Exit codes: 0 finished, 1 failed, 2 wrong usage, 3 a call was denied, 4 budget, 5 the provider failed, 6 a \
limit, 130 and 143 interrupted.";

fn help_end() -> String {
    format!(
        "Without a key `creel` offers a tour with a scripted model; `--model rehearsal/tour` plays it in an empty folder.\n\n{EXIT_CODES}"
    )
}

/// A full-screen workstation for personal agents. Without a command: the workstation.
#[derive(Debug, Parser)]
#[command(name = "creel", version, args_conflicts_with_subcommands = true, after_help = help_end(), max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Sub>,
    #[command(flatten)]
    pub workstation: Workstation,
}

/// The workstation's own arguments.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Workstation {
    /// Any unique part of a session's id, at least four characters
    #[arg(value_name = "SESSION", value_parser = value::session)]
    pub session: Option<String>,
    /// Open the newest session of this folder
    #[arg(long = "continue", conflicts_with = "session")]
    pub continued: bool,
    /// The model of a new session
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<ModelRef>,
    /// How much may be done without asking: ask, edits, plan or auto
    #[arg(long, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// How much the model of a new session reasons: off, low, medium, high or max
    #[arg(long, value_name = "EFFORT")]
    pub effort: Option<Effort>,
    /// The folder to work in
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// Begin a session in a new git worktree of this name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["session", "continued", "plain"])]
    pub worktree: Option<String>,
    /// Lines in place of a screen, for a screen reader or a pipe; ACCESSIBLE=1 does the same
    #[arg(long)]
    pub plain: bool,
    /// Run commands without a sandbox, with your rights
    #[arg(long)]
    pub no_sandbox: bool,
}

#[derive(Debug, Subcommand)]
pub enum Sub {
    Run(RunArgs),
    Sessions(SessionsArgs),
    Show(ShowArgs),
    Export(ExportArgs),
    Cost(CostArgs),
    Cache(CacheArgs),
    Models(ModelsArgs),
    Providers(ProvidersArgs),
    /// Several endpoints as one model
    #[command(subcommand)]
    Route(RouteSub),
    /// Permission rules
    #[command(subcommand)]
    Rules(RulesSub),
    /// What a folder brings that would let something run
    #[command(subcommand)]
    Trust(TrustSub),
    Search(SearchArgs),
    Import(ImportArgs),
    /// The search index
    #[command(subcommand)]
    Index(IndexSub),
    Stop(StopArgs),
    Purge(PurgeArgs),
    Backup(BackupArgs),
    Restore(RestoreArgs),
    Doctor(DoctorArgs),
    BugReport(BugReportArgs),
    /// The colours of the workstation
    #[command(subcommand)]
    Theme(ThemeSub),
    /// The config file
    #[command(subcommand)]
    Config(ConfigSub),
    /// Print a completion script for a shell, with the key that puts a past command into its line: Alt+m
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Run one prompt without a screen, until the model stops
///
/// Nobody can be asked: what would be asked is denied at once, the model is told, and the run goes on.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXIT_CODES)]
pub struct RunArgs {
    /// What to do; `-` reads it from standard input. Standard input that is no terminal is appended after a blank line
    pub prompt: Option<String>,
    /// A picture that is sent with the prompt; may be repeated
    #[arg(short = 'i', long = "image", value_name = "PATH")]
    pub images: Vec<PathBuf>,
    /// The model of a new session, or of the rest of one
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<ModelRef>,
    /// The folder to work in
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// How much may be done without asking: ask, edits, plan or auto
    #[arg(long, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// How much the model reasons: off, low, medium, high or max
    #[arg(long, value_name = "EFFORT")]
    pub effort: Option<Effort>,
    /// Allow what a rule matches, for this run; may be repeated
    #[arg(long, value_name = "RULE", value_parser = value::rule)]
    pub allow: Vec<String>,
    /// Deny what a rule matches, for this run; a bare tool is then not offered to the model. May be repeated
    #[arg(long, value_name = "RULE", value_parser = value::rule)]
    pub deny: Vec<String>,
    /// The most calls to the model; the tool calls of the last answer are not run
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub max_steps: Option<u32>,
    /// The most this run may cost, in dollars
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub budget: Option<Money>,
    /// End at the first failed call to the model
    #[arg(long)]
    pub no_retry: bool,
    /// Run commands without a sandbox, with your rights
    #[arg(long)]
    pub no_sandbox: bool,
    /// Go on with a session: any unique part of its id, at least four characters
    #[arg(long, value_name = "ID", value_parser = value::session)]
    pub session: Option<String>,
    /// Go on with the newest session of this folder
    #[arg(long = "continue", conflicts_with = "session")]
    pub continued: bool,
    /// What is printed
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// The model's last answer
    Text,
    /// One JSON object at the end
    Json,
    /// One JSON object a line, as things happen
    StreamJson,
}

/// List sessions, newest first
#[derive(Debug, Clone, Args)]
pub struct SessionsArgs {
    /// At most so many [default: 100]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u32>,
    /// All of them, archived ones too
    #[arg(long)]
    pub all: bool,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Print the transcript of a session
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// A session by any unique part of its id, whole or from a place on: ID#TURN, ID#TURN.STEP or ID@ITEM
    #[arg(value_name = "SESSION", value_parser = value::address)]
    pub place: Address,
    /// Only items after this number
    #[arg(long, value_name = "SEQ", value_parser = value::seq)]
    pub after: Option<u64>,
    /// At most so many items
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u32>,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Print a session as a file to keep or send; what looks like a secret is replaced
///
/// Keys, tokens, passwords and private keys are told by their form or by the name before them, and each is replaced by what it
/// was, as `‹redacted:github token›`. Pictures are not looked into.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// A session by any unique part of its id, whole or from a place on: ID#TURN, ID#TURN.STEP or ID@ITEM
    #[arg(value_name = "SESSION", value_parser = value::address)]
    pub place: Address,
    /// The form of the file
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Markdown)]
    pub to: Form,
    /// Leave what looks like a secret as it is, for a copy that stays with you
    #[arg(long)]
    pub with_secrets: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Also `md`
    #[value(alias = "md")]
    Markdown,
    #[value(alias = "htm")]
    Html,
    /// One item a line, for other programs; also `json`
    #[value(alias = "json")]
    Jsonl,
}

/// What was spent
#[derive(Debug, Clone, Args)]
pub struct CostArgs {
    /// What the sum is divided by
    #[arg(long, value_enum, default_value_t = By::Day)]
    pub by: By,
    /// From here on: a day, a moment or an age (2026-11-01, 2026-11-01T09:00:00Z, 7d)
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Moment>,
    /// Up to here, a day as a whole
    #[arg(long, value_name = "WHEN")]
    pub until: Option<Moment>,
    /// Of one session
    #[arg(long, value_name = "ID", value_parser = value::session)]
    pub session: Option<String>,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Compare the requests of a session, and tell what their prompt cache saved and did not
#[derive(Debug, Clone, Args)]
pub struct CacheArgs {
    /// Any unique part of a session's id, at least four characters
    #[arg(value_parser = value::session)]
    pub session: String,
    /// The newest so many requests
    #[arg(long, value_name = "N", value_parser = value::count, default_value_t = 200)]
    pub limit: u32,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    Day,
    Model,
    Provider,
    Session,
    Project,
}

/// List the models that can be used, with prices and their date
#[derive(Debug, Clone, Args)]
pub struct ModelsArgs {
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,

    /// Take back a yes to a model without a known price: it is asked about before its next call
    #[arg(long, value_name = "PROVIDER/MODEL", conflicts_with = "json")]
    pub ask_again: Option<ModelRef>,
}

/// Stop what runs in this home's other processes
///
/// Without SESSION the one that runs; where several do they are named, and nothing is stopped.
#[derive(Debug, Clone, Args)]
pub struct StopArgs {
    /// Any unique part of a session's id, at least four characters
    #[arg(value_parser = value::session, conflicts_with = "all")]
    pub session: Option<String>,
    /// All that run
    #[arg(long)]
    pub all: bool,
}

/// Look at what Creel needs, and say what to do
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Put together what helps to find a fault of Creel, and print it; nothing is sent
///
/// Versions, what `creel doctor` says, the config without keys, the last lines of the log file and the newest crash, without what
/// looks like a secret. On a terminal it asks whether to write it to a file in this folder.
#[derive(Debug, Clone, Args)]
pub struct BugReportArgs {
    /// Write it to a new file that only you can read, without asking; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ConfigSub {
    /// Print where the file is, whether it is there or not
    Path,
    /// Print every setting
    Show {
        /// With where each comes from
        #[arg(long)]
        origin: bool,
    },
    /// Read the file and list what is wrong
    Check,
    /// Print the JSON schema of the file
    Schema,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use clap::CommandFactory;

    use super::*;
    use crate::protocol::money::UNIT;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' ').filter(|word| !word.is_empty()))
    }

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_usage_ends_with_two() {
        for line in [
            "creel runn",
            "creel abc",
            "creel 0190-xyz",
            "creel abcd --continue",
            "creel --mode yolo",
            "creel --effort xhigh",
            "creel --model gpt",
            "creel run x y",
            "creel run --max-steps 0 x",
            "creel run --max-steps -1 x",
            "creel run --budget -1 x",
            "creel run --budget lots x",
            "creel run --allow Bash( x",
            "creel run --session abcd --continue x",
            "creel run --output yaml x",
            "creel show",
            "creel show abcd --after x",
            "creel export",
            "creel export abcd --to pdf",
            "creel route",
            "creel route explain --model gpt",
            "creel cost --by mood",
            "creel cache",
            "creel cost --since someday",
            "creel run --deny Bahs(*) x",
            "creel show abcd --limit 0",
            "creel show abcd#0",
            "creel sessions --limit 0",
            "creel cache abcd --limit 0",
            "creel stop abcd --all",
            "creel bug-report x",
            "creel purge",
            "creel purge --older-than 30",
            "creel purge abcd --older-than 30d",
            "creel config",
            "creel config set",
            "creel theme",
            "creel theme import",
            "creel completions",
            "creel search",
            "creel search x --limit 0",
            "creel search --pick --json",
            "creel search x --line y",
            "creel search x --kind song",
            "creel index",
            "creel import codex",
            "creel import emacs x",
            "creel backup",
            "creel backup a b",
            "creel restore",
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}: {error}");
        }
    }

    #[test]
    fn help_and_version_end_with_nought() {
        for line in [
            "creel --version",
            "creel --help",
            "creel help run",
            "creel run -h",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 0, "{line}");
        }
    }

    #[test]
    fn a_run_takes_its_flags() {
        let line = "creel run --model local/a/b --mode auto --effort high --allow Bash --allow Read(./x) --deny edit --max-steps 3 \
                    --budget 0.25 --no-retry --continue --output stream-json --cwd /x -";
        let Some(Sub::Run(run)) = parse(line).unwrap().command else {
            panic!("no run");
        };
        assert_eq!(run.prompt.as_deref(), Some("-"));
        assert_eq!(run.model.unwrap().to_string(), "local/a/b");
        assert_eq!(
            (run.mode, run.effort),
            (Some(Mode::Auto), Some(Effort::High))
        );
        assert_eq!(
            (run.allow.join(" "), run.deny.join(" ")),
            ("Bash Read(./x)".to_owned(), "edit".to_owned())
        );
        assert_eq!(
            (run.max_steps, run.budget),
            (Some(3), Some(Money::usd(250_000_000_000)))
        );
        assert_eq!(
            (run.no_retry, run.continued, run.output),
            (true, true, Output::StreamJson)
        );
        assert_eq!(run.cwd, Some("/x".into()));
    }

    #[test]
    fn without_a_command_it_is_the_workstation() {
        let cli = parse("creel ABCD-12 --mode plan").unwrap();
        assert!(cli.command.is_none());
        let expected = Workstation {
            session: Some("abcd-12".to_owned()),
            continued: false,
            model: None,
            mode: Some(Mode::Plan),
            effort: None,
            cwd: None,
            worktree: None,
            plain: false,
            no_sandbox: false,
        };
        assert_eq!(cli.workstation, expected);
        assert!(parse("creel").unwrap().command.is_none());
        assert!(parse("creel --continue").unwrap().workstation.continued);
        assert!(parse("creel --plain").unwrap().workstation.plain);
    }

    #[test]
    fn budgets_are_dollars() {
        assert_eq!(dollars("$2"), Ok(Money::usd(2 * UNIT)));
        assert_eq!(dollars("0"), Ok(Money::usd(0)));
        assert_eq!(dollars("nan"), Err("expected dollars, as 0.50".to_owned()));
        assert_eq!(dollars("1e9"), Err("at most 1000000 dollars".to_owned()));
    }
}
