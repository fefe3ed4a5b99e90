//! The tables of the lexer: names of languages, and per language its words and strings. Flat data.

use crate::tui::widget::highlight::Language;
use crate::tui::widget::highlight::syntax::{Block, Has, Quote, Syntax};

/// Words after a fence, file endings and whole file names, in lower case and of at most 16 bytes.
pub const NAMES: &[(&str, Language)] = &[
    ("rust rs ron", Language::Rust),
    (
        "python py pyi py3 python3 pyw starlark bzl gyp sconstruct",
        Language::Python,
    ),
    (
        "javascript js jsx mjs cjs typescript ts tsx mts cts node",
        Language::JavaScript,
    ),
    ("go golang", Language::Go),
    (
        "c h cpp c++ cc cxx hpp hh hxx objc m mm cuda cu glsl ino",
        Language::C,
    ),
    (
        "java kotlin kt kts scala groovy gradle c# cs csharp dart swift",
        Language::Java,
    ),
    (
        "ruby rb rake gemspec gemfile rakefile podfile vagrantfile crystal cr",
        Language::Ruby,
    ),
    (
        "bash sh shell zsh ksh console shell-session fish .bashrc .zshrc .profile .bash_profile pkgbuild",
        Language::Shell,
    ),
    (
        "sql sqlite mysql postgres postgresql psql pgsql plsql ddl",
        Language::Sql,
    ),
    ("json jsonc json5 jsonl ndjson geojson", Language::Json),
    (
        "toml ini cfg conf properties env .env .editorconfig .gitconfig cargo.lock poetry.lock uv.lock systemd",
        Language::Toml,
    ),
    ("yaml yml", Language::Yaml),
    (
        "html htm xml svg xhtml xsl vue svelte plist astro rss",
        Language::Html,
    ),
    ("css scss less sass", Language::Css),
    ("markdown md mdx", Language::Markdown),
    ("docker dockerfile containerfile", Language::Docker),
    ("make makefile mk gnumakefile just justfile", Language::Make),
    ("diff patch udiff", Language::Diff),
];

/// A list of words from a text of words.
macro_rules! words {
    ($text:literal) => {{
        const TEXT: &str = $text;
        const LIST: [&str; count(TEXT)] = split(TEXT);
        &LIST
    }};
}

const fn count(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut count) = (0, 1);
    while at < bytes.len() {
        if bytes[at] == b' ' {
            count += 1;
        }
        at += 1;
    }
    count
}

const fn split<const N: usize>(text: &'static str) -> [&'static str; N] {
    let mut list = [""; N];
    let (mut rest, mut index, mut at) = (text, 0, 0);
    while index + 1 < N {
        if rest.as_bytes()[at] == b' ' {
            let (word, after) = rest.split_at(at);
            list[index] = word;
            rest = after.split_at(1).1;
            index += 1;
            at = 0;
        } else {
            at += 1;
        }
    }
    list[index] = rest;
    list
}

pub const RUST: Syntax = Syntax {
    comments: &["//"],
    block: Some(Block {
        open: "/*",
        close: "*/",
        nested: true,
        at_start: false,
    }),
    quotes: &[Quote::new("\"").lines()],
    keywords: words!(
        "as async await break const continue crate dyn else enum extern fn for gen if impl in let loop \
         macro_rules match mod move mut pub ref return self static struct super trait type union unsafe use \
         where while yield"
    ),
    types: words!("Self bool char f32 f64 i128 i16 i32 i64 i8 isize str u128 u16 u32 u64 u8 usize"),
    constants: words!("false true"),
    has: Has::CAPITALS
        .and(Has::MACROS)
        .and(Has::BRACKETS)
        .and(Has::RUST)
        .and(Has::PREFIXES),
};

pub const PYTHON: Syntax = Syntax {
    comments: &["#"],
    block: None,
    quotes: &[
        Quote::new("\"\"\"").lines(),
        Quote::new("'''").lines(),
        Quote::new("\""),
        Quote::new("'"),
    ],
    keywords: words!(
        "and as assert async await break case class cls continue def del elif else except finally for from \
         global if import in is lambda match nonlocal not or pass raise return self try while with yield"
    ),
    types: words!("bool bytes complex dict float frozenset int list object set str tuple type"),
    constants: words!("Ellipsis False None NotImplemented True __file__ __name__"),
    has: Has::CAPITALS.and(Has::DECORATORS).and(Has::PREFIXES),
};

pub const JAVASCRIPT: Syntax = Syntax {
    comments: &["//"],
    block: Some(Block {
        open: "/*",
        close: "*/",
        nested: false,
        at_start: false,
    }),
    quotes: &[
        Quote::new("\""),
        Quote::new("'"),
        Quote::new("`").lines().hole("${", b'{', b'}'),
    ],
    keywords: words!(
        "abstract as async await break case catch class const continue debugger declare default delete do \
         else enum export extends finally for from function get if implements import in infer instanceof \
         interface is keyof let module namespace new of override private protected public readonly return \
         satisfies set static super switch this throw try type typeof var void while with yield"
    ),
    types: words!("any bigint boolean never number object string symbol unknown"),
    constants: words!("Infinity NaN false null true undefined"),
    has: Has::CAPITALS
        .and(Has::DECORATORS)
        .and(Has::REGEX)
        .and(Has::TAGS),
};

pub const GO: Syntax = Syntax {
    comments: &["//"],
    block: Some(Block {
        open: "/*",
        close: "*/",
        nested: false,
        at_start: false,
    }),
    quotes: &[
        Quote::new("\""),
        Quote::new("'"),
        Quote::new("`").lines().raw(),
    ],
    keywords: words!(
        "break case chan const continue default defer else fallthrough for func go goto if import interface \
         map package range return select struct switch type var"
    ),
    types: words!(
        "any bool byte comparable complex128 complex64 error float32 float64 int int16 int32 int64 int8 rune \
         string uint uint16 uint32 uint64 uint8 uintptr"
    ),
    constants: words!("false iota nil true"),
    has: Has::CAPITALS.and(Has::CAPITAL_CALLS),
};

