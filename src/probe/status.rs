//! `/proc/PID/status`, `proc_pid_status(5)`.

/// What is taken from a status file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The name of the program, at most 15 bytes.
    pub name: String,
    /// Effective user id, as the reader's user namespace numbers it.
    pub uid: u32,
    /// Effective group id, likewise.
    pub gid: u32,
    /// Its ids from the namespace of this /proc to its own; never empty.
    pub nspid: Vec<i32>,
    /// The five capability sets, 16 hexadecimal digits each.
    pub caps: Caps,
    /// Seccomp mode: 0 off, 1 strict, 2 filter. None where the kernel was built without.
    pub seccomp: Option<i64>,
    /// How many filters there are, Linux 5.9.
    pub seccomp_filters: Option<i64>,
    /// The `no_new_privs` bit.
    pub no_new_privs: Option<i64>,
}

/// Capability sets as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Inheritable.
    pub inh: String,
    /// Permitted.
    pub prm: String,
    /// Effective.
    pub eff: String,
    /// Bounding.
    pub bnd: String,
    /// Ambient.
    pub amb: String,
}

impl Status {
    /// Reads a status file; `None` where it lacks ids.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut status = Self::default();
        let (mut uid, mut gid, mut pid) = (None, None, None);
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name {
                "Name" => value.clone_into(&mut status.name),
                "Pid" => pid = value.parse().ok(),
                "NSpid" => status.nspid = value.split_whitespace().filter_map(|n| n.parse().ok()).collect(),
                "Uid" => uid = effective(value),
                "Gid" => gid = effective(value),
                "CapInh" => value.clone_into(&mut status.caps.inh),
                "CapPrm" => value.clone_into(&mut status.caps.prm),
                "CapEff" => value.clone_into(&mut status.caps.eff),
                "CapBnd" => value.clone_into(&mut status.caps.bnd),
                "CapAmb" => value.clone_into(&mut status.caps.amb),
                "Seccomp" => status.seccomp = value.parse().ok(),
                "Seccomp_filters" => status.seccomp_filters = value.parse().ok(),
                "NoNewPrivs" => status.no_new_privs = value.parse().ok(),
                _ => {}
            }
        }
        (status.uid, status.gid) = (uid?, gid?);
        if status.nspid.is_empty() {
            status.nspid.push(pid?);
        }
        Some(status)
    }
}

/// The second of real, effective, saved, file system.
fn effective(ids: &str) -> Option<u32> {
    ids.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOXED: &[u8] = include_bytes!("../../tests/fixtures/proc/v2/6974/status");

    #[test]
    fn a_boxed_process_has_two_numbers_and_its_sets() {
        let status = Status::parse(BOXED).unwrap();
        assert_eq!(status.name, "heartbeat");
        assert_eq!((status.uid, status.gid), (1000, 1000));
        assert_eq!(status.nspid, [6974, 1]);
        assert_eq!(status.caps.eff, "000001ffffffffff");
        assert_eq!(status.caps.inh, "0000000000000000");
        assert_eq!((status.seccomp, status.no_new_privs), (Some(0), Some(1)));
    }

    #[test]
    fn a_kernel_without_the_chain_still_has_the_pid() {
        let status = Status::parse(b"Name:\tx\nPid:\t7\nUid:\t1\t2\t3\t4\nGid:\t1\t2\t3\t4\n").unwrap();
        assert_eq!(status.nspid, [7]);
        assert_eq!(status.uid, 2);
        assert_eq!(Status::parse(b"Name:\tx\nPid:\t7\n"), None, "no ids");
        assert_eq!(Status::parse(b"Uid:\t1\t2\t3\t4\nGid:\t1\t2\t3\t4\n"), None, "no pid");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, line in "(Uid|Gid|NSpid|Pid|CapEff|Seccomp):[^\n]{0,20}\n") {
            Status::parse(&bytes);
            Status::parse(line.as_bytes());
        }
    }
}
