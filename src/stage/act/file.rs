//! Operations on files in the box, call by call, as `echo`, `rm`, `mv` and `chmod` make them.

use std::{fs, path::Path};

use super::{Call, Failure, Kernel, call};
use crate::{
    kernel::call::file::{Deed, FileCall, How},
    lab::action::file::{FileAction, FileOp, LINE},
};

/// A tree deeper than this is not deleted by the program.
const DEPTH: usize = 16;

pub(super) fn act(kernel: &mut dyn Kernel, action: &FileAction, root: &str) -> Result<(), Failure> {
    let path = action.place(root);
    let target = action.target(root).unwrap_or_default();
    let deeds = match action.op {
        FileOp::Create => vec![Deed::Open(How::Create), Deed::Append(LINE.to_owned())],
        FileOp::Overwrite => vec![Deed::Open(How::Truncate), Deed::Append(LINE.to_owned())],
        FileOp::Append => vec![Deed::Open(How::Append), Deed::Append(LINE.to_owned())],
        FileOp::Delete => return delete(kernel, root, &path),
        FileOp::Rename => vec![Deed::Rename(target)],
        FileOp::Chmod => vec![Deed::Chmod(0o600)],
        FileOp::Mkdir => vec![Deed::Mkdir],
        FileOp::Link => vec![Deed::Link(target)],
        FileOp::Read => vec![Deed::Read],
    };
    deeds.into_iter().try_for_each(|deed| call(kernel, &on(root, path.clone(), deed)).map(|_| ()))
}

/// As [`act`], but a refusal is an answer: it stands in the trace.
pub(super) fn attempt(kernel: &mut dyn Kernel, action: &FileAction, root: &str) {
    if let Err(failure) = act(kernel, action, root) {
        tracing::debug!(?failure, "the kernel refused what was tried");
    }
}

/// `rm -r`: what is in a directory goes first.
pub(super) fn delete(kernel: &mut dyn Kernel, root: &str, path: &str) -> Result<(), Failure> {
    delete_at(kernel, root, path, DEPTH)
}

fn delete_at(kernel: &mut dyn Kernel, root: &str, path: &str, depth: usize) -> Result<(), Failure> {
    let is_dir = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    if !is_dir {
        return call(kernel, &on(root, path.to_owned(), Deed::Unlink)).map(|_| ());
    }
    for name in names(Path::new(path)) {
        if let Some(depth) = depth.checked_sub(1) {
            delete_at(kernel, root, &format!("{path}/{name}"), depth)?;
        }
    }
    call(kernel, &on(root, path.to_owned(), Deed::Rmdir)).map(|_| ())
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// A call on a file below the box directory.
pub(super) fn on(root: &str, path: String, deed: Deed) -> Call {
    Call::File(FileCall { root: root.to_owned(), path, deed })
}
