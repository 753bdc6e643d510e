//! From what was typed to a process: a number, or the name of somebody's container.

use std::fmt;

use serde::Serialize;

use super::systems::System;

mod runtime;

/// A container's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Its first process, as the host numbers it.
    pub pid: i32,
    /// Who made it; none where a number was typed.
    pub system: Option<System>,
    /// How it was found: `docker inspect`, `/run/systemd/machines/deb`.
    pub by: String,
}

/// What one system said about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has it.
    Found(Found),
    /// It has it, and it does not run.
    Stopped,
    /// It does not know it.
    Unknown,
    /// Neither its program nor its files are on this machine.
    Absent,
    /// It could not be asked: its own words, or the file that may not be read.
    Failed(String),
}

/// Why a name leads to no process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// No number, and no name that a container could have.
    NoName,
    /// Nobody knows it, and what each said.
    Nobody(Vec<(System, Answer)>),
    /// Several do.
    Several(Vec<Found>),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.pid, self.by)
    }
}

/// Finds the process. A number is always a PID.
pub fn find(name: &str) -> Result<Found, Lost> {
    if let Ok(pid) = name.parse::<i32>() {
        return if pid > 0 {
            Ok(Found { pid, system: None, by: "/proc".to_owned() })
        } else {
            Err(Lost::NoName)
        };
    }
    if !could_be(name) {
        return Err(Lost::NoName);
    }
    choose(runtime::ask(name))
}

/// Letters, digits and `_.-:@/`, not a hyphen first: nothing else is a name, and nothing else reaches a program.
fn could_be(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-:@/".contains(c);
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '/');
    first && name.len() <= 255 && name.chars().all(fits) && !name.contains("..")
}

fn choose(answers: Vec<(System, Answer)>) -> Result<Found, Lost> {
    let found: Vec<_> = answers
        .iter()
        .filter_map(|(_, answer)| match answer {
            Answer::Found(found) => Some(found.clone()),
            _ => None,
        })
        .collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Lost::Nobody(answers)),
        _ => Err(Lost::Several(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_pid_and_nothing_dangerous_is_a_name() {
        assert_eq!(find("17").map(|found| found.pid), Ok(17));
        for wrong in ["0", "-1", "", "--help", "a b", "a;b", "$(x)", "../x", "a/../../b", "\u{1b}"] {
            assert_eq!(find(wrong), Err(Lost::NoName), "{wrong}");
        }
        assert!(could_be("web-1.example_x") && could_be("/c1"));
    }

    #[test]
    fn one_answer_is_taken_two_are_listed_none_is_explained() {
        let found = |pid| Found { pid, system: Some(System::Docker), by: "docker inspect".to_owned() };
        let one = vec![(System::Docker, Answer::Found(found(1))), (System::Lxc, Answer::Unknown)];
        assert_eq!(choose(one), Ok(found(1)));
        let two = vec![(System::Docker, Answer::Found(found(1))), (System::Podman, Answer::Found(found(2)))];
        assert_eq!(choose(two), Err(Lost::Several(vec![found(1), found(2)])));
        let none = vec![(System::Docker, Answer::Absent)];
        assert_eq!(choose(none.clone()), Err(Lost::Nobody(none)));
    }
}
