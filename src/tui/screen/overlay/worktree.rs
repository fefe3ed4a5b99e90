//! A new worktree, its files, and the way back.

use crate::agent::visible::{escaped, one_line};
use crate::protocol::rule::Mode;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::files::{Files, LOSE, Page as Shown};
use crate::tui::app::overlay::new_worktree::NewWorktree;
use crate::tui::screen::hints::Hint::Does;
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::Role;
use crate::tui::screen::overlay::Page;
use crate::tui::screen::overlay::files::row;
use crate::tui::screen::rows::{Row, wrapped};

/// With less room title and keys are said in fewer words.
const WIDE: usize = 50;
/// Commits that are shown of a merge.
const COMMITS: usize = 8;

pub fn new(app: &App, overlay: &NewWorktree, named: Named, room: usize) -> Page {
    let wide = room >= WIDE;
    let mut page: Vec<Row> = Vec::new();
    let muted = |page: &mut Vec<Row>, text: &str| page.extend(wrapped(text, room, 0, Role::Muted));
    match &overlay.plan {
        Some(plan) => {
            let name = overlay.field.as_str().trim().replace('/', "-");
            let path = app.setup.path(&plan.folder.join(escaped(&name)));
            let from = match &plan.from {
                Some(from) => format!("{} at {}", one_line(from), plan.at),
                None => format!("the commit {}", plan.at),
            };
            page.extend(wrapped(&format!("folder  {path}"), room, 0, Role::Text));
            page.extend(wrapped(&format!("from    {from}"), room, 0, Role::Text));
            if plan.uncommitted > 0 {
                let stay = format!(
                    "{} not committed here; what is not committed stays here",
                    counted(plan.uncommitted, "file")
                );
                page.extend(wrapped(&stay, room, 0, Role::Warn));
            }
            if !plan.copy.is_empty() {
                let copy: Vec<String> = plan.copy.iter().map(|text| one_line(text)).collect();
                muted(&mut page, &format!("copies  {}", copy.join(", ")));
            }
            if let Some(setup) = &plan.setup {
                muted(
                    &mut page,
                    &format!("runs    {}   {}", one_line(setup), begins(app.setup.mode)),
                );
            }
            if plan.submodules {
                muted(
                    &mut page,
                    "its submodules are not checked out: `git submodule update --init` there does that",
                );
            }
        }
        None if overlay.failed.is_none() && !overlay.making => {
            muted(&mut page, "looking at the repository");
        }
        None => {}
    }
    if let Some(why) = &overlay.failed {
        page.extend(wrapped(why, room, 0, Role::Bad));
    }
    if overlay.making {
        page.push(Row::of("making it …", Role::Strong));
    }
    Page {
        title: if wide {
            "a new session in a worktree of its own".to_owned()
        } else {
            "new session in a worktree".to_owned()
        },
        right: String::new(),
        filter: Some(overlay.field.clone()),
        at: 0,
        foot: Vec::new(),
        keys: if overlay.making {
            named.keys(&[Does(Action::Close, "stop it")])
        } else {
            let make = if wide {
                "make branch and folder of this name"
            } else {
                "make it"
            };
            named.keys(&[Does(Action::Choose, make), Does(Action::Close, "leave")])
        },
        rows: page,
    }
}

