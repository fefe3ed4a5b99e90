//! `ui.clipboard`: by which way a text gets into the clipboard.

/// As the file names it; `auto` chooses by the surroundings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clipboard {
    #[default]
    Auto,
    /// A sequence the terminal understands, over ssh too.
    Osc52,
    /// `tmux load-buffer -w`.
    Tmux,
    WlCopy,
    Xclip,
    Xsel,
    Pbcopy,
}

impl Clipboard {
    pub const ALL: [Self; 7] = [
        Self::Auto,
        Self::Osc52,
        Self::Tmux,
        Self::WlCopy,
        Self::Xclip,
        Self::Xsel,
        Self::Pbcopy,
    ];

    /// As the file says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Osc52 => "osc52",
            Self::Tmux => "tmux",
            Self::WlCopy => "wl-copy",
            Self::Xclip => "xclip",
            Self::Xsel => "xsel",
            Self::Pbcopy => "pbcopy",
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|way| way.name() == text)
            .ok_or_else(|| {
                let text: String = text.chars().take(40).collect();
                format!("is `{text}`: expected one of {names}")
            })
    }
}
