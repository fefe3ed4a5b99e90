//! Links as terminals take them (OSC 8): which addresses become one, and which terminals are known to take it.
//!
//! An address is the model's, so it is hostile: it may not end the sequence that carries it, not name a program by its
//! scheme, and not go by words that are another whole address. What is not certain becomes plain text, which it is anyway; where the
//! words of a link are no address, it stands beside them.

use std::sync::Arc;

use crate::tui::terminal::notice::{Between, Known, numbers};

/// Longer addresses are shown and do not become links: VTE takes 2083 bytes, others fewer or more.
pub const LONGEST: usize = 2_048;

/// Of a byte in percent.
const DIGITS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
];

/// Ends the link that is open.
pub const END: &str = "\x1b]8;;\x1b\\";

/// An address that a terminal may be given, of printable ASCII alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    uri: String,
    /// Of the address alone, so that a link has the same one in each of its rows and in each frame: terminals take what
    /// has one id and one address for one link. Two links with the same address light up together, which is no fault.
    id: u32,
}

impl Link {
    /// The link for an address as it was written; `None` where it is not safe to follow:
    /// another scheme than `http`, `https` and `mailto`, a name and password before the host (`good.com@evil.com`), a
    /// host in other letters than those of ASCII, anything that is no character of an address.
    pub fn new(address: &str) -> Option<Arc<Self>> {
        let (scheme, rest) = address.split_once(':')?;
        let safe = match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => is_web(rest.strip_prefix("//")?),
            "mailto" => is_mailbox(rest),
            _ => false,
        };
        let uri = safe.then(|| encoded(address)).flatten()?;
        (uri.len() <= LONGEST).then(|| {
            let id = digest(&uri);
            Arc::new(Self { uri, id })
        })
    }

    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The bytes after which what is drawn belongs to the link.
    pub fn begin(&self) -> String {
        format!("\x1b]8;id={:x};{}\x1b\\", self.id, self.uri)
    }
}

/// What follows `http://`. Browsers take `\` for `/`, so that it would end the host where nobody sees it.
fn is_web(rest: &str) -> bool {
    let (host, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let named = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    named && host.bytes().any(|byte| byte.is_ascii_alphanumeric()) && !rest.contains('\\')
}

/// What follows `mailto:`. Fields behind a `?` are not taken: some programs attach the files they name.
fn is_mailbox(rest: &str) -> bool {
    let fits = |part: &str| {
        let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte);
        !part.is_empty() && part.bytes().all(sign)
    };
    rest.split_once('@')
        .is_some_and(|(name, host)| fits(name) && fits(host))
}

/// The address in printable ASCII, other letters as their bytes in percent; `None` where it has blanks, control characters
/// or signs that no address has.
fn encoded(address: &str) -> Option<String> {
    let mut uri = String::with_capacity(address.len());
    for c in address.chars() {
        match c {
            '<' | '>' | '"' | '`' | '{' | '}' | '|' | '^' | '\\' => return None,
            '!'..='~' => uri.push(c),
            c if c.is_ascii() || c.is_control() || c.is_whitespace() => return None,
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes().map(usize::from) {
                    uri.extend(['%', DIGITS[byte >> 4], DIGITS[byte & 15]]);
                }
            }
        }
        // No further than is needed to know that it is too long.
        if uri.len() > LONGEST {
            return None;
        }
    }
    Some(uri)
}

/// FNV-1a with its published constants, of 32 bits: the same in every run and process.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Whether the terminal is known to take links, by its environment. Few show the bytes of a link instead, but those that do
/// show them around every one. `FORCE_HYPERLINK`, which other programs know too, goes before all.
pub fn are_taken(set: &impl Fn(&str) -> Option<String>, between: Between) -> bool {
    if let Some(forced) = set("FORCE_HYPERLINK") {
        return forced != "0";
    }
    let term = set("TERM").unwrap_or_default();
    if term.is_empty() || term == "dumb" || term == "linux" || term.starts_with("vt") {
        return false;
    }
    let program = set("TERM_PROGRAM");
    let version = numbers(&set("TERM_PROGRAM_VERSION").unwrap_or_default());
    match between {
        // It tells its version since 3.2, and drops links before 3.4.
        Between::Tmux => program.as_deref() == Some("tmux") && version >= [3, 4, 0],
        Between::Screen => false,
        // The oldest drop them without a trace.
        Between::Zellij => true,
        Between::Nothing => match Known::of(set) {
            Known::Kitty | Known::Ghostty | Known::WezTerm | Known::Foot => true,
            Known::ITerm(version) => version >= [3, 1, 0],
            // Windows Terminal does, the other one that speaks of itself so is not known to.
            Known::ConEmu => set("WT_SESSION").is_some(),
            // 0.50.0 crashes on one.
            Known::Vte(version) => version > 5000,
            Known::Other => match program.as_deref() {
                Some("vscode") => version >= [1, 72, 0],
                Some("mintty") => version >= [2, 9, 7],
                Some(_) => false,
                None => {
                    let konsole = set("KONSOLE_VERSION").and_then(|text| text.parse().ok());
                    term.starts_with("alacritty")
                        || term.starts_with("contour")
                        || konsole.is_some_and(|version: u32| version >= 201_200)
                }
            },
        },
    }
}

