//! Can a process walk out of its root? Tried, not assumed: a throw-away child plays the classic trick of `chroot(2)`.
//!
//! A root directory only stops `..` when a path walk meets it. The child keeps a descriptor of its root, moves its root
//! one directory deeper, and goes up from the descriptor: `..` no longer meets the root, and it arrives at the root of
//! the mount namespace. Where the two were the same directory, there is nowhere to go.

use std::os::unix::fs::MetadataExt;

use nix::unistd::fchdir;

use crate::{
    kernel::{Call, Kernel, Linux, linux::open_dir, process},
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
        let root = std::fs::metadata("/").ok().map(|meta| (meta.dev(), meta.ino()));
        if root != self.root || self.answer.is_none() {
            self.root = root;
            self.answer = Some(attempt());
        }
        self.answer.clone().unwrap_or_else(|| Value::Text("no".to_owned()))
    }
}

/// Plays the trick in a child; its exit code is the answer.
fn attempt() -> Value {
    use nix::sys::wait::{WaitStatus, waitpid};
    let child = match Linux.call(&Call::Clone(Vec::new())) {
        Ok(0) => process::leave(walk_out()),
        Ok(pid) => nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap_or_default()),
        Err(errno) => return Value::Missing { errno: format!("{errno:?}") },
    };
    let escaped = matches!(waitpid(child, None), Ok(WaitStatus::Exited(_, 1)));
    Value::Text(if escaped { "yes" } else { "no" }.to_owned())
}

/// 1 where another root was reached.
fn walk_out() -> i32 {
    let place = |path: &str| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let before = place("/");
    let Some(deeper) =
        ["/usr", "/proc", "/dev", "/tmp"].into_iter().find(|dir| std::path::Path::new(dir).is_dir())
    else {
        return 0;
    };
    let tricked = open_dir("/").and_then(|root| {
        Linux.call(&Call::Chroot(deeper.to_owned()))?;
        fchdir(root)?;
        for _ in 0..LEVELS {
            Linux.call(&Call::Chdir("..".to_owned()))?;
        }
        Linux.call(&Call::Chroot(".".to_owned()))
    });
    i32::from(tricked.is_ok() && place("/") != before)
}
