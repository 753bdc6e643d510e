//! What a small system needs in its root directory. The programs come from the host's own /usr, mounted read-only: an
//! image would hold a copy of its own.

use std::{fs, path::Path};

use nix::mount::MsFlags;

use super::{Call, Failure, Kernel, call, covers, local_failure};
use crate::{kernel::errno_of, probe::mountinfo};

const DIRECTORIES: [&str; 8] = ["usr", "proc", "dev", "dev/pts", "tmp", "etc", "root", "run"];
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const LINKS: [(&str, &str); 5] = [
    ("pts/ptmx", "dev/ptmx"),
    ("/proc/self/fd", "dev/fd"),
    ("/proc/self/fd/0", "dev/stdin"),
    ("/proc/self/fd/1", "dev/stdout"),
    ("/proc/self/fd/2", "dev/stderr"),
];
const FILES: [(&str, &str); 3] = [
    ("passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    ("group", "root:x:0:\nnogroup:x:65534:\n"),
    ("hosts", "127.0.0.1 localhost\n"),
];

pub(super) fn act(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    for name in DIRECTORIES {
        call(kernel, &Call::Mkdir(format!("{root}/{name}")))?;
    }
    programs(kernel, root)?;
    devices(kernel, root)?;
    etc(kernel, root)?;
    let data = "newinstance,ptmxmode=0666,mode=0620";
    mount(kernel, "devpts", &format!("{root}/dev/pts"), MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC, data)?;
    // Before the host's /proc is out of sight: the kernel lets a user namespace mount a new one only next to it.
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(kernel, "proc", &format!("{root}/proc"), flags, "")
}

/// /usr, and /bin and its like, which are links into /usr on every current distribution and directories on older ones.
fn programs(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    bind(kernel, "/usr", &format!("{root}/usr"), true)?;
    for name in ["bin", "sbin", "lib", "lib32", "lib64"] {
        let (host, inside) = (format!("/{name}"), format!("{root}/{name}"));
        if let Ok(target) = fs::read_link(&host) {
            call(kernel, &Call::Symlink { target: target.to_string_lossy().into_owned(), link: inside })?;
        } else if Path::new(&host).is_dir() {
            call(kernel, &Call::Mkdir(inside.clone()))?;
            bind(kernel, &host, &inside, true)?;
        }
    }
    Ok(())
}

fn devices(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    for name in DEVICES {
        let inside = format!("{root}/dev/{name}");
        call(kernel, &Call::Create { path: inside.clone(), text: String::new() })?;
        bind(kernel, &format!("/dev/{name}"), &inside, false)?;
    }
    for (target, link) in LINKS {
        call(kernel, &Call::Symlink { target: target.to_owned(), link: format!("{root}/{link}") })?;
    }
    Ok(())
}

fn etc(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    for (name, text) in FILES {
        call(kernel, &Call::Create { path: format!("{root}/etc/{name}"), text: text.to_owned() })?;
    }
    for name in ["alternatives", "terminfo"] {
        let host = format!("/etc/{name}");
        if Path::new(&host).is_dir() {
            let inside = format!("{root}/etc/{name}");
            call(kernel, &Call::Mkdir(inside.clone()))?;
            bind(kernel, &host, &inside, true)?;
        }
    }
    Ok(())
}

/// A bind mount of a whole tree; read-only ones keep the flags that the host gave the original. A mount is made read-only
/// by itself: those below it that the tree brought along (a /usr/local on a disk of its own) each need the same.
fn bind(kernel: &mut dyn Kernel, source: &str, target: &str, read_only: bool) -> Result<(), Failure> {
    let mount = |flags| Call::Mount {
        source: source.to_owned(),
        target: target.to_owned(),
        fstype: String::new(),
        flags,
        data: String::new(),
    };
    call(kernel, &mount(MsFlags::MS_BIND | MsFlags::MS_REC))?;
    if !read_only {
        return Ok(());
    }
    call(kernel, &covers::remount(target, true))?;
    // The kernel's list names no links.
    let real = fs::canonicalize(target).and_then(|real| Ok((real, fs::read("/proc/self/mountinfo")?)));
    let (real, mounts) = real.map_err(|error| local_failure("open", errno_of(&error)))?;
    let mounts = mountinfo::parse(&mounts);
    let mut below = mountinfo::below(&mounts, &real);
    below.try_for_each(|mount| {
        call(kernel, &covers::remount(&mount.point.to_string_lossy(), true)).map(|_| ())
    })
}

fn mount(
    kernel: &mut dyn Kernel,
    fstype: &str,
    target: &str,
    flags: MsFlags,
    data: &str,
) -> Result<(), Failure> {
    let (source, fstype) = (fstype.to_owned(), fstype.to_owned());
    call(kernel, &Call::Mount { source, target: target.to_owned(), fstype, flags, data: data.to_owned() })
        .map(|_| ())
}
