//! A new worktree, its files, and the way back.

use ratatui::layout::Rect;

use crate::agent::visible::{escaped, one_line};
use crate::protocol::rule::Mode;
use crate::protocol::worktree::{Became, FileChange};
use crate::tui::app::App;
use crate::tui::app::overlay::files::{Files, LOSE, Page as Shown};
use crate::tui::app::overlay::new_worktree::NewWorktree;
use crate::tui::screen::blank;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, listed};
use crate::tui::screen::rows::{self, Row, keys, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::diff::Diff;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::highlight::Language;
use crate::tui::widget::paint::Form;
use crate::tui::widget::{cells, text};

/// From so many columns on the difference stands beside the files.
const BESIDE: u16 = 90;
/// Cells of the list beside it.
const LIST: u16 = 38;
/// With less room title and keys are said in fewer words.
const WIDE: usize = 50;
/// Commits that are shown of a merge.
const COMMITS: usize = 8;

pub fn new(app: &App, overlay: &NewWorktree, room: usize) -> Page {
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
            keys(&[("Esc", "stop it")])
        } else {
            let make = if wide {
                "make branch and folder of this name"
            } else {
                "make it"
            };
            keys(&[("Enter", make), ("Esc", "leave")])
        },
        rows: page,
    }
}

/// The pages beside the files; `None` for those themselves.
pub fn page(app: &App, overlay: &Files, room: usize) -> Option<Page> {
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
            let pairs = keys(&[("Enter", "commit with this message"), ("Esc", "back")]);
            (format!("commit on {branch}"), Some(field.clone()), pairs)
        }
        Shown::Merge { preview: None } => {
            rows.push(Row::of("trying it, without touching anything", Role::Muted));
            (format!("merge {branch}"), None, keys(&[("Esc", "back")]))
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
            let mut pairs: Vec<(&str, &str)> = Vec::new();
            let long = room >= 50;
            if preview.obstacle.is_none() && preview.conflicts.is_empty() {
                pairs.push(("y", "merge"));
            }
            if !preview.conflicts.is_empty() {
                pairs.push((
                    "p",
                    if long {
                        "a prompt for the agent to mend it"
                    } else {
                        "mend"
                    },
                ));
            }
            if !preview.uncommitted.is_empty() {
                pairs.push(("c", if long { "commit first" } else { "commit" }));
            }
            pairs.push(("Esc", "back"));
            (format!("merge {branch} into {into}"), None, keys(&pairs))
        }
        Shown::Remove { loss, field } => {
            let path = overlay
                .worktree()
                .map(|worktree| app.setup.path(&worktree.path));
            let path = path.unwrap_or_default();
            rows.extend(wrapped(&format!("Takes away {path} with the branch {branch}, and files in it that git ignores. The session stays in the log; its tab is closed."), room, 0, Role::Text));
            let (filter, pairs) = match loss {
                None => {
                    rows.push(Row::of("looking what would be lost", Role::Muted));
                    (None, keys(&[("Esc", "keep it")]))
                }
                Some(loss) if loss.what.is_empty() => {
                    rows.push(Row::of("Nothing would be lost.", Role::Good));
                    (None, keys(&[("y", "remove"), ("Esc", "keep it")]))
                }
                Some(loss) => {
                    rows.push(Row::of("This would be lost:", Role::Bad));
                    for what in &loss.what {
                        rows.extend(wrapped(&one_line(what), room, 2, Role::Text));
                    }
                    rows.push(Row::of(format!("To lose it, type: {LOSE}"), Role::Muted));
                    (
                        Some(field.clone()),
                        keys(&[("Enter", "remove, once that is typed"), ("Esc", "keep it")]),
                    )
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
        keys(&[("Esc", "leave; it ends by itself")])
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

fn row(file: &FileChange, narrow: bool, room: usize) -> Row {
    let (letter, role) = match file.became {
        Became::New => ("A", Role::Good),
        Became::Changed => ("M", Role::Text),
        Became::Removed => ("D", Role::Bad),
    };
    let lines = match file.lines {
        Some((added, removed)) => format!("+{added} -{removed}"),
        None => "binary".to_owned(),
    };
    let open = if file.uncommitted { "*" } else { " " };
    let path = escaped(&file.path);
    let lead = 4 + usize::from(!narrow);
    let width = room.saturating_sub(lead + lines.len() + 2);
    let path =
        text::fit_middle(&path, width, crate::tui::widget::paint::Glyphs::Unicode).into_owned();
    Row::of(format!("{letter}{open} "), role)
        .put(path, Role::Text)
        .end(lines, Role::Muted)
}

/// The files with the difference of the marked one, over the whole area.
pub fn draw_files(app: &App, overlay: &Files, canvas: &mut Canvas, area: Rect, look: &Look) {
    blank(canvas, area, look);
    let foot = 1;
    let head = 1;
    let body = Rect {
        y: area.y + head,
        height: area.height.saturating_sub(head + foot),
        ..area
    };
    title(app, overlay, area).draw(canvas, area.left(), area.top(), area.right(), look);
    let (list, diff) = if area.width >= BESIDE {
        let list = Rect {
            width: LIST,
            ..body
        };
        let diff = Rect {
            x: body.x + LIST,
            width: body.width - LIST,
            ..body
        };
        (list, diff)
    } else {
        let files = overlay
            .listed
            .as_ref()
            .map_or(1, |listed| listed.files.len());
        let wanted = u16::try_from(files).unwrap_or(u16::MAX).saturating_add(2);
        let height = wanted.clamp(3, (body.height / 3).max(3));
        let list = Rect { height, ..body };
        let diff = Rect {
            y: body.y + height,
            height: body.height.saturating_sub(height),
            ..body
        };
        (list, diff)
    };
    draw_list(overlay, canvas, list, look);
    draw_diff(overlay, canvas, diff, look);
    let pairs = if overlay.worktree().is_some() || overlay.listed.is_none() {
        keys(&[
            ("Tab", "file"),
            ("M", "merge…"),
            ("Esc", "close"),
            ("c", "commit…"),
            ("j k", "line"),
            ("] [", "hunk"),
            ("D", "remove…"),
            ("*", "not committed"),
            ("r", "read again"),
        ])
    } else {
        keys(&[
            ("Tab", "file"),
            ("j k", "line"),
            ("] [", "hunk"),
            ("Esc", "close"),
            ("r", "read again"),
        ])
    };
    let line = rows::key_line(&pairs, usize::from(area.width.saturating_sub(2)));
    line.draw(
        canvas,
        area.left() + 1,
        area.bottom().saturating_sub(1),
        area.right(),
        look,
    );
}

fn title(app: &App, overlay: &Files, area: Rect) -> Row {
    let Some(listed) = &overlay.listed else {
        return Row::of(" files", Role::Strong);
    };
    let Some(worktree) = &listed.worktree else {
        let count = match listed.standing.files {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let not = if area.width >= BESIDE {
            "; what commands changed is not among them"
        } else {
            ""
        };
        return Row::of(" written by this session's edits", Role::Strong)
            .end(format!("{count}{not} "), Role::Text);
    };
    let into = match &worktree.from {
        Some(from) => format!("{} → {}", one_line(&listed.standing.branch), one_line(from)),
        None => one_line(&listed.standing.branch),
    };
    let mut row = Row::of(format!(" {into}  "), Role::Strong);
    if area.width >= BESIDE {
        row = row.put(format!("{}  ", app.setup.path(&worktree.path)), Role::Muted);
    }
    let open = match listed.standing.uncommitted {
        0 => String::new(),
        count => format!(", {count} not committed"),
    };
    row.end(format!("{}{open} ", listed.standing.words()), Role::Text)
}

fn draw_list(overlay: &Files, canvas: &mut Canvas, area: Rect, look: &Look) {
    let name = [Segment::new("files", look.style(Role::Strong))];
    let inner = Frame {
        weight: Weight::Light,
        glyphs: look.glyphs,
        left: &name,
        right: &[],
        style: look.style(Role::Border),
    }
    .draw(canvas, area);
    let room = usize::from(inner.width);
    let mut list: Vec<Row> = Vec::new();
    if let Some(said) = &overlay.said {
        list.push(Row::of(one_line(said), Role::Good));
    }
    if let Some(why) = &overlay.failed {
        list.extend(wrapped(why, room, 0, Role::Bad));
    }
    let above = list.len();
    match &overlay.listed {
        None if overlay.failed.is_none() => list.push(Row::of("reading the files", Role::Muted)),
        None => {}
        Some(listed) if listed.files.is_empty() => {
            list.push(Row::of("No file was changed.", Role::Muted));
        }
        Some(files) => {
            for (index, file) in files.files.iter().enumerate() {
                let marked = index == overlay.at;
                let mut whole = listed(marked, look);
                let part = row(file, true, room);
                whole.left.extend(part.left);
                whole.right.extend(part.right);
                list.push(whole);
            }
            if files.more > 0 {
                list.push(Row::of(format!("{} more", files.more), Role::Muted));
            }
        }
    }
    let skip = (above + overlay.at + 1).saturating_sub(usize::from(inner.height));
    rows::draw(&list, canvas, inner, skip, look);
}

fn draw_diff(overlay: &Files, canvas: &mut Canvas, area: Rect, look: &Look) {
    if area.height < 3 {
        return;
    }
    let path = overlay.path().map(escaped).unwrap_or_default();
    let (at, count) = overlay.hunk_of();
    let right = if count == 0 {
        String::new()
    } else {
        format!("hunk {at} of {count}")
    };
    let room = usize::from(area.width).saturating_sub(cells::of(&right) + 8);
    let path = text::fit_middle(&path, room, look.glyphs).into_owned();
    let left = [Segment::new(&path, look.style(Role::Strong))];
    let right = [Segment::new(&right, look.style(Role::Muted))];
    let inner = Frame {
        weight: Weight::Heavy,
        glyphs: look.glyphs,
        left: if path.is_empty() { &[] } else { &left },
        right: if count == 0 { &[] } else { &right },
        style: look.style(Role::Focus),
    }
    .draw(canvas, area);
    let Some((name, diff)) = &overlay.diff else {
        return;
    };
    if diff.lines.is_empty() {
        let row = Row::of("no lines to show: it is no text, or empty", Role::Muted);
        row.draw(canvas, inner.left(), inner.top(), inner.right(), look);
        return;
    }
    let from = overlay.skip.min(diff.lines.len() - 1);
    let to = (from + usize::from(inner.height)).min(diff.lines.len());
    let part = Diff {
        lines: diff.lines[from..to].to_vec(),
    };
    let form = Form::new(inner.width, look.glyphs);
    let sheet = part.rows(Language::of_path(name), form, usize::from(inner.height));
    sheet.draw(canvas, inner, 0, look);
}
