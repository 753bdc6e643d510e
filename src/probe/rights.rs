//! What a process may still do: its capabilities by name, the filters before its system calls, what of its files is covered
//! or may not be written. Read from `/proc/PID`, by whoever looks at rights.

use std::{io, path::Path};

use super::{
    Facts,
    kept::{Buffer, read_now},
    mountinfo::{self, Mount},
    process::{parse_status, same_error},
    status::Status,
    value::{list, missing, or_missing, yes_no},
};
use crate::lab::{
    capability,
    fact::{Fact, FactId},
    observation::Value,
};

/// Files that tell of the whole machine: what Docker covers, where the kernel has it (`MaskedPaths`,
/// moby `oci/defaults.go`).
pub const MASKED: [&str; 11] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/firmware",
];

/// Files that command the whole machine: what Docker makes read-only, likewise (`ReadonlyPaths`).
pub const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The rights of a process: `process` is a directory such as `/proc/self`.
pub fn read(process: &Path, side: fn(Fact) -> FactId) -> Facts {
    let mut buffer = Buffer::new();
    let status = read_now(&process.join("status"), &mut buffer).and_then(parse_status);
    let mut facts = capabilities(&status, side);
    let mounts = read_now(&process.join("mountinfo"), &mut buffer).map(mountinfo::parse);
    facts.extend(files(&mounts, side));
    facts
}

/// The names of the capabilities in a mask of a status file.
pub fn names(mask: &str) -> Value {
    match capability::parse(mask) {
        Some(mask) => list(capability::in_mask(mask).map(capability::Capability::name)),
        None => Value::Missing { errno: "EINVAL".to_owned() },
    }
}

fn capabilities(status: &io::Result<Status>, side: fn(Fact) -> FactId) -> Facts {
    let of = |value: fn(&Status) -> Value| match status {
        Ok(status) => value(status),
        Err(error) => missing(error),
    };
    let filters = |status: &Status| match status.seccomp_filters {
        Some(count) => Value::Number(count),
        None => Value::Missing { errno: "ENOENT".to_owned() },
    };
    Facts::from([
        (side(Fact::RightsCaps), of(|status| names(&status.caps.eff))),
        (side(Fact::RightsBounding), of(|status| names(&status.caps.bnd))),
        (side(Fact::RightsFilters), of(filters)),
    ])
}

fn files(mounts: &io::Result<Vec<Mount>>, side: fn(Fact) -> FactId) -> Facts {
    let of = |value: fn(&[Mount]) -> Value| or_missing(mounts.as_ref().map_err(same_error), |all| value(all));
    // After a plain chroot the root is no mount point.
    let read_only = |all: &[Mount]| match mountinfo::read_only_at(all, Path::new("/")) {
        Some(yes) => yes_no(yes),
        None => Value::Missing { errno: "ENOENT".to_owned() },
    };
    let covered = |all: &[Mount]| list(MASKED.into_iter().filter(|path| covered(all, path)));
    let kept = |all: &[Mount]| {
        list(READ_ONLY.into_iter().filter(|path| mountinfo::read_only_at(all, Path::new(path)) == Some(true)))
    };
    Facts::from([
        (side(Fact::RightsReadOnly), of(read_only)),
        (side(Fact::RightsMasked), of(covered)),
        (side(Fact::RightsReadOnlyPaths), of(kept)),
    ])
}

/// Whether something else lies over a path: a device that is always empty, or an empty directory.
fn covered(mounts: &[Mount], path: &str) -> bool {
    let over = mounts.iter().rev().find(|mount| mount.point == Path::new(path));
    over.is_some_and(|mount| mount.fstype == "tmpfs" || mount.root.ends_with("null"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_and_what_is_kept_from_writing_is_seen_in_the_mounts() {
        let mounts = mountinfo::parse(
            b"1 0 0:1 / / ro,nosuid - tmpfs none rw\n\
              2 1 0:2 / /proc rw - proc proc rw\n\
              3 2 0:5 /null /proc/kcore rw - devtmpfs udev rw\n\
              4 2 0:9 / /proc/acpi ro - tmpfs none ro\n\
              5 2 0:2 /sys /proc/sys ro - proc proc rw\n\
              6 2 0:2 /bus /proc/bus rw - proc proc rw\n\
              7 2 0:2 /keys /proc/keys rw - proc proc rw\n",
        );
        let facts = files(&Ok(mounts), FactId::subject);
        let get = |fact| facts.get(&FactId::subject(fact)).map(Value::short);
        assert_eq!(get(Fact::RightsReadOnly).as_deref(), Some("yes"));
        assert_eq!(get(Fact::RightsMasked).as_deref(), Some("/proc/acpi /proc/kcore"));
        assert_eq!(get(Fact::RightsReadOnlyPaths).as_deref(), Some("/proc/sys"));
    }

    #[test]
    fn a_mask_is_read_as_names_and_an_old_kernel_counts_no_filters() {
        let facts = read(Path::new("tests/fixtures/proc/v1/420"), FactId::host);
        let get = |fact| facts.get(&FactId::host(fact)).map(Value::short);
        assert_eq!(get(Fact::RightsCaps).as_deref(), Some(""), "a plain user");
        assert_eq!(get(Fact::RightsFilters).as_deref(), Some("(ENOENT)"));
        assert_eq!(names("0000000000200001").short(), "CAP_CHOWN CAP_SYS_ADMIN");
        assert_eq!(names("?").short(), "(EINVAL)");
        let gone = read(Path::new("/proc/0"), FactId::subject);
        assert_eq!(
            gone.get(&FactId::subject(Fact::RightsMasked)).map(Value::short).as_deref(),
            Some("(ENOENT)")
        );
    }
}