/// The program of the system that opens an address, which is given to it as its only argument; else why there is none.
/// `variable`: whether one of the environment is set. Without a desktop there may be a browser for terminals, which would take
/// this one.
pub fn opener(ssh: bool, variable: impl Fn(&str) -> bool) -> Result<&'static str, &'static str> {
    if ssh {
        Err("a browser would open on another machine")
    } else if cfg!(target_os = "macos") {
        Ok("open")
    } else if variable("WSL_DISTRO_NAME") {
        Ok("wslview")
    } else if variable("DISPLAY") || variable("WAYLAND_DISPLAY") {
        Ok("xdg-open")
    } else {
        Err("no desktop is here to open it")
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::{prop_assert, proptest};

    use super::*;

    proptest! {
        /// Whatever an address holds, the sequence that carries it ends where it shall.
        #[test]
        fn no_address_ends_its_sequence(start in "(https?://a\\.b/|mailto:|http://)?", rest in "(?s).{0,60}") {
            if let Some(link) = Link::new(&format!("{start}{rest}")) {
                let begin = link.begin();
                let inner = begin.strip_prefix("\x1b]8;").and_then(|rest| rest.strip_suffix("\x1b\\"));
                let inner = inner.unwrap_or_default();
                prop_assert!(!inner.is_empty() && inner.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{begin:?}");
            }
        }
    }

    #[test]
    fn only_safe_addresses_become_links() {
        let long = |bytes: usize| format!("http://a.b/{}", "x".repeat(bytes - 11));
        let (longest, too_long) = (long(LONGEST), long(LONGEST + 1));
        let endless = format!("http://a.b/{}", "汉".repeat(1 << 20));
        let cases = [
            ("http://a.b", Some("http://a.b")),
            ("HTTPS://A.b:80/c?d#e", Some("HTTPS://A.b:80/c?d#e")),
            ("http://[::1]:8080/x;y", Some("http://[::1]:8080/x;y")),
            ("http://a.b/c@d", Some("http://a.b/c@d")),
            ("http://a.b/汉 ".trim_end(), Some("http://a.b/%E6%B1%89")),
            ("http://a.b/%20", Some("http://a.b/%20")),
            ("mailto:ada@a.b", Some("mailto:ada@a.b")),
            (longest.as_str(), Some(longest.as_str())),
            (too_long.as_str(), None),
            (endless.as_str(), None),
            // Other schemes, or none.
            ("javascript:alert(1)", None),
            ("file:///etc/passwd", None),
            ("ssh://a.b", None),
            ("data:text/html,x", None),
            ("x-man-page:ls", None),
            ("a.b/c", None),
            ("", None),
            ("http:a.b", None),
            ("http:///a.b", None),
            ("http://", None),
            ("http://-", None),
            // Another host than one thinks.
            ("http://good.com@evil.com", None),
            ("http://good.com:x@evil.com/", None),
            ("http://good.com\\@evil.com", None),
            ("http://good.com\\.evil.com/", None),
            ("http://good.com/\\x", None),
            ("http://%65vil.com", None),
            ("http://g\u{43e}od.com/", None),
            ("mailto:a@b?attach=/etc/passwd", None),
            ("mailto:a@b@c", None),
            ("mailto:", None),
            // What would end the sequence or begin another one.
            ("http://a.b/\u{1b}\\x", None),
            ("http://a.b/\u{7}", None),
            ("http://a.b/\u{9c}", None),
            ("http://a.b/\n", None),
            ("http://a.b/\t", None),
            ("http://a.b/ c", None),
            ("http://a.b/\u{a0}", None),
            ("http://a.b/<x>", None),
            ("\u{1b}http://a.b", None),
        ];
        for (address, expected) in cases {
            let link = Link::new(address);
            assert_eq!(
                link.as_ref().map(|link| link.uri()),
                expected,
                "{address:?}"
            );
            let printable = |byte: u8| (0x21..0x7f).contains(&byte);
            assert!(link.is_none_or(|link| link.uri().bytes().all(printable)));
        }
        let link = Link::new("http://a.b/;c").map(|link| link.begin());
        assert_eq!(
            link.as_deref(),
            Some("\x1b]8;id=7f906e39;http://a.b/;c\x1b\\")
        );
    }

    #[test]
    fn only_terminals_that_are_known_get_links() {
        let cases = [
            ("", false),
            ("TERM=dumb", false),
            ("TERM=linux", false),
            ("TERM=vt220", false),
            // Over ssh nothing more is known.
            ("TERM=xterm-256color", false),
            ("TERM=xterm-256color FORCE_HYPERLINK=1", true),
            ("TERM=xterm-kitty FORCE_HYPERLINK=0", false),
            ("TERM=xterm-kitty", true),
            ("TERM=xterm-ghostty", true),
            ("TERM=alacritty", true),
            ("TERM=foot", true),
            ("TERM=contour-latest", true),
            ("TERM=xterm-256color WT_SESSION=1", true),
            ("TERM=xterm-256color ConEmuANSI=ON", false),
            ("TERM=xterm-256color VTE_VERSION=7800", true),
            ("TERM=xterm-256color VTE_VERSION=5000", false),
            ("TERM=xterm-256color VTE_VERSION=4602", false),
            ("TERM=xterm-256color KONSOLE_VERSION=220401", true),
            ("TERM=xterm-256color KONSOLE_VERSION=201101", false),
            (
                "TERM=xterm-256color TERM_PROGRAM=Apple_Terminal TERM_PROGRAM_VERSION=455",
                false,
            ),
            (
                "TERM=xterm-256color TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.5.0",
                true,
            ),
            (
                "TERM=xterm-256color TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.0.15",
                false,
            ),
            (
                "TERM=xterm-256color TERM_PROGRAM=vscode TERM_PROGRAM_VERSION=1.96.2",
                true,
            ),
            (
                "TERM=xterm-256color TERM_PROGRAM=vscode TERM_PROGRAM_VERSION=1.71.0",
                false,
            ),
            (
                "TERM=tmux-256color TMUX=/tmp/x TERM_PROGRAM=tmux TERM_PROGRAM_VERSION=3.4",
                true,
            ),
            (
                "TERM=tmux-256color TMUX=/tmp/x TERM_PROGRAM=tmux TERM_PROGRAM_VERSION=3.3a",
                false,
            ),
            ("TERM=tmux-256color TMUX=/tmp/x", false),
            // Its variables were left behind by what is outside.
            (
                "TERM=screen-256color TMUX=/tmp/x TERM_PROGRAM=ghostty TERM_PROGRAM_VERSION=9",
                false,
            ),
            ("TERM=screen-256color STY=1 VTE_VERSION=7800", false),
            ("TERM=xterm-256color ZELLIJ=0", true),
        ];
        for (environment, expected) in cases {
            let set = |name: &str| {
                let mut pairs = environment
                    .split(' ')
                    .filter_map(|pair| pair.split_once('='));
                pairs
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| value.to_owned())
            };
            let taken = are_taken(&set, Between::of(&set));
            assert_eq!(taken, expected, "{environment}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_browser_opens_only_where_the_person_is() {
        let cases: [(bool, &[&str], Option<&str>); 5] = [
            (false, &["DISPLAY"], Some("xdg-open")),
            (false, &["WAYLAND_DISPLAY"], Some("xdg-open")),
            (false, &["WSL_DISTRO_NAME", "DISPLAY"], Some("wslview")),
            (false, &[], None),
            // A forwarded display is no browser here.
            (true, &["DISPLAY"], None),
        ];
        for (ssh, set, expected) in cases {
            let opener = opener(ssh, |name| set.contains(&name));
            assert_eq!(opener.ok(), expected, "{set:?}");
        }
    }
}
