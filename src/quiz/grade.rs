//! What an answer is worth, and why.

use std::collections::BTreeSet;

use super::{
    answer::{Answer, Misfit},
    kind::{Blank, Choice, Forecast, Kind, Spot, Wrong},
    question::{Question, Scoring},
    wording::{number, same},
};
use crate::i18n::Text;

/// An answer, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// The part of the points, 0 to 1; none where nothing is to be gained: a poll.
    pub part: Option<f64>,
    /// Everything that was judged by itself, as the file lists it.
    pub marks: Vec<Mark>,
}

/// One thing in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The id in the question; empty where the answer is one thing.
    pub id: String,
    /// How it was.
    pub verdict: Verdict,
    /// What the author has to say of it.
    pub because: Option<Text>,
}

/// How one thing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Chosen, or placed, and right.
    Right,
    /// Chosen, or placed, and wrong.
    Wrong,
    /// Right, and not chosen.
    Missed,
    /// Wrong, and rightly not chosen.
    Left,
}

impl Grade {
    /// Whether it is worth everything.
    pub fn is_full(&self) -> bool {
        self.part.is_some_and(|part| part >= 1.0)
    }

    fn of(part: f64, marks: Vec<Mark>) -> Self {
        Self { part: Some(part.clamp(0.0, 1.0)), marks }
    }

    fn all_or_nothing(marks: Vec<Mark>) -> Self {
        let good = |mark: &Mark| matches!(mark.verdict, Verdict::Right | Verdict::Left);
        Self::of(if marks.iter().all(good) { 1.0 } else { 0.0 }, marks)
    }

    fn share(marks: Vec<Mark>) -> Self {
        let right = marks.iter().filter(|mark| mark.verdict == Verdict::Right).count();
        Self::of(ratio(right, marks.len()), marks)
    }
}

impl Question {
    /// Judges an answer. `came_true` is the option that the kernel has shown to be so, for [`Kind::Kernel`].
    pub fn grade(&self, answer: &Answer, came_true: Option<&str>) -> Result<Grade, Misfit> {
        self.fits(answer)?;
        Ok(match (&self.kind, answer) {
            (Kind::Single { options }, Answer::Chosen(chosen)) => {
                Grade::all_or_nothing(choices(options, chosen))
            }
            (Kind::Multiple { options, scoring }, Answer::Chosen(chosen)) => {
                several(options, *scoring, chosen)
            }
            (Kind::Bool { answer, because }, Answer::Said(said)) => {
                Grade::all_or_nothing(vec![mark("", judged(answer == said), Some(because))])
            }
            (Kind::Order { items, swap, extra }, Answer::Ordered(order)) => {
                let wanted: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
                Grade::all_or_nothing(ordered(&wanted, swap, extra, order))
            }
            (Kind::Match { pairs, .. }, Answer::Put(put)) => Grade::share(
                pairs
                    .iter()
                    .map(|pair| placed(&pair.id, put.get(&pair.id), &pair.id, &pair.because))
                    .collect(),
            ),
            (Kind::Classify { items, .. }, Answer::Put(put)) => Grade::share(
                items
                    .iter()
                    .map(|item| placed(&item.id, put.get(&item.id), &item.group, &item.because))
                    .collect(),
            ),
            (Kind::Number { value, tolerance, wrong, .. }, Answer::Typed(typed)) => {
                Grade::all_or_nothing(vec![measured(*value, *tolerance, wrong, typed)])
            }
            (Kind::Text { accept, wrong }, Answer::Typed(typed)) => {
                Grade::all_or_nothing(vec![worded("", accept, wrong, None, typed)])
            }
            (Kind::Blanks { blanks, .. }, Answer::Filled(filled)) => {
                let one = |blank: &Blank| {
                    let typed = filled.get(&blank.id).map_or("", String::as_str);
                    worded(&blank.id, &blank.accept, &blank.wrong, Some(&blank.because), typed)
                };
                Grade::share(blanks.iter().map(one).collect())
            }
            (Kind::Fault { lines }, Answer::Chosen(chosen)) => {
                let one = |line: &Spot| {
                    mark(&line.id, chosen_as(chosen.contains(&line.id), line.fault), line.because.as_ref())
                };
                Grade::all_or_nothing(lines.iter().map(one).collect())
            }
            (Kind::Kernel { options, .. }, Answer::Chosen(chosen)) => observed(options, chosen, came_true),
            (Kind::Poll { .. }, _) => Grade { part: None, marks: Vec::new() },
            _ => return Err(Misfit::Kind),
        })
    }
}