pub const C: Syntax = Syntax {
    comments: &["//"],
    block: Some(Block {
        open: "/*",
        close: "*/",
        nested: false,
        at_start: false,
    }),
    quotes: &[Quote::new("\""), Quote::new("'")],
    keywords: words!(
        "alignas alignof asm auto break case catch class co_await co_return co_yield concept const const_cast \
         consteval constexpr constinit continue decltype default delete do dynamic_cast else enum explicit \
         export extern final for friend goto if inline mutable namespace new noexcept operator override \
         private protected public register reinterpret_cast requires restrict return sizeof static \
         static_assert static_cast struct switch template this throw try typedef typeid typename union using \
         virtual volatile while"
    ),
    types: words!(
        "bool char char16_t char32_t char8_t double float int int16_t int32_t int64_t int8_t intptr_t long \
         ptrdiff_t short signed size_t ssize_t uint16_t uint32_t uint64_t uint8_t uintptr_t unsigned void \
         wchar_t"
    ),
    constants: words!("NULL false nullptr true"),
    has: Has::CAPITALS
        .and(Has::PREPROCESSOR)
        .and(Has::RAW_PARENS)
        .and(Has::PREFIXES),
};

pub const JAVA: Syntax = Syntax {
    comments: &["//"],
    block: Some(Block {
        open: "/*",
        close: "*/",
        nested: false,
        at_start: false,
    }),
    quotes: &[
        Quote::new("\"\"\"").lines(),
        Quote::new("\""),
        Quote::new("'"),
    ],
    keywords: words!(
        "abstract as assert async await break by case catch class companion continue data default do else \
         enum extends final finally for foreach fun get goto if implements import in init instanceof \
         interface internal is lateinit namespace native new object open operator out override package \
         permits private protected public record ref return sealed set static strictfp struct super suspend \
         switch synchronized this throw throws transient try using val var virtual volatile when where while \
         yield"
    ),
    types: words!(
        "bool boolean byte char decimal double dynamic float int long short string uint ulong ushort void"
    ),
    constants: words!("false null true"),
    has: Has::CAPITALS.and(Has::DECORATORS),
};

pub const RUBY: Syntax = Syntax {
    comments: &["#"],
    block: Some(Block {
        open: "=begin",
        close: "=end",
        nested: false,
        at_start: true,
    }),
    quotes: &[
        Quote::new("\"").lines().hole("#{", b'{', b'}'),
        Quote::new("'").lines(),
        Quote::new("`").lines().hole("#{", b'{', b'}'),
    ],
    keywords: words!(
        "BEGIN END alias and attr_accessor attr_reader attr_writer begin break case class def defined? do \
         else elsif end ensure extend for if in include lambda module next not or private proc protected \
         public raise redo require require_relative rescue retry return self super then undef unless until \
         when while yield"
    ),
    types: &[],
    constants: words!("__FILE__ __LINE__ __method__ false nil true"),
    has: Has::CAPITALS
        .and(Has::REGEX)
        .and(Has::HEREDOC)
        .and(Has::RUBY),
};

pub const SHELL: Syntax = Syntax {
    comments: &["#"],
    block: None,
    quotes: &[
        Quote::new("\"").lines().hole("$(", b'(', b')'),
        Quote::new("'").lines().raw(),
    ],
    keywords: words!(
        "case coproc declare do done elif else esac eval exec exit export fi for function if in local \
         readonly return select set shift source sudo then time trap unset until while"
    ),
    types: &[],
    constants: words!("false true"),
    has: Has::COMMANDS.and(Has::HEREDOC),
};

pub const SQL: Syntax = Syntax {
    comments: &["--"],
    block: Some(Block {
        open: "/*",
        close: "*/",
        nested: false,
        at_start: false,
    }),
    quotes: &[
        Quote::new("'").lines().raw(),
        Quote::new("\"").raw(),
        Quote::new("`").raw(),
    ],
    keywords: words!(
        "add all alter analyze and as asc begin between by cascade case check collate column commit conflict \
         constraint create cross current database default deferrable delete desc describe distinct do drop \
         each else end except exists explain fetch filter first following for foreign from full function \
         generated grant group having if ignore in index inner insert intersect into is join key last lateral \
         left like limit materialized natural not nothing notnull nulls of offset on only or order outer over \
         partition pragma preceding primary procedure recursive references rename replace returning returns \
         revoke right rollback row rows savepoint schema select sequence set show some strict table temp \
         temporary then to transaction trigger truncate unbounded union unique update using vacuum values \
         view virtual when where window with without"
    ),
    types: words!(
        "bigint bigserial blob bool boolean bytea char date datetime decimal double float int integer \
         interval json jsonb numeric real serial smallint text time timestamp timestamptz uuid varchar"
    ),
    constants: words!("current_date current_time current_timestamp false null true"),
    has: Has::ANY_CASE,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_names_are_short() {
        for syntax in [
            &RUST,
            &PYTHON,
            &JAVASCRIPT,
            &GO,
            &C,
            &JAVA,
            &RUBY,
            &SHELL,
            &SQL,
        ] {
            for list in [syntax.keywords, syntax.types, syntax.constants] {
                assert!(list.is_sorted(), "{list:?}");
            }
        }
        for (names, _) in NAMES {
            for name in names.split(' ') {
                assert!(name.len() <= 16 && name.to_lowercase() == name, "{name}");
            }
        }
    }
}