/// The pages beside the files; `None` for those themselves.
pub fn page(app: &App, overlay: &Files, named: Named, room: usize) -> Option<Page> {
    let back = Does(Action::Close, "back");
    let mut rows: Vec<Row> = Vec::new();
    if let Some(said) = &overlay.said {
        rows.push(Row::of(one_line(said), Role::Good));
    }
    let branch = overlay
        .worktree()
        .map(|worktree| one_line(&worktree.branch));
    let branch = branch.unwrap_or_default();
    let (title, filter, pairs) = match &overlay.page {
        Shown::Files => return None,
        Shown::Commit { field } => {
            let open = overlay.listed.iter().flat_map(|listed| &listed.files);
            for file in open.filter(|file| file.uncommitted).take(COMMITS) {
                rows.push(row(file, false, room));
            }
            rows.extend(wrapped(
                "All of it goes into one commit; hooks of the repository do not run.",
                room,
                0,
                Role::Muted,
            ));
            let commit = Does(Action::Choose, "commit with this message");
            let pairs = named.keys(&[commit, back]);
            (format!("commit on {branch}"), Some(field.clone()), pairs)
        }
        Shown::Merge { preview: None } => {
            rows.push(Row::of("trying it, without touching anything", Role::Muted));
            (format!("merge {branch}"), None, named.keys(&[back]))
        }
        Shown::Merge {
            preview: Some(preview),
        } => {
            for commit in preview.commits.iter().take(COMMITS) {
                rows.push(Row::of(format!("  {}", one_line(commit)), Role::Text));
            }
            if preview.commits.len() > COMMITS {
                rows.push(Row::of(
                    format!("  {} more", preview.commits.len() - COMMITS),
                    Role::Muted,
                ));
            }
            let into = one_line(&preview.into);
            if let Some(why) = &preview.obstacle {
                rows.extend(wrapped(&one_line(why), room, 0, Role::Bad));
            } else if preview.conflicts.is_empty() {
                let how = if preview.forward {
                    format!("{into} moves forward")
                } else {
                    "with a merge commit".to_owned()
                };
                let files = counted(preview.files, "file");
                rows.extend(wrapped(
                    &format!("{files}; applies without a conflict, {how}"),
                    room,
                    0,
                    Role::Good,
                ));
                if let Some(path) = &preview.checkout {
                    let place = app.setup.path(path);
                    rows.extend(wrapped(
                        &format!("{into} is checked out in {place}: its files change there"),
                        room,
                        0,
                        Role::Muted,
                    ));
                }
                rows.extend(wrapped(
                    "Hooks of the repository do not run.",
                    room,
                    0,
                    Role::Muted,
                ));
            } else {
                rows.extend(wrapped(
                    "Does not merge by itself; nothing was changed. In conflict:",
                    room,
                    0,
                    Role::Bad,
                ));
                for path in preview.conflicts.iter().take(COMMITS) {
                    rows.push(Row::of(format!("  {}", escaped(path)), Role::Text));
                }
            }
            if !preview.uncommitted.is_empty() {
                let open = counted(
                    u32::try_from(preview.uncommitted.len()).unwrap_or(u32::MAX),
                    "file",
                );
                rows.extend(wrapped(
                    &format!("{open} not committed would stay behind"),
                    room,
                    0,
                    Role::Warn,
                ));
            }
            let mut pairs = Vec::new();
            let long = room >= 50;
            if preview.obstacle.is_none() && preview.conflicts.is_empty() {
                pairs.push(Does(Action::MergeYes, "merge"));
            }
            if !preview.conflicts.is_empty() {
                pairs.push(Does(
                    Action::MergeMend,
                    if long {
                        "a prompt for the agent to mend it"
                    } else {
                        "mend"
                    },
                ));
            }
            if !preview.uncommitted.is_empty() {
                let commit = if long { "commit first" } else { "commit" };
                pairs.push(Does(Action::MergeCommit, commit));
            }
            pairs.push(back);
            let title = format!("merge {branch} into {into}");
            (title, None, named.keys(&pairs))
        }
        Shown::Remove { loss, field } => {
            let path = overlay
                .worktree()
                .map(|worktree| app.setup.path(&worktree.path));
            let path = path.unwrap_or_default();
            rows.extend(wrapped(&format!("Takes away {path} with the branch {branch}, and files in it that git ignores. The session stays in the log; its tab is closed."), room, 0, Role::Text));
            let keep = Does(Action::Close, "keep it");
            let (filter, pairs) = match loss {
                None => {
                    rows.push(Row::of("looking what would be lost", Role::Muted));
                    (None, named.keys(&[keep]))
                }
                Some(loss) if loss.what.is_empty() => {
                    rows.push(Row::of("Nothing would be lost.", Role::Good));
                    (
                        None,
                        named.keys(&[Does(Action::QuestionYes, "remove"), keep]),
                    )
                }
                Some(loss) => {
                    rows.push(Row::of("This would be lost:", Role::Bad));
                    for what in &loss.what {
                        rows.extend(wrapped(&one_line(what), room, 2, Role::Text));
                    }
                    rows.push(Row::of(format!("To lose it, type: {LOSE}"), Role::Muted));
                    let remove = Does(Action::Choose, "remove, once that is typed");
                    (Some(field.clone()), named.keys(&[remove, keep]))
                }
            };
            (format!("remove the worktree of {branch}"), filter, pairs)
        }
    };
    if let Some(why) = &overlay.failed {
        rows.extend(wrapped(why, room, 0, Role::Bad));
    }
    let pairs = if overlay.busy {
        rows.push(Row::of("at it …", Role::Strong));
        named.keys(&[Does(Action::Close, "leave; it ends by itself")])
    } else {
        pairs
    };
    Some(Page {
        title,
        right: String::new(),
        filter,
        at: 0,
        foot: Vec::new(),
        keys: pairs,
        rows,
    })
}

/// What the mode of the new session makes of a command that no rule speaks of.
fn begins(mode: Mode) -> &'static str {
    match mode {
        Mode::Plan => "denied in mode plan",
        Mode::Ask | Mode::Edits => "asks first",
        Mode::Auto => "at once, in mode auto",
    }
}

fn counted(count: u32, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}
