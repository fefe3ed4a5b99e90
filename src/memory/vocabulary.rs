//! What the index knows of English and Chinese beside stems: irregular forms, words that say nothing, words of time.
//! The tables of English are sorted, which a test holds, and are looked up by halves.

use crate::memory::fold;

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

/// The same in Chinese and Japanese, found within a run of signs; as they are compared.
#[rustfmt::skip]
const TIMES_UNSPACED: &[&str] = &[
    "昨天", "今天", "明天", "前天", "后天", "昨日", "今日", "明日", "昨晚", "今晚", "明晚", "早上", "上午", "中午", "下午", "晚上",
    "凌晨", "夜里", "上周", "下周", "本周", "这周", "周末", "周日", "礼拜", "星期", "上个月", "下个月", "上月", "下月", "月初", "月底",
    "年初", "年底", "去年", "今年", "明年", "前年", "小时", "分钟", "半年", "刚才", "最近", "先周", "来周", "先月", "来月",
];

/// What makes a time of the number before it.
const TIME_UNITS: &str = "年月日号周天点";

const NUMERALS: &str = "一二三四五六七八九十两";

/// Signs that say nothing by themselves: particles and pronouns of Chinese, particles of Japanese.
const EMPTY_SIGNS: &str =
    "的了是我你他她它们在有和与也都就不这那吗呢吧啊么之而着を に は が の と で も";

/// The same of more signs: what a question in Chinese or Japanese is made of and not about; as they are compared.
#[rustfmt::skip]
const EMPTY_UNSPACED: &[&str] = &[
    "什么时候", "什么时间", "为什么", "是什么", "什么", "怎么样", "怎么办", "怎么", "怎样", "如何", "哪一个", "哪一", "哪个", "哪些",
    "哪里", "哪儿", "哪家", "哪天", "哪年", "哪位", "哪", "谁", "多少", "多久", "几点", "几号", "几个", "几次", "时候", "何时", "有没有",
    "是不是", "能不能", "可不可以", "可以", "是否", "我们", "你们", "他们", "她们", "咱们", "自己", "这个", "那个", "这些", "那些",
    "这样", "那样", "这里", "那里", "一下", "一个", "一些", "还是", "还有", "或者", "因为", "所以", "但是", "如果", "然后", "已经",
    "以及", "关于", "对于", "并且", "而且", "请问", "帮我", "告诉", "应该", "可能",
    "でしょうか", "ですか", "ますか", "でした", "ました", "です", "ます", "どこ", "なぜ", "どの", "どう", "いつ",
];

/// Beginnings of questions for a time.
const WHEN: &[&str] = &["when", "how long"];

/// The same where no spaces are set; as they are compared.
#[rustfmt::skip]
const WHEN_UNSPACED: &[&str] = &[
    "什么时候", "什么时间", "几点", "几号", "几月", "何时", "多久", "哪天", "哪一天", "哪年", "いつ",
];

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

/// The same within a folded run of signs without spaces. `after_digit`: a number stands before it.
pub fn names_time_unspaced(run: &str, after_digit: bool) -> bool {
    let unit = |sign: Option<char>| sign.is_some_and(|sign| TIME_UNITS.contains(sign));
    let counted = || {
        let signs = run.chars().zip(run.chars().skip(1));
        signs
            .filter(|pair| *pair != ('一', '点'))
            .any(|(number, sign)| NUMERALS.contains(number) && unit(Some(sign)))
    };
    TIMES_UNSPACED.iter().any(|time| run.contains(time))
        || after_digit && unit(run.chars().next())
        || counted()
}

/// How many signs from here on are a word that a question is made of; 0 for none. The signs are folded.
pub fn empty_unspaced(signs: &[char]) -> usize {
    let begins = |word: &&&str| {
        let mut rest = signs.iter();
        word.chars().all(|sign| rest.next() == Some(&sign))
    };
    let found = EMPTY_UNSPACED.iter().filter(begins);
    found
        .map(|word| word.chars().count())
        .max()
        .unwrap_or_default()
}

/// Whether one of the signs says nothing by itself: a pair with it may be no word, but the end of one and what follows it.
pub fn holds_empty_sign(pair: &str) -> bool {
    pair.chars()
        .any(|sign| sign != ' ' && EMPTY_SIGNS.contains(sign))
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
    let folded = fold::folded(question);
    WHEN.iter().any(|start| word(start)) || WHEN_UNSPACED.iter().any(|part| folded.contains(part))
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
            "什麼時候重啟",
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
    fn times_of_chinese_are_known_by_number_and_unit() {
        for (run, after_digit, expected) in [
            ("三月十六号那周切读", false, true),
            ("月底到期", false, true),
            ("点半开会", true, true),
            ("快一点", false, false),
            ("点击率", false, false),
            ("数据库", true, false),
        ] {
            assert_eq!(names_time_unspaced(run, after_digit), expected, "{run}");
        }
    }

    #[test]
    fn words_of_a_question_are_the_longest_that_begin_there() {
        for (run, length) in [("什么时候重启", 4), ("什么", 2), ("数据", 0), ("", 0)] {
            let signs: Vec<char> = run.chars().collect();
            assert_eq!(empty_unspaced(&signs), length, "{run}");
        }
        for table in [EMPTY_UNSPACED, TIMES_UNSPACED, WHEN_UNSPACED] {
            for word in table {
                assert_eq!(fold::folded(word), *word);
            }
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
