//! What this machine can do: every ability is tried, in forked children that take what they made with them.

use std::path::Path;

use nix::unistd::geteuid;
use serde::Serialize;

mod cgroups;
mod namespaces;
mod overlay;
mod subids;
mod terminal;
mod tools;

pub use namespaces::Cause;
use namespaces::Trials;
pub use terminal::Surroundings;

/// How good an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It works.
    Ok,
    /// Something is missing that only some labs need, or that has a substitute.
    Warn,
    /// It does not work, and labs cannot run live without it.
    No,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Warn, Self::No];
}

/// One question to the machine and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Stable: `ns.uts`, `tool.git`.
    pub id: &'static str,
    /// How good the answer is.
    pub verdict: Verdict,
    /// The answer itself, the same in every language: `unshare(CLONE_NEWUTS) = -1 EPERM`.
    pub found: String,
    /// Key of the string that says what it is needed for.
    pub meaning: &'static str,
    /// Key of the string that says what to do; none where nothing is wrong.
    pub cure: Option<&'static str>,
}

/// How labs can run on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "ability")]
pub enum Ability {
    /// Live, in a user namespace.
    Live,
    /// Live, as root.
    LiveRoot,
    /// Not live.
    No {
        /// Key of the string that says why.
        cause: &'static str,
        /// Key of the string that says what to do.
        cure: &'static str,
    },
}

/// All checks, and what they amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// In the order of the report.
    pub checks: Vec<Check>,
    /// What they amount to.
    pub ability: Ability,
}

/// Asks everything. Under a third of a second; leaves nothing behind. Call it before any thread starts.
pub fn examine(surroundings: &Surroundings) -> Examination {
    let proc_root = Path::new("/proc");
    let trials = Trials::run(proc_root);
    let mut checks = vec![kernel()];
    checks.extend(trials.checks());
    checks.push(subids::check(surroundings));
    checks.extend(cgroups::checks(proc_root));
    checks.push(overlay::check(&trials));
    checks.extend(tools::checks(surroundings));
    checks.extend(terminal::checks(surroundings));
    Examination { checks, ability: trials.ability() }
}

/// Only what decides whether labs can run live: a few milliseconds. Call it before any thread starts.
pub fn overall() -> Ability {
    Trials::run(Path::new("/proc")).ability()
}

fn am_root() -> bool {
    geteuid().is_root()
}

/// Time namespaces came with 5.6, overlay in a user namespace with 5.11.
fn kernel() -> Check {
    let found = nix::sys::utsname::uname()
        .map_or_else(|errno| format!("{errno:?}"), |names| names.release().to_string_lossy().into_owned());
    let verdict = match release(&found) {
        Some(version) if version >= (5, 11) => Verdict::Ok,
        Some(version) if version >= (4, 10) => Verdict::Warn,
        _ => Verdict::No,
    };
    let cure = (verdict != Verdict::Ok).then_some("doctor.cure.kernel");
    Check { id: "kernel", verdict, found, meaning: "doctor.meaning.kernel", cure }
}

fn release(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Lang, find};

    #[test]
    fn releases_compare_by_number() {
        assert_eq!(release("6.12.9-amd64"), Some((6, 12)));
        assert!(release("5.4.0-150-generic") < Some((5, 11)));
        assert_eq!(release("unknown"), None);
    }

    #[test]
    fn every_answer_has_its_words_in_both_languages() {
        let seen = examine(&Surroundings::of_process(None));
        let mut ids: Vec<_> = seen.checks.iter().map(|check| check.id).collect();
        for check in &seen.checks {
            assert_eq!(check.cure.is_some(), check.verdict != Verdict::Ok, "{check:?}");
            for key in std::iter::once(check.meaning).chain(check.cure) {
                for lang in Lang::ALL {
                    assert!(find(lang, key).is_some(), "{key} in {lang:?}");
                }
            }
        }
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id is used twice");
    }
}
