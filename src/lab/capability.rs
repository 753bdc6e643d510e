//! The capabilities: into what the power of root is divided, `capabilities(7)`.

use serde::{Deserialize, Serialize};

macro_rules! capabilities {
    ($( $variant:ident = $number:literal, $name:literal; )*) => {
        /// One capability; its number is the bit in the masks of `/proc/PID/status`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "each is described in capabilities(7) under its name")]
        pub enum Capability { $( #[serde(rename = $name)] $variant, )* }

        impl Capability {
            /// Every one that Linux 5.9 and later have, by number.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            /// Its number, `linux/capability.h`.
            pub const fn number(self) -> u8 {
                match self { $( Self::$variant => $number, )* }
            }

            /// `CAP_SYS_ADMIN`.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }
    };
}

capabilities! {
    Chown = 0, "CAP_CHOWN";
    DacOverride = 1, "CAP_DAC_OVERRIDE";
    DacReadSearch = 2, "CAP_DAC_READ_SEARCH";
    Fowner = 3, "CAP_FOWNER";
    Fsetid = 4, "CAP_FSETID";
    Kill = 5, "CAP_KILL";
    Setgid = 6, "CAP_SETGID";
    Setuid = 7, "CAP_SETUID";
    Setpcap = 8, "CAP_SETPCAP";
    LinuxImmutable = 9, "CAP_LINUX_IMMUTABLE";
    NetBindService = 10, "CAP_NET_BIND_SERVICE";
    NetBroadcast = 11, "CAP_NET_BROADCAST";
    NetAdmin = 12, "CAP_NET_ADMIN";
    NetRaw = 13, "CAP_NET_RAW";
    IpcLock = 14, "CAP_IPC_LOCK";
    IpcOwner = 15, "CAP_IPC_OWNER";
    SysModule = 16, "CAP_SYS_MODULE";
    SysRawio = 17, "CAP_SYS_RAWIO";
    SysChroot = 18, "CAP_SYS_CHROOT";
    SysPtrace = 19, "CAP_SYS_PTRACE";
    SysPacct = 20, "CAP_SYS_PACCT";
    SysAdmin = 21, "CAP_SYS_ADMIN";
    SysBoot = 22, "CAP_SYS_BOOT";
    SysNice = 23, "CAP_SYS_NICE";
    SysResource = 24, "CAP_SYS_RESOURCE";
    SysTime = 25, "CAP_SYS_TIME";
    SysTtyConfig = 26, "CAP_SYS_TTY_CONFIG";
    Mknod = 27, "CAP_MKNOD";
    Lease = 28, "CAP_LEASE";
    AuditWrite = 29, "CAP_AUDIT_WRITE";
    AuditControl = 30, "CAP_AUDIT_CONTROL";
    Setfcap = 31, "CAP_SETFCAP";
    MacOverride = 32, "CAP_MAC_OVERRIDE";
    MacAdmin = 33, "CAP_MAC_ADMIN";
    Syslog = 34, "CAP_SYSLOG";
    WakeAlarm = 35, "CAP_WAKE_ALARM";
    BlockSuspend = 36, "CAP_BLOCK_SUSPEND";
    AuditRead = 37, "CAP_AUDIT_READ";
    Perfmon = 38, "CAP_PERFMON";
    Bpf = 39, "CAP_BPF";
    CheckpointRestore = 40, "CAP_CHECKPOINT_RESTORE";
}

/// The fourteen that Docker leaves to a container unasked, `docker run` reference.
pub const DOCKER: [Capability; 14] = [
    Capability::Chown,
    Capability::DacOverride,
    Capability::Fowner,
    Capability::Fsetid,
    Capability::Kill,
    Capability::Setgid,
    Capability::Setuid,
    Capability::Setpcap,
    Capability::NetBindService,
    Capability::NetRaw,
    Capability::SysChroot,
    Capability::Mknod,
    Capability::AuditWrite,
    Capability::Setfcap,
];

impl Capability {
    /// Its bit in a mask.
    pub const fn bit(self) -> u64 {
        1 << self.number()
    }

    /// As Docker and `setpriv(1)` write it, in capitals: `SYS_ADMIN`.
    pub fn short(self) -> &'static str {
        self.name().strip_prefix("CAP_").unwrap_or_else(|| self.name())
    }
}

/// The mask of several.
pub fn mask(all: &[Capability]) -> u64 {
    all.iter().fold(0, |mask, one| mask | one.bit())
}

/// Those in a mask, by number. Bits of a newer kernel that have no name here are left out.
pub fn in_mask(mask: u64) -> impl Iterator<Item = Capability> {
    Capability::ALL.iter().copied().filter(move |one| mask & one.bit() != 0)
}

/// The mask in 16 hexadecimal digits, as in `/proc/PID/status`.
pub fn parse(hexadecimal: &str) -> Option<u64> {
    u64::from_str_radix(hexadecimal, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_kernels() {
        for (number, one) in Capability::ALL.iter().enumerate() {
            assert_eq!(usize::from(one.number()), number, "{one:?}");
            let theirs: caps::Capability = one.name().parse().expect("a name the library knows");
            assert_eq!(theirs.index(), one.number());
        }
        assert_eq!(Capability::ALL.len(), caps::all().len());
    }

    #[test]
    fn dockers_mask_is_the_one_its_containers_have() {
        assert_eq!(mask(&DOCKER), 0xa804_25fb);
        assert_eq!(in_mask(0xa804_25fb).collect::<Vec<_>>(), DOCKER);
        assert_eq!(parse("00000000a80425fb"), Some(0xa804_25fb));
        assert_eq!(in_mask(u64::MAX).count(), Capability::ALL.len());
        assert_eq!(Capability::SysAdmin.short(), "SYS_ADMIN");
    }
}
