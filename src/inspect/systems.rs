//! The systems that make containers: how their cgroups are named, and which switches each turns on when it is asked for
//! nothing special.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{lab::dial::Switch, probe::cgroup::Membership};

/// A system of the lecture, or one that stands for it today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// Docker, and what else runs containerd's shim.
    Docker,
    /// Podman without root.
    Podman,
    /// LXC.
    Lxc,
    /// systemd-nspawn, machined.
    Nspawn,
    /// `OpenVZ`: a kernel of its own, which cannot be had here.
    #[serde(rename = "openvz")]
    OpenVz,
}

impl System {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Docker, Self::Podman, Self::Lxc, Self::Nspawn, Self::OpenVz];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
            Self::Lxc => "LXC",
            Self::Nspawn => "systemd-nspawn",
            Self::OpenVz => "OpenVZ",
        }
    }

    /// What it turns on unasked, by its documents: `docker run` reference; `podman-run(1)` as a user;
    /// `lxc.container.conf(5)` with the common configuration, as root; `systemd-nspawn(1)`; `vzctl(8)`.
    /// Unasked, Podman and machined limit only the number of processes (`containers.conf(5)`: 2048; machined: 16384).
    pub fn usual(self) -> BTreeSet<Switch> {
        let but = |off: &[Switch]| Switch::ALL.into_iter().filter(|switch| !off.contains(switch)).collect();
        match self {
            Self::Docker => but(&[Switch::User, Switch::Cgroup]),
            Self::Podman => but(&[]),
            Self::Lxc => but(&[Switch::Overlay, Switch::User, Switch::Cgroup]),
            // the network is the host's unless --private-network or a machine's template asks for one
            Self::Nspawn => but(&[Switch::Overlay, Switch::User, Switch::Net]),
            // its kernel had containers before user namespaces and OverlayFS were there
            Self::OpenVz => but(&[Switch::Overlay, Switch::User]),
        }
    }
}

/// Whose cgroup it is, by its name: `/docker/…`, `docker-….scope`, `libpod-…`, `lxc.payload.…`, `machine-….scope`.
pub fn of_cgroups(places: &[Membership]) -> Option<System> {
    let parts = || places.iter().flat_map(|place| place.path.split('/'));
    let any = |test: fn(&str) -> bool| parts().any(test);
    if any(|part| part.starts_with("libpod")) {
        Some(System::Podman)
    } else if any(|part| part == "docker" || part.starts_with("docker-")) {
        Some(System::Docker)
    } else if any(|part| part == "lxc" || part.starts_with("lxc.payload") || part.starts_with("lxc.")) {
        Some(System::Lxc)
    } else if any(|part| {
        part == "machine.slice" || part.starts_with("machine-") || part.starts_with("systemd-nspawn@")
    }) {
        Some(System::Nspawn)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::cgroup::parse;

    #[test]
    fn the_name_of_a_cgroup_tells_whose_it_is() {
        for (lines, system) in [
            ("0::/system.slice/docker-61202b.scope", Some(System::Docker)),
            ("4:memory:/docker/61202b\n1:cpu:/docker/61202b", Some(System::Docker)),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ab.scope/container",
                Some(System::Podman),
            ),
            ("0::/machine.slice/libpod-ab.scope", Some(System::Podman)),
            ("0::/lxc.payload.web", Some(System::Lxc)),
            ("0::/machine.slice/machine-deb.scope/payload", Some(System::Nspawn)),
            ("0::/user.slice/session-2.scope", None),
            ("", None),
        ] {
            assert_eq!(of_cgroups(&parse(lines.as_bytes())), system, "{lines}");
        }
    }
}
