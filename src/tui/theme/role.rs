//! What a style is for. Widgets name roles, never colours.

/// Declares the roles with the names themes use for them.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            pub const ALL: &[Self] = &[$(Self::$role,)*];

            /// The name in a theme file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }
        }
    };
}

roles! {
    /// Running text, and the ground everything is drawn on: fill the screen with it first.
    Text = "text",
    /// Text of less weight: ages, paths, what is folded.
    Muted = "muted",
    /// What the eye should find: the product's own colour.
    Accent = "accent",
    /// Something to know, neither good nor bad.
    Notice = "notice",
    Border = "border",
    BorderFocus = "border.focus",
    /// The name in a border, or of a screen.
    Title = "title",
    /// The ground of what lies over the panes: palettes, help, cards.
    Overlay = "overlay",
    Selection = "selection",
    /// Found text, and the place of it that is current.
    Match = "match",
    MatchCurrent = "match.current",
    /// The line at the foot.
    Status = "status",
    /// A key in the key line, and what it does.
    Key = "key",
    KeyLabel = "key.label",
    Tab = "tab",
    TabFocus = "tab.focus",
    /// The mark before the composer, and what stands in an empty one.
    Prompt = "prompt",
    Placeholder = "placeholder",
    /// Who speaks: the person, the agent, the agent to itself, a tool.
    User = "user",
    Agent = "agent",
    Thought = "thought",
    Tool = "tool",
    Ok = "ok",
    Warn = "warn",
    Danger = "danger",
    DiffAdd = "diff.add",
    DiffRemove = "diff.remove",
    /// The words in a changed line that changed.
    DiffAddWord = "diff.add.word",
    DiffRemoveWord = "diff.remove.word",
    /// Line numbers, and where a hunk begins.
    DiffHunk = "diff.hunk",
    CodePlain = "code.plain",
    CodeKeyword = "code.keyword",
    CodeString = "code.string",
    CodeNumber = "code.number",
    CodeComment = "code.comment",
    CodeFunction = "code.function",
    CodeType = "code.type",
    CodeConstant = "code.constant",
    CodeOperator = "code.operator",
    /// Code within a sentence.
    CodeInline = "code.inline",
    Heading = "heading",
    Emphasis = "emphasis",
    Strong = "strong",
    Link = "link",
    Quote = "quote",
    TableBorder = "table.border",
    /// The part of a bar that is used, as it fills, and the part that is not.
    MeterLow = "meter.low",
    MeterMedium = "meter.medium",
    MeterHigh = "meter.high",
    MeterRest = "meter.rest",
    /// Money, by how well it is known.
    CostCharged = "cost.charged",
    CostEstimated = "cost.estimated",
    CostUnknown = "cost.unknown",
    CostIncluded = "cost.included",
    /// What a session does.
    BadgeWorking = "badge.working",
    BadgeWaiting = "badge.waiting",
    BadgeDone = "badge.done",
    BadgeFailed = "badge.failed",
    BadgePaused = "badge.paused",
    RiskLow = "risk.low",
    RiskMedium = "risk.medium",
    RiskHigh = "risk.high",
}

impl Role {
    /// The role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }
}
