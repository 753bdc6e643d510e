//! Giving rights up: capabilities, `no_new_privs`, a system call filter. A process does this to itself, and none of it
//! can be taken back. And the tries of what only root of the whole machine may do.

use nix::{
    errno::Errno,
    libc,
    sys::stat::{Mode, SFlag, makedev},
    time::{ClockId, clock_gettime, clock_settime},
};

use super::errno_of;
use crate::lab::{capability::Capability, seccomp::Filter};

/// `prctl(PR_CAPBSET_DROP)`: no `execve(2)` gives this one back. `EINVAL` for one that this kernel has not.
pub(super) fn drop_bounding(capability: Capability) -> Result<i64, Errno> {
    prctl(libc::PR_CAPBSET_DROP, u64::from(capability.number()))
}

/// Whether the bounding set has it, `PR_CAPBSET_READ`; no for one that this kernel has not.
pub fn in_bounding(capability: Capability) -> bool {
    prctl(libc::PR_CAPBSET_READ, u64::from(capability.number())) == Ok(1)
}

/// `prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)`.
pub(super) fn clear_ambient() -> Result<i64, Errno> {
    prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as u64)
}

pub(super) fn no_new_privs() -> Result<i64, Errno> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1)
}

fn prctl(option: libc::c_int, argument: u64) -> Result<i64, Errno> {
    const NONE: libc::c_ulong = 0;
    // SAFETY: these options take integers.
    #[expect(unsafe_code, reason = "no safe wrapper for these options")]
    let result = unsafe { libc::prctl(option, argument as libc::c_ulong, NONE, NONE, NONE) };
    Errno::result(result).map(i64::from)
}

/// `struct __user_cap_header_struct` of `capset(2)`.
#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

