//! Reading a recording. The file may come from anywhere: its size, its lines and what they unfold to are bounded, and what
//! is wrong is said with the line.

use std::collections::BTreeMap;

use super::{FORMAT, Header, Line, Recording, Taken, edition};
use crate::{
    i18n::{Lang, fill, t},
    lab::{
        observation::{Observation, Value},
        step::Lab,
    },
};

/// The largest file, in bytes.
pub const MOST_BYTES: usize = 16 << 20;

/// The longest line, in bytes: more than the largest answer of a stage.
const MOST_LINE: usize = 1 << 20;

/// Looks that are kept of a step: a minute, ten a second.
const MOST_SEEN: usize = 600;

/// What all observations may take when they stand alone, in bytes.
const MOST_UNFOLDED: usize = 64 << 20;

/// Why a recording cannot be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// From 1; none where it is about the whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing in it.
    Empty,
    /// More than [`MOST_BYTES`], or unfolded too much.
    TooLarge,
    /// A line is longer than any that is ever written.
    LongLine,
    /// The first line is not a header.
    NoHeader,
    /// Of a format that this program does not know.
    Format(u32),
    /// Not a line of a recording: what the parser says, in English.
    NotALine(String),
    /// The last line has no end.
    Truncated,
    /// Of another lab: its id.
    OtherLab(String),
    /// Of another edition of the lab.
    OtherEdition,
}

impl Bad {
    /// In words.
    pub fn words(&self, lang: Lang) -> String {
        let what = match &self.fault {
            Fault::Empty => t(lang, "lab.recording.empty").to_owned(),
            Fault::TooLarge => t(lang, "lab.recording.too_large").to_owned(),
            Fault::LongLine => t(lang, "lab.recording.long_line").to_owned(),
            Fault::NoHeader => t(lang, "lab.recording.no_header").to_owned(),
            Fault::Format(format) => {
                fill(lang, "lab.recording.format", &[("format", format), ("known", &FORMAT)])
            }
            Fault::NotALine(why) => fill(lang, "lab.recording.not_a_line", &[("why", why)]),
            Fault::Truncated => t(lang, "lab.recording.truncated").to_owned(),
            Fault::OtherLab(lab) => fill(lang, "lab.recording.other_lab", &[("lab", lab)]),
            Fault::OtherEdition => t(lang, "lab.recording.other_edition").to_owned(),
        };
        match self.line {
            Some(line) => fill(lang, "lab.recording.line", &[("line", &line), ("what", &what)]),
            None => what,
        }
    }
}

impl Fault {
    const fn whole(self) -> Bad {
        Bad { line: None, fault: self }
    }

    const fn at(self, line: usize) -> Bad {
        Bad { line: Some(line), fault: self }
    }
}

impl Recording {
    /// Reads a recording from a file's bytes.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, Bad> {
        if bytes.len() > MOST_BYTES {
            return Err(Fault::TooLarge.whole());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.split(|byte| *byte == b'\n').count();
            Fault::NotALine("not UTF-8".to_owned()).at(line)
        })?;
        Self::parse(text)
    }

    /// Reads a recording.
    pub fn parse(text: &str) -> Result<Self, Bad> {
        if text.len() > MOST_BYTES {
            return Err(Fault::TooLarge.whole());
        }
        let Some((first, rest)) = text.split_once('\n') else {
            return Err(if text.is_empty() { Fault::Empty.whole() } else { Fault::Truncated.at(1) });
        };
        let header = header(first)?;
        let mut reader = Reader::default();
        let mut number = 1;
        for line in rest.split_inclusive('\n') {
            number += 1;
            let Some(line) = line.strip_suffix('\n') else { return Err(Fault::Truncated.at(number)) };
            reader.take(line).map_err(|fault| fault.at(number))?;
        }
        Ok(Self { header, steps: reader.steps })
    }

    /// Whether it is one of this lab as it is now.
    pub fn check(&self, lab: &Lab) -> Result<(), Bad> {
        if self.header.lab != lab.id {
            return Err(Fault::OtherLab(self.header.lab.clone()).at(1));
        }
        if self.header.edition != edition(lab) {
            return Err(Fault::OtherEdition.at(1));
        }
        Ok(())
    }
}

fn header(line: &str) -> Result<Header, Bad> {
    /// Enough of a header to tell its format, whatever else another format has there.
    #[derive(serde::Deserialize)]
    struct Format {
        recording: u32,
    }
    if line.len() > MOST_LINE {
        return Err(Fault::LongLine.at(1));
    }
    let Format { recording } =
        serde_json::from_str(line).map_err(|_of_another_kind| Fault::NoHeader.at(1))?;
    if recording != FORMAT {
        return Err(Fault::Format(recording).at(1));
    }
    serde_json::from_str(line).map_err(|error| Fault::NotALine(error.to_string()).at(1))
}

#[derive(Default)]
struct Reader {
    last: Observation,
    steps: BTreeMap<String, Taken>,
    /// Bytes of all observations so far.
    unfolded: usize,
}

impl Reader {
    fn take(&mut self, line: &str) -> Result<(), Fault> {
        if line.len() > MOST_LINE {
            return Err(Fault::LongLine);
        }
        let line: Line = serde_json::from_str(line).map_err(|error| Fault::NotALine(error.to_string()))?;
        let last = &mut self.last;
        match line {
            Line::Opened { step, seen, .. } => {
                let opened = Some(seen.apply(last));
                self.keep(step, 1, |_| Taken { opened, ..Taken::default() })
            }
            Line::Prepared(mut done) => {
                let step = std::mem::take(&mut done.step);
                let prepared = Some(done.apply(last));
                self.keep(step, 2, |_| Taken { prepared, ..Taken::default() })
            }
            Line::Acted(mut done) => {
                let step = std::mem::take(&mut done.step);
                let acted = Some(done.apply(last));
                self.keep(step, 2, |taken| Taken { acted, failed: None, seen: Vec::new(), ..taken })
            }
            Line::Observed { step, seen, .. } => {
                let seen = seen.apply(last);
                let full = self
                    .steps
                    .get(&step)
                    .is_none_or(|taken| taken.acted.is_none() || taken.seen.len() >= MOST_SEEN);
                if full {
                    return Ok(());
                }
                self.keep(step, 1, |mut taken| {
                    taken.seen.push(seen);
                    taken
                })
            }
            Line::Failed { step, failure, .. } => {
                self.keep(step, 0, |taken| Taken { failed: Some(failure), ..taken })
            }
        }
    }

    /// Changes what is kept of a step by so many observations like the last.
    fn keep(&mut self, step: String, count: usize, change: impl FnOnce(Taken) -> Taken) -> Result<(), Fault> {
        self.unfolded = self.unfolded.saturating_add(count * weight(&self.last));
        if self.unfolded > MOST_UNFOLDED {
            return Err(Fault::TooLarge);
        }
        let taken = self.steps.remove(&step).unwrap_or_default();
        self.steps.insert(step, change(taken));
        Ok(())
    }
}

/// About how many bytes an observation takes.
fn weight(seen: &Observation) -> usize {
    let size = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::Text(text) | Value::Missing { errno: text } => text.len(),
        Value::List(items) => items.iter().map(|item| item.len() + size_of::<String>()).sum(),
    };
    seen.facts.values().map(|value| size(value) + 64).sum()
}
