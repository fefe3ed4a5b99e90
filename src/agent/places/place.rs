//! What one word of a line names.

use std::path::PathBuf;

use crate::agent::places::known::climbs;
use crate::agent::places::marks::{CLOSE, UNKNOWN, WILD, braces};
use crate::agent::places::{LONGEST, PIECES_MOST, Place, Reader, Scope};

impl Reader<'_> {
    pub(super) fn word(&mut self, word: &str, walks: bool, scope: &Scope) {
        let mut words = Vec::new();
        if word.len() > LONGEST && word.contains(CLOSE) || !braces(word, &mut words) {
            return self.outside(word);
        }
        for word in words {
            if !self.counts() {
                return;
            }
            self.place(&word, walks, scope);
            if word.len() > LONGEST {
                continue;
            }
            // Words of a text are no places.
            if word.contains([' ', '\t', '\n']) {
                continue;
            }
            for (index, piece) in word.split(['=', ':', ',', '@']).enumerate() {
                if index == PIECES_MOST {
                    return self.outside(&word);
                }
                if piece != word {
                    self.place(piece, walks, scope);
                }
            }
            if word.starts_with('-') {
                // `-I/usr/include`, `-f../x`
                let behind = word
                    .char_indices()
                    .nth(2)
                    .and_then(|(at, _)| word.get(at..));
                let path = word.find('/').and_then(|at| word.get(at..));
                for piece in [behind, path].into_iter().flatten() {
                    self.place(piece, walks, scope);
                }
            }
        }
    }

    /// What begins with a home.
    pub(super) fn at_home(&self, text: &str) -> Option<PathBuf> {
        let rest = text.strip_prefix('~')?;
        let home = self.home?;
        match rest.split_once('/') {
            None if rest.is_empty() => Some(home.to_owned()),
            Some(("", rest)) => Some(home.join(rest.trim_start_matches('/'))),
            None => Some(home.parent()?.join(rest)),
            Some((name, rest)) => Some(home.parent()?.join(name).join(rest)),
        }
    }

    pub(super) fn place(&mut self, text: &str, walks: bool, scope: &Scope) {
        let (text, walks) = match text.find([WILD, UNKNOWN]) {
            Some(at) => {
                let (head, rest) = text.split_at_checked(at).unwrap_or((text, ""));
                if climbs(rest) {
                    return self.outside(text);
                }
                // What it stands for lies in that folder.
                match head.rsplit_once('/') {
                    Some(("", _)) => ("/", true),
                    Some((folder, _)) => (folder, true),
                    None if rest.starts_with(WILD) => (".", true),
                    None => return,
                }
            }
            None => (text, walks),
        };
        if text.is_empty() || ["/dev/stdin", "/dev/stdout", "/dev/stderr"].contains(&text) {
            return;
        }
        let through = |name: &str| text.split('/').any(|part| part == name);
        let leads_on =
            text.starts_with("/proc/") && ["cwd", "root", "fd", "task"].into_iter().any(through);
        if leads_on
            || text.starts_with("/dev/fd/")
            || scope.lost && climbs(text) && !text.starts_with('/')
        {
            return self.outside(text);
        }
        let path = self.at_home(text).unwrap_or_else(|| text.into());
        for base in &scope.bases {
            let absolute = path.is_absolute();
            let place = Place {
                path: base.path.join(&path),
                walks,
                instead: base.instead && !absolute,
                unless: base.unless.clone().filter(|_| !absolute),
            };
            if self.seen.insert(place.clone()) {
                self.named.places.push(place);
            }
            if absolute {
                break;
            }
        }
    }
}
