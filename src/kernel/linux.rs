//! The real system calls.

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    libc,
    mount::{mount, umount2},
    mqueue::{MQ_OFlag, MqAttr, mq_close, mq_open},
    sys::{
        signal::kill,
        stat::{FchmodatFlags, Mode, fchmodat},
    },
    unistd,
};

mod file;
mod member;

use super::{Call, Kernel, disk, errno_of, netlink, rights};
use crate::lab::namespace::Namespace;

/// Linux itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Linux;

impl Kernel for Linux {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        match call {
            Call::Unshare(ns) => unshare(ns),
            Call::Clone(ns) if ns.is_empty() => fork(),
            Call::Clone(ns) => clone3(ns),
            Call::Write { path, text } => write(OpenOptions::new().write(true), path, text),
            Call::Create { path, text } => {
                write(OpenOptions::new().write(true).create_new(true).mode(0o644), path, text)
            }
            Call::Rmdir(path) => std::fs::remove_dir(path).map(|()| 0).map_err(|e| errno_of(&e)),
            Call::Kill { pid, signal } => kill(unistd::Pid::from_raw(*pid), *signal).map(|()| 0),
            Call::KillMember { pid, signal, procs } => member::signal(*pid, *signal, procs).map(|()| 0),
            Call::SetHostname(name) => unistd::sethostname(name).map(|()| 0),
            Call::Mount { source, target, fstype, flags, data } => {
                mount(optional(source), target.as_str(), optional(fstype), *flags, optional(data)).map(|()| 0)
            }
            Call::Umount { target, flags } => umount2(target.as_str(), *flags).map(|()| 0),
            Call::PivotRoot { new_root, put_old } => {
                unistd::pivot_root(new_root.as_str(), put_old.as_str()).map(|()| 0)
            }
            Call::Chroot(path) => unistd::chroot(path.as_str()).map(|()| 0),
            Call::Chdir(path) => unistd::chdir(path.as_str()).map(|()| 0),
            Call::Mkdir(path) => unistd::mkdir(path.as_str(), Mode::from_bits_truncate(0o755)).map(|()| 0),
            Call::Chmod { path, mode } => {
                let mode = Mode::from_bits_truncate(*mode);
                fchmodat(nix::fcntl::AT_FDCWD, path.as_str(), mode, FchmodatFlags::FollowSymlink).map(|()| 0)
            }
            Call::Symlink { target, link } => {
                unistd::symlinkat(target.as_str(), nix::fcntl::AT_FDCWD, link.as_str()).map(|()| 0)
            }
            Call::File(call) => file::call(call),
            Call::Disk(call) => disk::call(call),
            Call::LinkUp(name) => netlink::link_up(name).map(|()| 0),
            Call::MsgGet => message_queue(),
            Call::ShmGet(size) => shared_memory(*size),
            Call::MqOpen(name) => posix_queue(name),
            Call::DropCapabilities => drop_capabilities(),
            Call::Run { program, args } => run(program, args),
            Call::DropBounding(_)
            | Call::SetCapabilities(_)
            | Call::ClearAmbient
            | Call::NoNewPrivs
            | Call::SeccompFilter(_)
            | Call::Mknod(_)
            | Call::SetClock
            | Call::Chown { .. }
            | Call::Exec { .. } => rights(call),
        }
    }
}

/// Rights given up, and tries of what needs rights.
fn rights(call: &Call) -> Result<i64, Errno> {
    match call {
        Call::DropBounding(capability) => rights::drop_bounding(*capability),
        Call::SetCapabilities(mask) => rights::set_capabilities(*mask),
        Call::ClearAmbient => rights::clear_ambient(),
        Call::NoNewPrivs => rights::no_new_privs(),
        Call::SeccompFilter(filter) => rights::seccomp_filter(filter),
        Call::Mknod(path) => rights::mknod(path),
        Call::SetClock => rights::set_clock(),
        Call::Chown { path, uid } => rights::chown(path, *uid),
        Call::Exec { program, args } => rights::exec(program, args),
        _ => Err(Errno::ENOSYS),
    }
}

