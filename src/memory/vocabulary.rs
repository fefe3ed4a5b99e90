//! What the index knows of English and Chinese beside stems: irregular forms, words that say nothing, words of time.
//! Each table is sorted, which a test holds, and is looked up by halves.

/// Irregular forms, each with the form it is compared as.
#[rustfmt::skip]
const IRREGULAR: &[(&str, &str)] = &[
    ("ate", "eat"), ("became", "become"), ("began", "begin"), ("begun", "begin"), ("bent", "bend"),
    ("best", "good"), ("better", "good"), ("bit", "bite"), ("bitten", "bite"), ("blew", "blow"),
    ("blown", "blow"), ("bought", "buy"), ("bound", "bind"), ("broke", "break"), ("broken", "break"),
    ("brought", "bring"), ("built", "build"), ("came", "come"), ("caught", "catch"), ("children", "child"),
    ("chose", "choose"), ("chosen", "choose"), ("dealt", "deal"), ("did", "do"), ("does", "do"),
    ("done", "do"), ("drank", "drink"), ("drawn", "draw"), ("drew", "draw"), ("driven", "drive"),
    ("drove", "drive"), ("drunk", "drink"), ("dug", "dig"), ("eaten", "eat"), ("fallen", "fall"),
    ("feet", "foot"), ("fell", "fall"), ("felt", "feel"), ("flew", "fly"), ("flown", "fly"),
    ("forgot", "forget"), ("forgotten", "forget"), ("fought", "fight"), ("found", "find"),
    ("froze", "freeze"), ("frozen", "freeze"), ("gave", "give"), ("given", "give"), ("goes", "go"),
    ("gone", "go"), ("got", "get"), ("gotten", "get"), ("grew", "grow"), ("grown", "grow"), ("had", "have"),
    ("halves", "half"), ("has", "have"), ("heard", "hear"), ("held", "hold"), ("hid", "hide"),
    ("hidden", "hide"), ("hung", "hang"), ("indexes", "index"), ("indices", "index"), ("kept", "keep"),
    ("knew", "know"), ("knives", "knife"), ("known", "know"), ("laid", "lay"), ("leaves", "leave"),
    ("led", "lead"), ("left", "leave"), ("lent", "lend"), ("lit", "light"), ("lives", "life"),
    ("lost", "lose"), ("made", "make"), ("matrices", "matrix"), ("meant", "mean"), ("men", "man"),
    ("met", "meet"), ("mice", "mouse"), ("overwritten", "overwrite"), ("overwrote", "overwrite"),
    ("paid", "pay"), ("people", "person"), ("ran", "run"), ("rebuilt", "rebuild"), ("redid", "redo"),
    ("redone", "redo"), ("resent", "resend"), ("rewritten", "rewrite"), ("rewrote", "rewrite"),
    ("ridden", "ride"), ("risen", "rise"), ("rode", "ride"), ("rose", "rise"), ("said", "say"),
    ("sang", "sing"), ("sank", "sink"), ("sat", "sit"), ("saw", "see"), ("says", "say"),
    ("schemata", "schema"), ("seen", "see"), ("sent", "send"), ("shaken", "shake"), ("shelves", "shelf"),
    ("shook", "shake"), ("shot", "shoot"), ("shown", "show"), ("shrank", "shrink"), ("shrunk", "shrink"),
    ("slept", "sleep"), ("sold", "sell"), ("sought", "seek"), ("spent", "spend"), ("spoke", "speak"),
    ("spoken", "speak"), ("spun", "spin"), ("stole", "steal"), ("stolen", "steal"), ("stood", "stand"),
    ("stricken", "strike"), ("struck", "strike"), ("stuck", "stick"), ("sung", "sing"), ("sunk", "sink"),
    ("swam", "swim"), ("swept", "sweep"), ("swore", "swear"), ("sworn", "swear"), ("swum", "swim"),
    ("taken", "take"), ("taught", "teach"), ("teeth", "tooth"), ("thought", "think"), ("threw", "throw"),
    ("thrown", "throw"), ("told", "tell"), ("took", "take"), ("tore", "tear"), ("torn", "tear"),
    ("understood", "understand"), ("undid", "undo"), ("undone", "undo"), ("vertices", "vertex"),
    ("went", "go"), ("withdrawn", "withdraw"), ("withdrew", "withdraw"), ("wives", "wife"), ("woke", "wake"),
    ("woken", "wake"), ("women", "woman"), ("won", "win"), ("wore", "wear"), ("worn", "wear"),
    ("worse", "bad"), ("worst", "bad"), ("wove", "weave"), ("woven", "weave"), ("written", "write"),
    ("wrote", "write"),
];

