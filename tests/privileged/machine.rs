//! Which steps each kind of machine is known not to do.

use super::lesson::run_of;
pub(crate) use crate::kind::kind;

/// A kernel before 6.6: its tmpfs keeps no attributes of users.
const OLD_TMPFS: &str = "an old tmpfs";

/// A kernel whose ext4 keeps no quotas.
const NO_QUOTA: &str = "no quota";

/// Machine, lab, and the steps that may be unavailable there. Whatever is unavailable elsewhere is a fault of ours.
const MAY_LACK: [(&str, &str, &[&str]); 10] = [
    // v1 has no soft limit and does not know the rule of no internal processes. A disk that does not write within its
    // limit's bounds for ten seconds is said with what was measured: a busy or emulated one may not.
    ("root v1", "cgroups", &["high", "tree", "io"]),
    ("root v2", "cgroups", &["io"]),
    // Nobody but the owner of a cgroup makes others in it. The limit of a disk is no matter of cgroups.
    ("user v1", "cgroups", NEEDS_CGROUP),
    ("user v1", "container", &["docker", "cgroup"]),
    ("user v2 not delegated", "cgroups", NEEDS_CGROUP),
    ("user v2 not delegated", "container", &["docker", "cgroup"]),
    // systemd delegates neither cpuset nor io unless it is asked to.
    ("user v2", "cgroups", &["cpuset", "io", "image", "quota"]),
    // Without a user namespace only root builds walls.
    ("user v2", "container", &["docker"]),
    // The mark of an opaque directory is an attribute in the name space of users.
    (OLD_TMPFS, "overlay", &["opaque"]),
    // A kernel may be built without the format of quota files.
    (NO_QUOTA, "cgroups", &["quota"]),
];

/// A loop device and a quota are no matter of cgroups either, but root's.
const NEEDS_CGROUP: &[&str] = &[
    "join", "cpu", "cpu-live", "weight", "cpuset", "memory", "free", "high", "swap", "cache", "pids", "io",
    "image", "quota", "freeze", "thaw", "psi", "kill", "tree",
];

/// Whether this kind of machine is known not to do a step.
pub(crate) fn may_lack(kind: &str, lab: &str, step: &str) -> bool {
    let here = |machine: &str| {
        machine == kind
            || (machine == OLD_TMPFS && has_old_tmpfs())
            || (machine == NO_QUOTA && has_no_quota())
    };
    MAY_LACK.iter().any(|(machine, labs, steps)| here(machine) && *labs == lab && steps.contains(&step))
}

fn has_old_tmpfs() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) < (Some(6), Some(6))
}

/// Whether the kernel says in its own configuration that it has no quota files of the second format; where it shows none,
/// it is a distribution's, and has.
fn has_no_quota() -> bool {
    let Ok(packed) = std::fs::File::open("/proc/config.gz") else { return false };
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut text).unwrap();
    !text.contains("CONFIG_QFMT_V2=")
}

/// The table names only labs and steps that there are.
pub(crate) fn assert_table_is_current(labs: &[String]) {
    for (machine, lab, steps) in MAY_LACK {
        assert!(labs.iter().any(|there| there == lab), "{machine}: no lab {lab}");
        let run = run_of(lab, true);
        let there = |step: &&str| run.lab().steps.iter().any(|known| known.id == **step);
        assert!(steps.iter().all(there), "{machine}: {lab} has not all of {steps:?}");
    }
}
