//! How well an item answers a question: its own words, who said it, what was said around it, and the best of its session.
//!
//! The figures below were found together on conversations between people (questions about them and the turns that hold the
//! answers) and hold for all kinds of text; a single setting serves all. Tried and left out: bonuses for words in order, shares
//! of letters instead of words, words of the best hits taken into the question.

/// How fast more of the same word counts for less.
const SATURATION: f32 = 1.1;

/// How much a long item is held back.
const LENGTH: f32 = 0.2;

/// A name among those who said something, against a word of the text.
pub const WHO: f32 = 5.0;

/// A name within the text where it could have been who said it: somebody is spoken to or spoken of.
const NAMED: f32 = 0.2;

/// What was said around an item, against the item itself.
const AROUND: f32 = 0.55;

/// The same in itself: what came before weighs more than what came after, since answers stand behind questions.
const BEFORE: [f32; 2] = [1.2, 0.7];
const AFTER: [f32; 2] = [0.8, 0.5];

const AROUND_SATURATION: f32 = 1.2;
const AROUND_LENGTH: f32 = 0.7;

/// All words of the question in one place, against each by itself.
const COVERAGE: f32 = 0.4;

/// An expression of time where the question asks when.
pub const TIME: f32 = 2.0;

/// The best item of the session.
const SESSION: f32 = 0.4;

/// Items before and after that are looked at.
pub const REACH: usize = 2;

/// A word of the question and how rare it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// Among all texts.
    pub text: f32,
    /// Among those who said something; 0 where nobody is called so.
    pub who: f32,
    /// Of parts of a name that is asked for whole: they count, but less.
    pub share: f32,
}

/// How much a word tells that `found` of `all` items hold: Robertson's inverse document frequency, never below 0.
pub fn rarity(found: u64, all: u64) -> f32 {
    let (found, all) = (found as f32, all.max(found) as f32);
    ((all - found + 0.5) / (found + 0.5)).ln_1p()
}

/// What is known of the items before and after one; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near<T> {
    pub before: [T; REACH],
    pub after: [T; REACH],
}

impl<T: Default + Copy> Default for Near<T> {
    fn default() -> Self {
        Self {
            before: [T::default(); REACH],
            after: [T::default(); REACH],
        }
    }
}

/// What the index says of one item. All are parallel to the weights of the question.
#[derive(Debug, Clone, Copy)]
pub struct Features<'a> {
    /// How often each word stands in it.
    pub counts: &'a [u16],
    /// Whether each is a name of who said it.
    pub who: &'a [bool],
    /// Words in it.
    pub length: u32,
    pub near: Near<&'a [u16]>,
    pub near_lengths: Near<u32>,
}

/// The score of an item, before that of its session is known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// By its own words and who said it.
    pub own: f32,
    /// With what was said around it.
    pub whole: f32,
    /// The words of the question that stand in it or are who said it, each by how much it tells: a share of all.
    pub share: f32,
    /// How many those are.
    pub words: u32,
}

impl Score {
    /// With the best own score of its session.
    pub fn in_session(self, best: f32) -> f32 {
        self.whole + SESSION * best
    }
}

