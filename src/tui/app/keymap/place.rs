//! The places where keys work, and which of them lies under which.

/// Where a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Anywhere,
    /// Typing: INSERT.
    Composer,
    /// Moving in the transcript: NORMAL.
    Transcript,
    Board,
    /// A line that is typed on the board: what is sought, a reply, a title.
    BoardLine,
    /// Whether a session of the board shall be deleted.
    BoardDelete,
    /// What is offered while one types: commands, files, sessions.
    Offers,
    /// What is sought in the transcript, while it is typed.
    Search,
    /// An ask that has the focus.
    Ask,
    /// A card that has the focus: what failed, was cut off, or lies beside another session.
    Card,
    /// All lists, and a field that is typed in over the screen.
    List,
    /// A question with two answers.
    Question,
    /// A page that is only read.
    Page,
    Help,
    Models,
    Prompts,
    /// Words that the memory is searched by, and what it found.
    Memory,
    Hits,
    /// Sessions of other programs.
    Imports,
    Stash,
    Rules,
    Turns,
    Themes,
    Palette,
    Settings,
    Files,
    /// The merge of a worktree, shown before it is done.
    Merge,
    /// Every ask, the marked one in full.
    Inbox,
    FirstPage,
}

impl Place {
    pub const ALL: [Self; 29] = [
        Self::Anywhere,
        Self::Composer,
        Self::Transcript,
        Self::Board,
        Self::BoardLine,
        Self::BoardDelete,
        Self::Offers,
        Self::Search,
        Self::Ask,
        Self::Card,
        Self::List,
        Self::Question,
        Self::Page,
        Self::Help,
        Self::Models,
        Self::Prompts,
        Self::Memory,
        Self::Hits,
        Self::Imports,
        Self::Stash,
        Self::Rules,
        Self::Turns,
        Self::Themes,
        Self::Palette,
        Self::Settings,
        Self::Files,
        Self::Merge,
        Self::Inbox,
        Self::FirstPage,
    ];

    /// As `[keymap.NAME]` in the config says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "everywhere",
            Self::Composer => "composer",
            Self::Transcript => "transcript",
            Self::Board => "board",
            Self::BoardLine => "board-line",
            Self::BoardDelete => "board-delete",
            Self::Offers => "offers",
            Self::Search => "search",
            Self::Ask => "ask",
            Self::Card => "card",
            Self::List => "list",
            Self::Question => "question",
            Self::Page => "page",
            Self::Help => "help",
            Self::Models => "models",
            Self::Prompts => "prompts",
            Self::Memory => "memory",
            Self::Hits => "hits",
            Self::Imports => "imports",
            Self::Stash => "stash",
            Self::Rules => "rules",
            Self::Turns => "turns",
            Self::Themes => "themes",
            Self::Palette => "palette",
            Self::Settings => "settings",
            Self::Files => "files",
            Self::Merge => "merge",
            Self::Inbox => "inbox",
            Self::FirstPage => "first-page",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.name() == name)
    }

    /// Where a key is looked up that this place has nothing for.
    pub fn under(self) -> Option<Self> {
        match self {
            Self::Composer | Self::Transcript | Self::Board | Self::Card => Some(Self::Anywhere),
            Self::Help
            | Self::Models
            | Self::Prompts
            | Self::Memory
            | Self::Stash
            | Self::Rules
            | Self::Turns
            | Self::Themes
            | Self::Palette
            | Self::Settings => Some(Self::List),
            // An ask lets through what leads elsewhere and nothing else; what lies over the screen has the keys alone.
            Self::Anywhere
            | Self::BoardLine
            | Self::BoardDelete
            | Self::Offers
            | Self::Search
            | Self::Ask
            | Self::List
            | Self::Question
            | Self::Page
            | Self::Files
            | Self::Hits
            | Self::Imports
            | Self::Merge
            | Self::Inbox
            | Self::FirstPage => None,
        }
    }

    /// It is asked, listed or read over the rest: Esc is its way back whatever the config says.
    pub fn is_over(self) -> bool {
        !matches!(
            self,
            Self::Anywhere | Self::Composer | Self::Transcript | Self::Board
        )
    }

    /// What is typed there finds: a letter is text.
    pub fn is_typed_in(self) -> bool {
        matches!(
            self,
            Self::Anywhere
                | Self::Composer
                | Self::List
                | Self::BoardLine
                | Self::Offers
                | Self::Search
        ) || self.under() == Some(Self::List)
    }

    /// A digit chooses the row with that number.
    pub fn numbers(self) -> bool {
        matches!(
            self,
            Self::Ask | Self::Card | Self::Question | Self::Inbox | Self::FirstPage
        )
    }

    /// Whether an action of another place can be given keys in this one.
    pub fn takes(self, home: Self) -> bool {
        // What works everywhere does nothing in most of what lies over the screen.
        home == self || self.under() == Some(home) && self != Self::Card
    }
}
