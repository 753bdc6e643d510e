//! Recorded runs: what a stage answered on another machine, step by step, as lines of JSON. The format is described, and
//! promised, in `docs/recording.md`. Pure: text in, text out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    fact::FactId,
    observation::{Observation, Value},
    run::Acted,
    step::{Lab, Step},
    trace::{Failure, Trace},
};

pub mod embedded;
mod player;
mod read;
mod scrub;
#[cfg(test)]
mod tests;

pub use player::Answer;
pub use read::{Bad, Fault, MOST_BYTES};
use scrub::Scrub;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// The first line: what was recorded, and on what kind of machine. Nothing in it says whose machine it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub recording: u32,
    /// The lab.
    pub lab: String,
    /// [`edition`] of the lab.
    pub edition: String,
    /// Release of the kernel.
    pub kernel: String,
    /// `v1`, `v2`, `hybrid` or `none`.
    pub cgroup: String,
    /// Whether root ran it.
    pub root: bool,
    /// The day, in UTC: `2026-11-23`.
    pub date: String,
}

/// What was answered at one moment of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// There was a subject where the step begins.
    Opened(Observation),
    /// What the step prepares was done to the subject of the step before.
    Prepared(Acted),
    /// The step was acted.
    Acted(Acted),
    /// Something changed afterwards.
    Observed(Observation),
    /// What was asked could not be carried out.
    Failed(Failure),
}

/// A recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Where it comes from.
    pub header: Header,
    steps: BTreeMap<String, Taken>,
}

/// What was answered in a step, the last time that it was entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Taken {
    opened: Option<Observation>,
    prepared: Option<Acted>,
    acted: Option<Acted>,
    failed: Option<Failure>,
    seen: Vec<Observation>,
}

/// A line after the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    Opened { ms: u64, step: String, seen: Delta },
    Prepared(Done),
    Acted(Done),
    Observed { ms: u64, step: String, seen: Delta },
    Failed { ms: u64, step: String, failure: Failure },
}

/// What was done, and what it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    ms: u64,
    step: String,
    before: Delta,
    after: Delta,
    traces: Vec<Trace>,
    failure: Option<Failure>,
}

impl Done {
    /// It as it was, after the last observation.
    fn apply(self, last: &mut Observation) -> Acted {
        let (before, after) = (self.before.apply(last), self.after.apply(last));
        Acted { before, after, traces: self.traces, failure: self.failure }
    }
}

/// An observation, against the one written before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delta {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pid: Option<i32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<FactId, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unset: Vec<FactId>,
}

impl Delta {
    /// What leads from one observation to another.
    fn between(from: &Observation, to: &Observation) -> Self {
        let news = to.facts.iter().filter(|(id, value)| from.get(**id) != Some(*value));
        Self {
            pid: (from.pid != to.pid).then_some(to.pid),
            set: news.map(|(id, value)| (*id, value.clone())).collect(),
            unset: from.facts.keys().filter(|id| to.get(**id).is_none()).copied().collect(),
        }
    }

    /// The next observation after one.
    fn apply(self, last: &mut Observation) -> Observation {
        last.pid = self.pid.unwrap_or(last.pid);
        last.facts.extend(self.set);
        last.facts.retain(|id, _| !self.unset.contains(id));
        last.clone()
    }
}

/// Writes a recording, a line at a time.
#[derive(Debug)]
pub struct Recorder {
    last: Observation,
    scrub: Scrub,
}

impl Recorder {
    /// A recorder on a machine where the box directory is this one, and its first line.
    pub fn new(header: &Header, box_dir: &str) -> (Self, String) {
        let recorder = Self { last: Observation::default(), scrub: Scrub::new(box_dir) };
        (recorder, json(header))
    }

    /// The line of a moment, so many milliseconds after the first.
    pub fn line(&mut self, ms: u64, step: &str, moment: Moment) -> String {
        let step = step.to_owned();
        let line = match moment {
            Moment::Opened(seen) => Line::Opened { ms, step, seen: self.delta(seen) },
            Moment::Observed(seen) => Line::Observed { ms, step, seen: self.delta(seen) },
            Moment::Failed(failure) => Line::Failed { ms, step, failure: self.scrub.failure(failure) },
            Moment::Prepared(acted) => Line::Prepared(self.done(ms, step, acted)),
            Moment::Acted(acted) => Line::Acted(self.done(ms, step, acted)),
        };
        json(&line)
    }

    fn done(&mut self, ms: u64, step: String, acted: Acted) -> Done {
        let (before, after) = (self.delta(acted.before), self.delta(acted.after));
        let traces = acted.traces.into_iter().map(|trace| self.scrub.trace(trace)).collect();
        let failure = acted.failure.map(|failure| self.scrub.failure(failure));
        Done { ms, step, before, after, traces, failure }
    }

    fn delta(&mut self, seen: Observation) -> Delta {
        let seen = self.scrub.observation(seen);
        let delta = Delta::between(&self.last, &seen);
        self.last = seen;
        delta
    }
}

/// Types of this module are always JSON: their keys are strings and they hold no floats.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What of a lab a recording depends on, as 16 hexadecimal digits: the ids of its steps, and what they do and expect
/// (FNV-1a over their JSON). Texts may change without making recordings stale.
pub fn edition(lab: &Lab) -> String {
    let parts = |step: &Step| json(&(&step.id, &step.prepare, &step.actions, &step.expect));
    let text: String = lab.steps.iter().map(parts).collect();
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The day of a number of seconds since 1970, in the Gregorian calendar (days from civil, Howard Hinnant).
pub fn date(unix_seconds: u64) -> String {
    let days = unix_seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
