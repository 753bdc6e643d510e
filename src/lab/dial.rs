//! The dial: a box as nine switches, the questions asked of it at a setting, and what the kernel answered.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::trace::{Failure, Trace};

pub mod board;
mod notation;
mod words;

pub use notation::{box_line, docker_lines, shell_line};

/// One thing that makes a process a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// A host name of its own.
    Uts,
    /// Process numbers of its own.
    Pid,
    /// A /proc of its own, which shows them.
    Proc,
    /// A list of mounts of its own and another root: `pivot_root(2)`.
    Root,
    /// The root's changes go to a layer of their own.
    Overlay,
    /// User ids of its own.
    User,
    /// A network of its own.
    Net,
    /// Limits: memory, CPU, processes.
    Cgroup,
    /// Capabilities dropped, `no_new_privs`, a seccomp filter, masked paths.
    Rights,
}

impl Switch {
    /// All nine, in the order of the dial.
    pub const ALL: [Self; 9] = [
        Self::Uts,
        Self::Pid,
        Self::Proc,
        Self::Root,
        Self::Overlay,
        Self::User,
        Self::Net,
        Self::Cgroup,
        Self::Rights,
    ];

    /// As it is written: `--without net`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uts => "uts",
            Self::Pid => "pid",
            Self::Proc => "proc",
            Self::Root => "root",
            Self::Overlay => "overlay",
            Self::User => "user",
            Self::Net => "net",
            Self::Cgroup => "cgroup",
            Self::Rights => "rights",
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no switch of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such switch: {0} (there are: uts, pid, proc, root, overlay, user, net, cgroup, rights)")]
pub struct UnknownSwitch(pub String);

impl FromStr for Switch {
    type Err = UnknownSwitch;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|switch| switch.name() == name)
            .ok_or_else(|| UnknownSwitch(name.to_owned()))
    }
}

/// A position of the dial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Setting {
    /// The switches that are on.
    pub on: BTreeSet<Switch>,
    /// Whether the other root is only a `chroot(2)`, in the host's list of mounts.
    pub chroot: bool,
}

impl Setting {
    /// With these switches on.
    pub fn of(on: impl IntoIterator<Item = Switch>) -> Self {
        Self { on: on.into_iter().collect(), chroot: false }
    }

    /// A well-known position with some switches turned; one that is named twice is off.
    pub fn turned(preset: Preset, with: &[Switch], without: &[Switch]) -> Self {
        let mut setting = preset.setting();
        setting.on.extend(with);
        setting.on.retain(|switch| !without.contains(switch));
        setting
    }

    /// Whether a switch is on.
    pub fn has(&self, switch: Switch) -> bool {
        self.on.contains(&switch)
    }
}

/// A well-known position of the dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Nothing on.
    Plain,
    /// Only another root directory.
    Chroot,
    /// What `docker run` makes: everything but the user namespace.
    Docker,
    /// What `docker run --privileged` leaves of it.
    Privileged,
    /// Everything: what rootless Docker and Podman make.
    Rootless,
}

impl Preset {
    /// All of them, from nothing to everything.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Chroot, Self::Docker, Self::Privileged, Self::Rootless];

    /// As it is written: `--preset docker`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Chroot => "chroot",
            Self::Docker => "docker",
            Self::Privileged => "privileged",
            Self::Rootless => "rootless",
        }
    }

    /// Its position.
    pub fn setting(self) -> Setting {
        let all_but = |off: &[Switch]| Setting::of(Switch::ALL.into_iter().filter(|s| !off.contains(s)));
        match self {
            Self::Plain => Setting::default(),
            Self::Chroot => Setting { on: BTreeSet::new(), chroot: true },
            Self::Docker => all_but(&[Switch::User]),
            Self::Privileged => all_but(&[Switch::User, Switch::Rights]),
            Self::Rootless => all_but(&[]),
        }
    }
}

/// A question to the box, asked from inside and answered by what the kernel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// Does it see processes of the host?
    HostProcesses,
    /// Does it see files of the host (a file that the stage has just written there)?
    HostFiles,
    /// Does it reach a port on the host's loopback address?
    HostPort,
    /// Does a host name that it sets show on the host? (Asked of a namespace of the lab's own where it would.)
    Hostname,
    /// Is it root on the host: would a file it makes belong to user 0 there?
    HostRoot,
    /// Can it take 200 MiB of memory?
    Memory,
    /// Can it start 100 processes?
    Forks,
    /// Does what it writes survive its deletion?
    Survives,
}

impl Probe {
    /// All of them, in the order of the matrix.
    pub const ALL: [Self; 8] = [
        Self::HostProcesses,
        Self::HostFiles,
        Self::HostPort,
        Self::Hostname,
        Self::HostRoot,
        Self::Memory,
        Self::Forks,
        Self::Survives,
    ];
}

/// The kernel's answer to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which question.
    pub probe: Probe,
    /// Yes or no; none where it could not be asked.
    pub yes: Option<bool>,
    /// What was seen: a value, or a symbolic error.
    pub seen: String,
}

/// A box that was started at a setting, asked everything and ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Where the dial stood.
    pub setting: Setting,
    /// One answer a question; empty where the box could not be started.
    pub answers: Vec<Answer>,
    /// Microseconds from the first call to a box that is ready to run a program.
    pub us: u64,
    /// The calls that made it.
    pub traces: Vec<Trace>,
    /// Switches that this machine refused to turn, and why; the box was started without them.
    pub refused: Vec<(Switch, Failure)>,
    /// Why it could not be started at all.
    pub failure: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_found_by_its_name() {
        for switch in Switch::ALL {
            assert_eq!(switch.name().parse(), Ok(switch));
        }
        assert!("nothing".parse::<Switch>().is_err());
    }

    #[test]
    fn privileged_lacks_rights_and_rootless_lacks_nothing() {
        assert!(!Preset::Privileged.setting().has(Switch::Rights));
        assert_eq!(Preset::Rootless.setting().on.len(), 9);
        assert!(!Preset::Docker.setting().has(Switch::User));
    }
}