fn optional(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Rust's own wrapper has no `CLONE_NEWTIME`, so the number goes to the C library as it is.
fn unshare(ns: &[Namespace]) -> Result<i64, Errno> {
    let flags = libc::c_int::try_from(bits(ns)).map_err(|_too_large| Errno::EINVAL)?;
    // SAFETY: unshare takes an integer and touches no memory of ours.
    #[expect(unsafe_code, reason = "no safe wrapper knows all eight namespaces")]
    let result = unsafe { libc::unshare(flags) };
    Errno::result(result).map(i64::from)
}

fn fork() -> Result<i64, Errno> {
    // SAFETY: the processes that act (stage, subject) have one thread, so the child may go on as any program may.
    #[expect(unsafe_code, reason = "fork is unsafe in programs with threads")]
    let outcome = unsafe { unistd::fork() }?;
    Ok(match outcome {
        unistd::ForkResult::Parent { child } => i64::from(child.as_raw()),
        unistd::ForkResult::Child => 0,
    })
}

/// `struct clone_args` of `clone(2)`, its first version (64 bytes).
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
}

fn clone3(ns: &[Namespace]) -> Result<i64, Errno> {
    let args = CloneArgs { flags: bits(ns), exit_signal: libc::SIGCHLD as u64, ..CloneArgs::default() };
    // SAFETY: without a stack and without CLONE_VM the call behaves as fork in a process of one thread; `args` lives
    // until it returns and its size is the structure's.
    #[expect(unsafe_code, reason = "the C library has no wrapper for clone3")]
    let result = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) };
    Errno::result(result)
}

fn bits(ns: &[Namespace]) -> u64 {
    ns.iter().fold(0, |all, ns| all | ns.bit())
}

fn write(options: &OpenOptions, path: &str, text: &str) -> Result<i64, Errno> {
    let mut file = options.clone().custom_flags(libc::O_CLOEXEC).open(path).map_err(|e| errno_of(&e))?;
    let written = file.write(text.as_bytes()).map_err(|e| errno_of(&e))?;
    i64::try_from(written).map_err(|_too_large| Errno::EOVERFLOW)
}

fn message_queue() -> Result<i64, Errno> {
    // SAFETY: msgget takes two integers.
    #[expect(unsafe_code, reason = "no safe wrapper for System V IPC")]
    let id = unsafe { libc::msgget(libc::IPC_PRIVATE, libc::IPC_CREAT | 0o600) };
    Errno::result(id).map(i64::from)
}

fn shared_memory(size: usize) -> Result<i64, Errno> {
    // SAFETY: shmget takes integers; the segment is not attached.
    #[expect(unsafe_code, reason = "no safe wrapper for System V IPC")]
    let id = unsafe { libc::shmget(libc::IPC_PRIVATE, size, libc::IPC_CREAT | 0o600) };
    Errno::result(id).map(i64::from)
}

fn posix_queue(name: &str) -> Result<i64, Errno> {
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_RDWR;
    // The kernel's own defaults, said aloud: without attributes the wrapper passes on no mode either.
    let attributes = MqAttr::new(0, 10, 8192, 0);
    let queue = mq_open(name, flags, Mode::from_bits_truncate(0o600), Some(&attributes))?;
    mq_close(queue).map(|()| 0)
}

fn drop_capabilities() -> Result<i64, Errno> {
    for set in [caps::CapSet::Effective, caps::CapSet::Permitted, caps::CapSet::Inheritable] {
        caps::clear(None, set).map_err(|_opaque| Errno::last())?;
    }
    Ok(0)
}

fn run(program: &str, args: &[String]) -> Result<i64, Errno> {
    let quiet = || std::process::Stdio::null();
    let mut command = std::process::Command::new(program);
    command.args(args).stdin(quiet()).stdout(quiet()).stderr(quiet());
    let status = command.status().map_err(|e| errno_of(&e))?;
    if status.success() { Ok(0) } else { Err(Errno::EPERM) }
}

/// The flags a mount has now, as `mount(2)` takes them: a bind mount that is made read-only must keep them, since those
/// that came from a more privileged mount namespace are locked, `mount_namespaces(7)`.
pub fn mount_flags(path: &str) -> Result<nix::mount::MsFlags, Errno> {
    use nix::{mount::MsFlags, sys::statvfs::FsFlags};
    let now = nix::sys::statvfs::statvfs(path)?.flags();
    let pairs = [
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    Ok(pairs.into_iter().filter(|(has, _)| now.contains(*has)).map(|(_, flag)| flag).collect())
}

/// The directory a descriptor stands for, as a flagless open for `chroot` and `fchdir`.
pub fn open_dir(path: &str) -> Result<std::os::fd::OwnedFd, Errno> {
    nix::fcntl::open(path, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
}
