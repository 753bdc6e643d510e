//! Calls on a file below the box directory. They follow no symbolic link on the way, `openat2(2)`: what a student put
//! there cannot lead them out.

use super::quoted;

/// One call on one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCall {
    /// The box directory.
    pub root: String,
    /// The file, below the root.
    pub path: String,
    /// What is done to it.
    pub deed: Deed,
}

/// What is done to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `openat(2)`, and closed again: on an overlay, opening for writing is what copies a file up.
    Open(How),
    /// Adds text at the end. Returns the number of bytes.
    Append(String),
    /// Fills a new file with this many bytes that are not zero. Returns their number.
    Fill(u64),
    /// Reads to the end, 64 MiB at most. Returns the number of bytes.
    Read,
    /// `mkdir(2)` with mode 0755.
    Mkdir,
    /// `unlink(2)`.
    Unlink,
    /// `rmdir(2)`.
    Rmdir,
    /// `chmod(2)`.
    Chmod(u32),
    /// `rename(2)` to this path.
    Rename(String),
    /// `link(2)` to this path.
    Link(String),
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It must not exist.
    Create,
    /// Its content goes.
    Truncate,
    /// Its content stays.
    Append,
}

impl FileCall {
    /// The name of its manual page.
    pub(super) const fn name(&self) -> &'static str {
        match self.deed {
            Deed::Open(_) => "openat",
            Deed::Append(_) | Deed::Fill(_) => "write",
            Deed::Read => "read",
            Deed::Mkdir => "mkdir",
            Deed::Unlink => "unlink",
            Deed::Rmdir => "rmdir",
            Deed::Chmod(_) => "chmod",
            Deed::Rename(_) => "rename",
            Deed::Link(_) => "link",
        }
    }

    /// Its arguments, as strace writes them.
    pub(super) fn args(&self) -> Vec<String> {
        let path = quoted(&self.path);
        let open = format!("<{}>", self.path);
        match &self.deed {
            Deed::Open(how) => {
                let flags = match how {
                    How::Create => "O_WRONLY|O_CREAT|O_EXCL",
                    How::Truncate => "O_WRONLY|O_TRUNC",
                    How::Append => "O_WRONLY|O_APPEND",
                };
                vec![path, flags.to_owned()]
            }
            Deed::Append(text) => vec![open, quoted(text), text.len().to_string()],
            Deed::Fill(bytes) => vec![open, "\"xxxx\"...".to_owned(), bytes.to_string()],
            Deed::Read => vec![open],
            Deed::Mkdir => vec![path, "0755".to_owned()],
            Deed::Unlink | Deed::Rmdir => vec![path],
            Deed::Chmod(mode) => vec![path, format!("{mode:04o}")],
            Deed::Rename(to) | Deed::Link(to) => vec![path, quoted(to)],
        }
    }

    /// Every path it touches.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let to = match &self.deed {
            Deed::Rename(to) | Deed::Link(to) => Some(to.as_str()),
            _ => None,
        };
        std::iter::once(self.path.as_str()).chain(to)
    }
}
