//! Observations: what the host sees of a process, what the process sees itself, put together at one moment.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::{Path, PathBuf},
};

use crate::{
    lab::{
        fact::{Fact, FactId},
        observation::{Observation, Value},
        sight::Sight,
    },
    probe::{
        Facts,
        host::HostReader,
        inside::{Inside, View, boottime_ns},
        process::ProcessReader,
        rights,
    },
};

use super::witness;

/// A pulse is cheap, and hardly anything changes without it. So the subject is looked at as a whole when its pulse has
/// moved, and otherwise at every such look only.
const SUBJECT_EVERY: u32 = 10;
/// A student's own process is waited for: a change that only it can see is seen within this many looks.
const HAND_EVERY: u32 = 5;

/// The stage's eyes: readers that keep what they have open.
#[derive(Debug)]
pub struct Eyes {
    host: HostReader,
    box_dir: PathBuf,
    inside: Inside,
    subject: Option<ProcessReader>,
    pulse: Facts,
    looks: u32,
    hands: BTreeMap<i32, Hand>,
}

/// A process below the student's shell.
#[derive(Debug)]
struct Hand {
    reader: ProcessReader,
    outside: Facts,
    looks: u32,
}

impl Eyes {
    /// Eyes that look for this host from inside, and at this box directory from outside.
    pub fn new(box_dir: PathBuf, inside: Inside) -> Self {
        let host = HostReader::new(Path::new("/proc"), inside.port);
        Self { host, box_dir, inside, subject: None, pulse: Facts::new(), looks: 0, hands: BTreeMap::new() }
    }

    /// What to look at from now on.
    pub fn set_sights(&mut self, sights: &[Sight]) {
        self.inside.sights = sights.to_vec();
    }

    /// Looks at the subject; `view` is what it says of itself.
    pub fn subject(&mut self, pid: i32, view: View) -> Observation {
        let mut facts = self.host.read(&self.box_dir);
        if self.subject.as_ref().is_none_or(|reader| reader.pid() != pid) {
            self.subject = ProcessReader::open(Path::new("/proc"), pid).ok();
        }
        self.pulse = self.feel();
        let outside = self.subject.as_mut().and_then(|reader| reader.read(&self.box_dir).ok());
        facts.extend(outside.map(|outside| outside.facts).unwrap_or_default());
        facts.extend(self.rights(pid));
        merge(&mut facts, view);
        Observation { pid, facts }
    }

    /// What the process and its host may do, where a lab looks at that.
    fn rights(&self, pid: i32) -> Facts {
        if !self.inside.sights.contains(&Sight::Rights) {
            return Facts::new();
        }
        let mut facts = rights::read(Path::new("/proc/self"), FactId::host);
        facts.extend(rights::read(&Path::new("/proc").join(pid.to_string()), FactId::subject));
        facts
    }

    /// Whether the subject is worth a whole look: something moved, or none was taken for a while.
    pub fn due(&mut self) -> bool {
        self.looks += 1;
        self.looks.is_multiple_of(SUBJECT_EVERY) || self.feel() != self.pulse
    }

    fn feel(&mut self) -> Facts {
        self.subject.as_mut().and_then(|reader| reader.pulse().ok()).unwrap_or_default()
    }

    /// Looks at a process below the shell; `None` when it is gone, or when there is nothing new.
    pub fn hand(&mut self, pid: i32) -> Option<Observation> {
        let hand = match self.hands.entry(pid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let reader = ProcessReader::open(Path::new("/proc"), pid).ok()?;
                new.insert(Hand { reader, outside: Facts::new(), looks: 0 })
            }
        };
        let Ok(outside) = hand.reader.read(&self.box_dir) else {
            self.hands.remove(&pid);
            return None;
        };
        let due = outside.facts != hand.outside || hand.looks.is_multiple_of(HAND_EVERY);
        hand.looks += 1;
        if !due {
            return None;
        }
        hand.outside = outside.facts;
        let mut facts = self.host.read(&self.box_dir);
        facts.extend(hand.outside.clone());
        own_facts(&mut facts);
        facts.extend(self.rights(pid));
        merge(&mut facts, witness::view(pid, &self.inside).unwrap_or_default());
        Some(Observation { pid, facts })
    }

    /// Forgets all but these of the processes below a shell, and what is open of theirs.
    pub fn keep_hands(&mut self, living: &[i32]) {
        self.hands.retain(|pid, _| living.contains(pid));
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
