//! Takes out of a recording what says whose machine it was: its name, its boot, its addresses, its directories, the
//! names of its other processes.

use std::collections::BTreeMap;

use crate::lab::{
    fact::{Fact, FactId, Side},
    observation::{Observation, Value},
    trace::{Failure, Trace},
};

/// What the host is called in a recording.
const HOST: &str = "host";

/// The boot id in a recording.
const BOOT: &str = "00000000-0000-4000-8000-000000000000";

/// Where sessions are kept in a recording.
const SESSION: &str = "/run/korobka";

/// Names in a root directory that every machine has, `hier(7)`.
const USUAL: [&str; 22] = [
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "lost+found",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "var",
];

/// What is replaced by what.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    /// The directory of the session, and the host's name once it was seen.
    words: BTreeMap<String, String>,
    /// Addresses in the order in which they were seen.
    addresses: Vec<String>,
}

impl Scrub {
    pub(super) fn new(box_dir: &str) -> Self {
        let session = box_dir.rsplit_once('/').map_or("", |(session, _)| session);
        let words = (session.len() > 1).then(|| (session.to_owned(), SESSION.to_owned()));
        Self { words: words.into_iter().collect(), addresses: Vec::new() }
    }

    pub(super) fn observation(&mut self, seen: Observation) -> Observation {
        if let Some(Value::Text(name)) = seen.get(FactId::host(Fact::Hostname)) {
            self.words.insert(name.clone(), HOST.to_owned());
        }
        let own = own_processes(&seen);
        let facts = seen.facts.into_iter().map(|(id, value)| (id, self.value(id, value, &own)));
        Observation { pid: seen.pid, facts: facts.collect() }
    }

    pub(super) fn trace(&self, mut trace: Trace) -> Trace {
        trace.args.iter_mut().for_each(|arg| *arg = self.text(arg));
        trace
    }

    pub(super) fn failure(&self, mut failure: Failure) -> Failure {
        failure.arguments.iter_mut().for_each(|arg| *arg = self.text(arg));
        failure.path = failure.path.map(|path| self.text(&path));
        failure
    }

    fn value(&mut self, id: FactId, value: Value, own: &[String]) -> Value {
        match (id.fact, value) {
            (Fact::BootId, Value::Text(_)) => Value::Text(BOOT.to_owned()),
            (Fact::Addresses, Value::List(items)) => {
                Value::List(items.iter().map(|item| self.address(item)).collect())
            }
            (Fact::Root, Value::List(items)) => {
                Value::List(items.into_iter().filter(|name| USUAL.contains(&name.as_str())).collect())
            }
            (Fact::Processes, Value::List(items)) if id.side == Side::Subject => {
                Value::List(items.iter().map(|item| process(item, own)).collect())
            }
            (_, Value::Text(text)) => Value::Text(self.text(&text)),
            (_, Value::List(items)) => Value::List(items.iter().map(|item| self.text(item)).collect()),
            (_, value) => value,
        }
    }

    /// The host's name as a whole word, and the session's directory wherever it begins.
    fn text(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (from, to)| replaced(&text, from, to))
    }

    /// `eth0 10.1.2.3` with an address of the documentation, RFC 5737 and RFC 3849; the loopback's stay.
    fn address(&mut self, item: &str) -> String {
        let Some((interface, address)) = item.split_once(' ') else { return item.to_owned() };
        if address.starts_with("127.") || address == "::1" {
            return item.to_owned();
        }
        let known = self.addresses.iter().position(|known| known == address);
        let at = known.unwrap_or_else(|| {
            self.addresses.push(address.to_owned());
            self.addresses.len() - 1
        });
        let prefix = if address.contains(':') { "2001:db8::" } else { "192.0.2." };
        format!("{interface} {prefix}{}", at + 1)
    }
}

/// The names of the box's own processes, which the host's side of the list holds.
fn own_processes(seen: &Observation) -> Vec<String> {
    match seen.get(FactId::host(Fact::Processes)) {
        Some(Value::List(items)) => items.iter().map(|item| name_of(item).to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn name_of(item: &str) -> &str {
    item.trim_start().split_once(' ').map_or("", |(_, name)| name)
}

/// Others' processes keep their number; process 1 keeps its name too.
fn process(item: &str, own: &[String]) -> String {
    let trimmed = item.trim_start();
    match trimmed.split_once(' ') {
        Some((pid, name)) if pid != "1" && !own.iter().any(|own| own == name) => {
            format!("{}{pid} …", " ".repeat(item.len() - trimmed.len()))
        }
        _ => item.to_owned(),
    }
}

/// The text with every `from` that stands alone replaced.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == '.';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from).filter(|_| !from.is_empty()) {
        out.push_str(before);
        let alone = !out.ends_with(part) && !after.starts_with(part);
        out.push_str(if alone { to } else { from });
        rest = after;
    }
    out.push_str(rest);
    out
}