/// `struct __user_cap_data_struct`; two of them, for the lower and the upper half.
#[repr(C)]
struct Half {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`.
const VERSION_3: u32 = 0x2008_0522;

/// `capset(2)`: effective and permitted become this mask, inheritable becomes empty. `EPERM` for what is not permitted now.
pub(super) fn set_capabilities(mask: u64) -> Result<i64, Errno> {
    let header = Header { version: VERSION_3, pid: 0 };
    let half = |bits: u32| Half { effective: bits, permitted: bits, inheritable: 0 };
    let data = [half(mask as u32), half((mask >> 32) as u32)];
    // SAFETY: both structures are laid out as version 3 demands and live until the call returns.
    #[expect(unsafe_code, reason = "the C library has no wrapper for capset")]
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) };
    Errno::result(result)
}

/// The capabilities that are permitted now, as a mask, `capget(2)`.
pub fn permitted() -> Result<u64, Errno> {
    let set = caps::read(None, caps::CapSet::Permitted).map_err(|_opaque| Errno::last())?;
    Ok(set.iter().fold(0, |mask, one| mask | one.bitmask()))
}

/// `seccomp(SECCOMP_SET_MODE_FILTER)`. `EACCES` without `no_new_privs` and without `CAP_SYS_ADMIN`.
pub(super) fn seccomp_filter(filter: &Filter) -> Result<i64, Errno> {
    let mut program: Vec<libc::sock_filter> = filter
        .program
        .iter()
        .map(|i| libc::sock_filter { code: i.code, jt: i.if_true, jf: i.if_false, k: i.k })
        .collect();
    let len = u16::try_from(program.len()).map_err(|_too_long| Errno::EINVAL)?;
    let fprog = libc::sock_fprog { len, filter: program.as_mut_ptr() };
    let (mode, flags): (libc::c_uint, libc::c_uint) = (libc::SECCOMP_SET_MODE_FILTER, 0);
    // SAFETY: the program lives until the call returns; the kernel copies it and checks every instruction.
    #[expect(unsafe_code, reason = "the C library has no wrapper for seccomp")]
    let result = unsafe { libc::syscall(libc::SYS_seccomp, mode, flags, &raw const fprog) };
    Errno::result(result)
}

/// The null device under another name: where it may be made, it does no harm.
pub(super) fn mknod(path: &str) -> Result<i64, Errno> {
    nix::sys::stat::mknod(path, SFlag::S_IFCHR, Mode::from_bits_truncate(0o600), makedev(1, 3)).map(|()| 0)
}

/// Sets the clock of the machine to what it says.
pub(super) fn set_clock() -> Result<i64, Errno> {
    let clock = ClockId::CLOCK_REALTIME;
    clock_settime(clock, clock_gettime(clock)?).map(|()| 0)
}

pub(super) fn chown(path: &str, uid: u32) -> Result<i64, Errno> {
    nix::unistd::chown(path, Some(uid.into()), None).map(|()| 0)
}

/// Starts a program that writes where we write, and waits for it. `EPERM` where it fails.
pub(super) fn exec(program: &str, args: &[String]) -> Result<i64, Errno> {
    let quiet = std::process::Stdio::null;
    let mut command = std::process::Command::new(program);
    let status = command.args(args).stdin(quiet()).stderr(quiet()).status();
    if status.map_err(|e| errno_of(&e))?.success() { Ok(0) } else { Err(Errno::EPERM) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{Call, Kernel, Linux, attempt::attempt},
        lab::seccomp::{AARCH64, Arch, Denied, REQUESTS, X86_64},
    };

    #[test]
    fn the_numbers_are_this_machines() {
        let own = Arch::own().unwrap();
        for (call, number) in [
            (Denied::Mkdir, libc::SYS_mkdirat),
            (Denied::Sethostname, libc::SYS_sethostname),
            (Denied::Mount, libc::SYS_mount),
            (Denied::Mount, libc::SYS_fsmount),
            (Denied::Mount, libc::SYS_move_mount),
            (Denied::Umount, libc::SYS_umount2),
            (Denied::Unshare, libc::SYS_unshare),
            (Denied::Ptrace, libc::SYS_ptrace),
            (Denied::Keyctl, libc::SYS_add_key),
            (Denied::Keyctl, libc::SYS_request_key),
            (Denied::Keyctl, libc::SYS_keyctl),
        ] {
            assert!(own.numbers(call).iter().any(|n| i64::from(*n) == number), "{call:?}");
        }
        assert_eq!(own.installs.map(i64::from), [libc::SYS_prctl, libc::SYS_seccomp]);
        assert_eq!(i64::from(own.ioctl), libc::SYS_ioctl);
        assert_eq!(REQUESTS.map(u64::from), [libc::TIOCSTI, libc::TIOCLINUX]);
        assert_ne!(X86_64, AARCH64);
    }

    /// In a child: what it gives up, it gives up alone.
    #[test]
    fn a_filter_turns_one_call_into_eperm_on_the_real_kernel() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("d").to_string_lossy().into_owned();
        let filter = Filter::denying(&[Denied::Mkdir], &Arch::own().unwrap());
        let outcome = attempt(|| {
            Linux.call(&Call::NoNewPrivs)?;
            Linux.call(&Call::SeccompFilter(filter))?;
            Linux.call(&Call::Chdir("/".to_owned()))?;
            Linux.call(&Call::Mkdir(inside)).map(|_| ())
        });
        assert_eq!(outcome, Err(Errno::EPERM));
        assert!(!dir.path().join("d").exists());
        assert_eq!(Linux.call(&Call::Mkdir(dir.path().join("d").to_string_lossy().into_owned())), Ok(0));
    }

    #[test]
    fn what_is_given_up_stays_given_up() {
        let keep = permitted().unwrap() & Capability::Chown.bit();
        let outcome = attempt(move || {
            Linux.call(&Call::ClearAmbient)?;
            Linux.call(&Call::SetCapabilities(keep))?;
            if permitted()? != keep {
                return Err(Errno::EXDEV);
            }
            Linux.call(&Call::SetCapabilities(keep | Capability::SysAdmin.bit())).map(|_| ())
        });
        assert_eq!(outcome, Err(Errno::EPERM));
    }
}