/// `average` is the usual number of words of an item.
pub fn score(weights: &[Weight], average: f32, item: &Features<'_>) -> Score {
    let average = average.max(1.0);
    let mut score = Score::default();
    let (mut around, mut covered, mut all) = (0.0, 0.0, 0.0);
    let held = SATURATION * (1.0 - LENGTH + LENGTH * item.length as f32 / average);
    let near_length: u32 = item
        .near_lengths
        .before
        .iter()
        .chain(&item.near_lengths.after)
        .sum();
    let usual_near = average * (2 * REACH) as f32;
    let near_held =
        AROUND_SATURATION * (1.0 - AROUND_LENGTH + AROUND_LENGTH * near_length as f32 / usual_near);
    for (nth, weight) in weights.iter().enumerate() {
        let at = |counts: &[u16]| f32::from(counts.get(nth).copied().unwrap_or_default());
        let text = weight.share * weight.text * if weight.who > 0.0 { NAMED } else { 1.0 };
        let count = at(item.counts);
        score.own += text * count * (SATURATION + 1.0) / (count + held);
        if item.who.get(nth).copied().unwrap_or_default() {
            score.own += WHO * weight.who;
        }
        let near: f32 = (0..REACH)
            .map(|step| {
                let side = |sides: &[&[u16]; REACH], by: [f32; REACH]| {
                    by.get(step).copied().unwrap_or_default()
                        * sides.get(step).map_or(0.0, |counts| at(counts))
                };
                side(&item.near.before, BEFORE) + side(&item.near.after, AFTER)
            })
            .sum();
        around += text * near * (AROUND_SATURATION + 1.0) / (near + near_held);
        all += weight.share * weight.text;
        let said = item.who.get(nth).copied().unwrap_or_default();
        if count > 0.0 || said {
            score.share += weight.share * weight.text;
            score.words += 1;
        }
        let beside = |sides: &[&[u16]; REACH]| sides.first().is_some_and(|counts| at(counts) > 0.0);
        if count > 0.0 || beside(&item.near.before) || beside(&item.near.after) {
            covered += weight.share * weight.text;
        }
    }
    let share = if all > 0.0 { covered / all } else { 0.0 };
    score.share = if all > 0.0 { score.share / all } else { 0.0 };
    score.whole = (score.own + AROUND * around) * (1.0 + COVERAGE * share);
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: Weight = Weight {
        text: 3.0,
        who: 0.0,
        share: 1.0,
    };
    const NAME: Weight = Weight {
        text: 3.0,
        who: 2.0,
        share: 1.0,
    };

    fn of(weights: &[Weight], counts: &[u16], who: &[bool], length: u32, before: &[u16]) -> f32 {
        let mut near: Near<&[u16]> = Near {
            before: [&[]; REACH],
            after: [&[]; REACH],
        };
        near.before[0] = before;
        let features = Features {
            counts,
            who,
            length,
            near,
            near_lengths: Near::default(),
        };
        score(weights, 10.0, &features).whole
    }

    #[test]
    fn what_answers_better_stands_higher() {
        let two = [WORD, WORD];
        let no = [false, false];
        let pairs: &[(&str, f32, f32)] = &[
            (
                "two words above one",
                of(&two, &[1, 1], &no, 10, &[]),
                of(&two, &[1, 0], &no, 10, &[]),
            ),
            (
                "two words above one twice",
                of(&two, &[1, 1], &no, 10, &[]),
                of(&two, &[2, 0], &no, 10, &[]),
            ),
            (
                "short above long",
                of(&two, &[1, 0], &no, 5, &[]),
                of(&two, &[1, 0], &no, 50, &[]),
            ),
            (
                "the answer to a question that holds the words",
                of(&two, &[1, 0], &no, 10, &[0, 1]),
                of(&two, &[1, 0], &no, 10, &[]),
            ),
            (
                "who said it above who is spoken of",
                of(&[NAME], &[0], &[true], 10, &[]),
                of(&[NAME], &[1], &[false], 10, &[]),
            ),
            (
                "a neighbour alone above nothing",
                of(&two, &[0, 0], &no, 10, &[1, 0]),
                of(&two, &[0, 0], &no, 10, &[]),
            ),
            (
                "the word above its neighbour's",
                of(&two, &[1, 0], &no, 10, &[]),
                of(&two, &[0, 0], &no, 10, &[1, 0]),
            ),
        ];
        for (what, better, worse) in pairs {
            assert!(better > worse, "{what}: {better} and {worse}");
        }
    }

    #[test]
    fn rare_words_tell_more_and_none_tells_less_than_nothing() {
        assert!(rarity(1, 1000) > rarity(100, 1000));
        assert!(rarity(1000, 1000) >= 0.0);
        assert!(rarity(5, 0) >= 0.0);
    }

    #[test]
    fn a_session_lifts_its_items() {
        let score = Score {
            own: 1.0,
            whole: 2.0,
            ..Score::default()
        };
        assert!(score.in_session(3.0) > score.in_session(1.0));
    }
}
