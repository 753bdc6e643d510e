//! Can a process walk out of its root? Tried, not assumed: it plays the classic trick of `chroot(2)`, and comes back.
//!
//! A root directory only stops `..` when a path walk meets it. The process keeps a descriptor of its root, moves its root
//! one directory deeper, and goes up from the descriptor: `..` no longer meets the root, and it arrives at the root of
//! the mount namespace. Where the two were the same directory, there is nowhere to go. The descriptor leads back.
//!
//! It is not a child that does this: after `unshare(CLONE_NEWPID)` that would be process 1 of the new namespace, and
//! with its end no other could be started there, `pid_namespaces(7)`.

use std::{
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::Path,
};

use nix::{errno::Errno, unistd::fchdir};

use crate::{
    kernel::{Call, Kernel, Linux, linux::open_dir},
    lab::observation::Value,
};

/// More levels than any path to a box has.
const LEVELS: usize = 64;

/// Remembers the answer for as long as the root stays the same.
#[derive(Debug, Default)]
pub struct EscapeReader {
    root: Option<(u64, u64)>,
    answer: Option<Value>,
}

impl EscapeReader {
    /// `yes` or `no`.
    pub fn read(&mut self) -> Value {
        let root = place("/");
        if root != self.root || self.answer.is_none() {
            self.root = root;
            self.answer = Some(attempt());
        }
        self.answer.clone().unwrap_or_else(|| Value::Text("no".to_owned()))
    }
}

/// Plays the trick, and comes back to where it was.
fn attempt() -> Value {
    let before = place("/");
    let tricked = open_dir("/").and_then(|root| {
        let here = open_dir(".")?;
        let escaped = walk_out(&root).map(|()| place("/") != before);
        // Where nothing has changed, because the trick is forbidden, there is nothing to undo.
        fchdir(&root)?;
        if place("/") != before {
            Linux.call(&Call::Chroot(".".to_owned()))?;
        }
        fchdir(&here).and(escaped)
    });
    Value::Text(if tricked == Ok(true) { "yes" } else { "no" }.to_owned())
}

/// Moves the root to the top of the mount namespace, from a descriptor of the present root.
pub(super) fn walk_out(root: &OwnedFd) -> Result<(), Errno> {
    let deeper = ["/usr", "/proc", "/dev", "/tmp"].into_iter().find(|dir| Path::new(dir).is_dir());
    Linux.call(&Call::Chroot(deeper.ok_or(Errno::ENOENT)?.to_owned()))?;
    fchdir(root)?;
    for _ in 0..LEVELS {
        Linux.call(&Call::Chdir("..".to_owned()))?;
    }
    Linux.call(&Call::Chroot(".".to_owned())).map(|_| ())
}

/// Which directory a path leads to: its device and inode.
pub(super) fn place(path: &str) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}