fn mark(id: &str, verdict: Verdict, because: Option<&Text>) -> Mark {
    Mark { id: id.to_owned(), verdict, because: because.cloned() }
}

const fn judged(right: bool) -> Verdict {
    if right { Verdict::Right } else { Verdict::Wrong }
}

const fn chosen_as(chosen: bool, right: bool) -> Verdict {
    match (chosen, right) {
        (true, true) => Verdict::Right,
        (true, false) => Verdict::Wrong,
        (false, true) => Verdict::Missed,
        (false, false) => Verdict::Left,
    }
}

fn choices(options: &[Choice], chosen: &BTreeSet<String>) -> Vec<Mark> {
    let one = |option: &Choice| {
        mark(&option.id, chosen_as(chosen.contains(&option.id), option.right), Some(&option.because))
    };
    options.iter().map(one).collect()
}

fn several(options: &[Choice], scoring: Scoring, chosen: &BTreeSet<String>) -> Grade {
    let marks = choices(options, chosen);
    let count = |verdict| marks.iter().filter(|mark| mark.verdict == verdict).count();
    let (hits, misses) = (count(Verdict::Right), count(Verdict::Wrong));
    match scoring {
        Scoring::Exact => Grade::all_or_nothing(marks),
        Scoring::PerOption => {
            let right = options.iter().filter(|option| option.right).count();
            Grade::of(ratio(hits.saturating_sub(misses), right), marks)
        }
        Scoring::Weights => {
            let taken = options.iter().filter(|option| chosen.contains(&option.id));
            Grade::of(taken.filter_map(|option| option.weight).fold(0.0, |sum, weight| sum + weight), marks)
        }
    }
}

/// Marks each line by whether it stands where it may. One that belongs nowhere is wrong wherever it stands.
fn ordered(wanted: &[&str], swap: &[Vec<String>], extra: &[Choice], order: &[String]) -> Vec<Mark> {
    let may_be = |one: &str, other: &str| {
        one == other || swap.iter().any(|set| [one, other].iter().all(|id| set.iter().any(|free| free == id)))
    };
    let lines = wanted.iter().map(|id| {
        let verdict = match order.iter().position(|line| line == id) {
            None => Verdict::Missed,
            Some(place) => judged(wanted.get(place).is_some_and(|there| may_be(id, there))),
        };
        mark(id, verdict, None)
    });
    let extra = extra
        .iter()
        .map(|line| mark(&line.id, chosen_as(order.contains(&line.id), false), Some(&line.because)));
    lines.chain(extra).collect()
}

fn measured(value: f64, tolerance: f64, wrong: &[Wrong], typed: &str) -> Mark {
    let said = number(typed);
    let near = |said: f64| (said - value).abs() <= tolerance + f64::EPSILON * value.abs();
    let known = wrong.iter().find(|wrong| said.is_some() && number(&wrong.is) == said);
    mark("", judged(said.is_some_and(near)), known.map(|wrong| &wrong.because))
}

/// What was typed against what is right; a mistake that is known is answered as such.
fn worded(id: &str, accept: &[String], wrong: &[Wrong], because: Option<&Text>, typed: &str) -> Mark {
    let right = accept.iter().any(|accept| same(accept, typed));
    let known = wrong.iter().find(|wrong| same(&wrong.is, typed));
    mark(id, judged(right), known.map(|wrong| &wrong.because).or(because))
}

fn placed(id: &str, put: Option<&String>, wanted: &str, because: &Text) -> Mark {
    let verdict = match put {
        None => Verdict::Missed,
        Some(place) => judged(place == wanted),
    };
    mark(id, verdict, Some(because))
}

/// What was foretold against what has come true. Nothing is gained where the kernel has not been asked.
fn observed(options: &[Forecast], chosen: &BTreeSet<String>, came_true: Option<&str>) -> Grade {
    let one = |option: &Forecast| {
        let verdict = chosen_as(chosen.contains(&option.id), came_true == Some(option.id.as_str()));
        mark(&option.id, verdict, Some(&option.because))
    };
    let grade = Grade::all_or_nothing(options.iter().map(one).collect());
    if came_true.is_some() { grade } else { Grade { part: None, marks: Vec::new() } }
}

#[expect(clippy::cast_precision_loss, reason = "a handful of options")]
fn ratio(of: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { of as f64 / all as f64 }
}

#[cfg(test)]
mod tests;