/// Words that a question is made of and not about. They are indexed, for phrases, and dropped from what is asked, unless
/// nothing else is asked.
#[rustfmt::skip]
const EMPTY: &[&str] = &[
    "a", "about", "all", "am", "an", "and", "any", "are", "aren't", "as", "at", "be", "been", "being", "but",
    "by", "can", "can't", "could", "couldn't", "did", "didn't", "do", "does", "doesn't", "doing", "don't",
    "for", "from", "had", "hadn't", "has", "hasn't", "have", "haven't", "having", "he", "he'd", "he'll",
    "her", "herself", "him", "himself", "his", "how", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "into",
    "is", "isn't", "it", "it'll", "its", "itself", "just", "let", "may", "me", "might", "must", "my",
    "myself", "no", "nor", "not", "of", "on", "or", "our", "ours", "shall", "she", "she'd", "she'll",
    "should", "shouldn't", "so", "some", "such", "than", "that", "that'll", "the", "their", "theirs", "them",
    "themselves", "then", "there", "there'd", "these", "they", "they'd", "they'll", "they're", "they've",
    "this", "to", "too", "very", "was", "wasn't", "we", "we'd", "we'll", "we're", "we've", "were", "weren't",
    "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "won't", "would",
    "wouldn't", "you", "you'd", "you'll", "you're", "you've", "your", "yours", "yourself",
];

/// Words that place something in time.
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "afternoon", "ago", "apr", "april", "aug", "august", "autumn", "century", "day", "days", "dec", "decade",
    "december", "evening", "feb", "february", "friday", "hour", "hours", "jan", "january", "jul", "july",
    "jun", "june", "last", "mar", "march", "midnight", "minute", "minutes", "monday", "mondays", "month",
    "months", "morning", "next", "night", "noon", "nov", "november", "oct", "october", "recently",
    "saturday", "sep", "sept", "september", "since", "spring", "summer", "sunday", "thursday", "today",
    "tomorrow", "tonight", "tuesday", "wednesday", "week", "weekend", "weekends", "weeks", "winter", "year",
    "years", "yesterday",
];

/// The same in Chinese and Japanese, found within a run of signs.
const TIMES_UNSPACED: &[&str] = &[
    "昨天",
    "今天",
    "明天",
    "前天",
    "后天",
    "昨日",
    "今日",
    "明日",
    "上周",
    "下周",
    "上个月",
    "下个月",
    "去年",
    "今年",
    "明年",
    "星期",
    "周末",
    "早上",
    "晚上",
    "小时",
    "分钟",
    "先週",
    "来週",
    "先月",
    "来月",
];

/// Signs that say nothing by themselves: particles and pronouns of Chinese, particles of Japanese.
const EMPTY_SIGNS: &str =
    "的了是我你他她它们在有和与也都就不这那吗呢吧啊么之而着を に は が の と で も";

/// Beginnings of questions for a time.
const WHEN: &[&str] = &["when", "how long"];

/// The same where no spaces are set.
const WHEN_UNSPACED: &[&str] = &["什么时候", "几点", "何时", "多久", "哪天", "哪年", "いつ"];

/// The plain form of an irregular one; of folded words.
pub fn regular(folded: &str) -> Option<&'static str> {
    let at = IRREGULAR
        .binary_search_by(|(form, _)| (*form).cmp(folded))
        .ok()?;
    IRREGULAR.get(at).map(|(_, plain)| *plain)
}

/// Whether a folded word says nothing by itself. One sign and pairs of them are told by [`EMPTY_SIGNS`].
pub fn is_empty(folded: &str) -> bool {
    let plain = folded.replace('’', "'");
    EMPTY.binary_search(&plain.as_str()).is_ok()
        || folded
            .chars()
            .all(|sign| sign != ' ' && EMPTY_SIGNS.contains(sign))
}

/// Whether a folded word places something in time: a name of a day or month, or a year of our time.
pub fn names_time(folded: &str) -> bool {
    TIMES.binary_search(&folded).is_ok()
        || (folded.len() == 4
            && (folded.starts_with("19") || folded.starts_with("20"))
            && folded.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The same within a run of signs without spaces.
pub fn names_time_unspaced(run: &str) -> bool {
    TIMES_UNSPACED.iter().any(|time| run.contains(time))
}

/// Whether a question asks for a time.
pub fn asks_when(question: &str) -> bool {
    let begin: String = question
        .trim_start()
        .chars()
        .take(12)
        .collect::<String>()
        .to_lowercase();
    let word = |start: &str| {
        begin
            .strip_prefix(start)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    WHEN.iter().any(|start| word(start)) || WHEN_UNSPACED.iter().any(|part| question.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_without_doubles() {
        assert!(IRREGULAR.is_sorted_by(|a, b| a.0 < b.0));
        assert!(EMPTY.is_sorted_by(|a, b| a < b));
        assert!(TIMES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn questions_for_a_time_are_known() {
        for question in [
            "When did it break?",
            "how long has it run",
            "服务器什么时候重启的",
        ] {
            assert!(asks_when(question), "{question}");
        }
        for question in [
            "Whenever it breaks",
            "what did it say when it broke",
            "how longer lines wrap",
        ] {
            assert!(!asks_when(question), "{question}");
        }
    }

    #[test]
    fn words_that_say_nothing_are_known() {
        for word in ["the", "don't", "don’t", "的", "了吗"] {
            assert!(is_empty(word), "{word}");
        }
        for word in ["retry", "数据", "的士", ""] {
            assert_eq!(is_empty(word), word.is_empty(), "{word}");
        }
    }
}
