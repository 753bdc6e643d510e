//! The source of a fact, as it is in the file at this moment.

use crate::{
    lab::{
        fact::{FactId, Side},
        observation::Value,
    },
    stage::protocol::Event,
};

/// The longest part of a file that is shown, in bytes.
const MOST: usize = 8 * 1024;

/// Reads the file that a fact comes from; a fact that comes from a call shows what was seen last.
pub(super) fn read(fact: FactId, pid: i32, seen: Option<&Value>) -> Event {
    let source = fact.fact.source(fact.side).replace("PID", &pid.to_string());
    let readable =
        source.starts_with("/proc/") && (fact.side == Side::Host || source.contains(&pid.to_string()));
    let text = if readable { file(&source) } else { None };
    let text = text.or_else(|| seen.map(Value::short)).unwrap_or_default();
    Event::Raw { fact, source, text: plain(&text) }
}

fn file(path: &str) -> Option<String> {
    if let Ok(link) = std::fs::read_link(path) {
        return Some(link.to_string_lossy().into_owned());
    }
    let mut bytes = std::fs::read(path).ok()?;
    bytes.truncate(MOST);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Without control characters other than the line's end and the tab.
fn plain(text: &str) -> String {
    let kept = |c: char| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c };
    text.chars().map(kept).collect()
}
