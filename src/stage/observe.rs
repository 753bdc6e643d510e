//! Observations: what the host sees of a process, what the process sees itself, put together at one moment.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::{Path, PathBuf},
};

use crate::{
    lab::{
        fact::{Fact, FactId},
        observation::{Observation, Value},
    },
    probe::{
        Facts,
        host::HostReader,
        inside::{Inside, View, boottime_ns},
        process::ProcessReader,
    },
};

use super::witness;

/// A hand's view from inside is taken anew at every look whose outside changed, and otherwise at every such look.
const WITNESS_EVERY: u32 = 4;

/// The stage's eyes: readers that keep what they have open.
#[derive(Debug)]
pub struct Eyes {
    host: HostReader,
    box_dir: PathBuf,
    inside: Inside,
    subject: Option<ProcessReader>,
    hands: BTreeMap<i32, Hand>,
}

/// A process below the student's shell.
#[derive(Debug)]
struct Hand {
    reader: ProcessReader,
    outside: Facts,
    view: View,
    looks: u32,
}

impl Eyes {
    /// Eyes that look for this host from inside, and at this box directory from outside.
    pub fn new(box_dir: PathBuf, inside: Inside) -> Self {
        let host = HostReader::new(Path::new("/proc"), inside.port);
        Self { host, box_dir, inside, subject: None, hands: BTreeMap::new() }
    }

    /// Looks at the subject; `view` is what it says of itself.
    pub fn subject(&mut self, pid: i32, view: View) -> Observation {
        let mut facts = self.host.read(&self.box_dir);
        if self.subject.as_ref().is_none_or(|reader| reader.pid() != pid) {
            self.subject = ProcessReader::open(Path::new("/proc"), pid).ok();
        }
        let outside = self.subject.as_mut().and_then(|reader| reader.read(&self.box_dir).ok());
        facts.extend(outside.map(|outside| outside.facts).unwrap_or_default());
        merge(&mut facts, view);
        Observation { pid, facts }
    }

    /// Looks at a process below the shell; `None` when it is gone.
    pub fn hand(&mut self, pid: i32) -> Option<Observation> {
        let hand = match self.hands.entry(pid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let reader = ProcessReader::open(Path::new("/proc"), pid).ok()?;
                new.insert(Hand { reader, outside: Facts::new(), view: View::default(), looks: 0 })
            }
        };
        let Ok(outside) = hand.reader.read(&self.box_dir) else {
            self.hands.remove(&pid);
            return None;
        };
        if outside.facts != hand.outside || hand.looks.is_multiple_of(WITNESS_EVERY) {
            hand.view = witness::view(pid, &self.inside).unwrap_or_default();
        }
        hand.looks += 1;
        hand.outside = outside.facts;
        let mut facts = self.host.read(&self.box_dir);
        facts.extend(hand.outside.clone());
        own_facts(&mut facts);
        merge(&mut facts, hand.view.clone());
        Some(Observation { pid, facts })
    }

    /// Forgets the processes below a shell that has ended.
    pub fn forget_hands(&mut self) {
        self.hands.clear();
    }
}

/// What the subject reads in its own /proc stands in `/proc/PID` too; a hand does not speak for itself.
fn own_facts(facts: &mut Facts) {
    for fact in [Fact::UidMap, Fact::GidMap, Fact::NsPidChain] {
        if let Some(value) = facts.get(&FactId::host(fact)).cloned() {
            facts.insert(FactId::subject(fact), value);
        }
    }
}

fn merge(facts: &mut Facts, view: View) {
    if view.boottime_ns != 0 {
        let ahead = view.boottime_ns - boottime_ns();
        let seconds = (ahead as f64 / 1e9).round() as i64;
        facts.insert(FactId::subject(Fact::BootOffset), Value::Number(seconds));
    }
    facts.extend(view.facts);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_offset_is_the_difference_of_the_two_clocks() {
        let mut facts = Facts::new();
        merge(&mut facts, View { facts: Facts::new(), boottime_ns: boottime_ns() + 86_400_000_000_000 });
        assert_eq!(facts.get(&FactId::subject(Fact::BootOffset)), Some(&Value::Number(86_400)));
    }
}
