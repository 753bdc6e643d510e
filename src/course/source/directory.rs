//! A course directory that may be hostile: read with limits, links not followed.

use std::{
    borrow::Cow,
    fs,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{PARTS, Source};
use crate::course::problem::Problem;

/// The largest file of a course, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// The most files of a course.
const MAX_FILES: usize = 4096;
/// The most bytes of a course.
const MAX_TOTAL: usize = 32 << 20;
/// `NN-name/lab/step.toml`: two directories below `lessons`, and one more to say that it is too deep.
const MAX_DEPTH: usize = 3;
/// `O_NOFOLLOW | O_NONBLOCK`, `open(2)`: a link is an error, a FIFO does not block.
const OPEN_FLAGS: i32 = 0o400_000 | 0o4000;

/// Reads the parts of a course. Never fails as a whole: what could not be read is in the source's problems.
pub(super) fn read(dir: &Path) -> Source {
    let mut source = Source { prefix: format!("{}/", dir.display()), ..Source::default() };
    for (part, needed) in PARTS {
        let root = dir.join(part);
        match fs::symlink_metadata(&root) {
            Ok(meta) if meta.is_dir() => walk(&mut source, &root, part, 0),
            Ok(_) => refuse(&mut source, &root, "not a directory"),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !needed => {}
            Err(error) => refuse(&mut source, &root, error.to_string()),
        }
    }
    source
}

fn walk(source: &mut Source, dir: &Path, below: &str, depth: usize) {
    if depth > MAX_DEPTH {
        return refuse(source, dir, "nested too deeply for a course");
    }
    let entries = match fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return refuse(source, dir, error.to_string()),
    };
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        let Some(name) = name.to_str() else {
            refuse(source, &path, "the name is not UTF-8");
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let inner = format!("{below}/{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(source, &path, &inner, depth + 1),
            Ok(kind) if kind.is_symlink() => {
                refuse(source, &path, "a symbolic link; a course holds plain files");
            }
            Ok(kind) if kind.is_file() => add(source, &path, inner),
            Ok(_) => refuse(source, &path, "not a plain file"),
            Err(error) => refuse(source, &path, error.to_string()),
        }
    }
}

fn add(source: &mut Source, path: &Path, inner: String) {
    let total: usize = source.texts.values().map(|text| text.len()).sum();
    if source.texts.len() >= MAX_FILES || total >= MAX_TOTAL {
        // said once: the list of problems must not grow without end either
        let message = format!("more than {MAX_FILES} files or {MAX_TOTAL} bytes");
        if !source.problems.iter().any(|p| p.message == message) {
            refuse(source, path, message);
        }
        return;
    }
    match text_of(path) {
        Ok(text) => drop(source.texts.insert(inner, Cow::Owned(text))),
        Err(error) => refuse(source, path, error.to_string()),
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    let file = fs::OpenOptions::new().read(true).custom_flags(OPEN_FLAGS).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("larger than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        io::Error::other(format!("not UTF-8: byte {} is invalid", error.utf8_error().valid_up_to()))
    })
}

fn refuse(source: &mut Source, path: &Path, message: impl Into<String>) {
    source.problems.push(Problem::of_path(path.display().to_string(), message));
}
