//! The layers of an overlay mount as data: one entry of a tree, and what the upper tree says was changed,
//! `overlayfs.rst` of the kernel.

use std::{fmt, str::FromStr};

mod diff;

pub use diff::{Change, changes};

/// What an entry of a tree is to an overlay mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory, merged with those of the same name below.
    Dir,
    /// A directory that hides those of the same name below: `overlay.opaque` is `y`.
    Opaque,
    /// A directory that stands for one of another name below: it has `overlay.redirect`.
    Redirect,
    /// A file whose bytes are still below: it has `overlay.metacopy`.
    Metacopy,
    /// The mark of a deletion: a character device 0,0, or an empty file with `overlay.whiteout`.
    Whiteout,
    /// A symbolic link.
    Link,
    /// A device, a pipe or a socket.
    Special,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::File,
        Self::Dir,
        Self::Opaque,
        Self::Redirect,
        Self::Metacopy,
        Self::Whiteout,
        Self::Link,
        Self::Special,
    ];

    /// `file`, `dir`, `whiteout`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Dir => "dir",
            Self::Opaque => "opaque",
            Self::Redirect => "redirect",
            Self::Metacopy => "metacopy",
            Self::Whiteout => "whiteout",
            Self::Link => "link",
            Self::Special => "special",
        }
    }

    /// Whether it is a directory of some kind.
    pub const fn is_dir(self) -> bool {
        matches!(self, Self::Dir | Self::Opaque | Self::Redirect)
    }
}

/// One entry of a tree, as `lstat(2)` and the attributes of overlay tell it. Written as one line:
/// `file 0644 1 23 0:51:12 etc/motd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// Number of hard links.
    pub links: u64,
    /// Size in bytes.
    pub size: u64,
    /// Its device and inode: `0:51:12`.
    pub id: String,
    /// Relative to the tree, without a leading slash.
    pub path: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, mode, links, size, id, path } = self;
        write!(f, "{} {mode:04o} {links} {size} {id} {path}", kind.name())
    }
}

/// A line that is no entry, such as the count of those that were too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an entry of a tree")]
pub struct NotAnEntry;

impl FromStr for Entry {
    type Err = NotAnEntry;

    fn from_str(line: &str) -> Result<Self, NotAnEntry> {
        let mut words = line.splitn(6, ' ');
        let mut word = || words.next().filter(|word| !word.is_empty()).ok_or(NotAnEntry);
        let name = word()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or(NotAnEntry)?;
        let mode = u32::from_str_radix(word()?, 8).map_err(|_no_number| NotAnEntry)?;
        let links = word()?.parse().map_err(|_no_number| NotAnEntry)?;
        let size = word()?.parse().map_err(|_no_number| NotAnEntry)?;
        Ok(Self { kind, mode, links, size, id: word()?.to_owned(), path: word()?.to_owned() })
    }
}

/// What an upper tree keeps that no ordinary tree has, one line each: `whiteout etc/old`, `opaque etc/app`.
pub fn marks(upper: &[Entry]) -> Vec<String> {
    let mark = |entry: &Entry| match entry.kind {
        Kind::Whiteout | Kind::Opaque | Kind::Redirect | Kind::Metacopy => {
            Some(format!("{} {}", entry.kind.name(), entry.path))
        }
        _ => None,
    };
    upper.iter().filter_map(mark).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_is_a_line_and_a_line_an_entry() {
        let line = "file 0644 1 23 0:51:12 etc/a name with spaces";
        let entry: Entry = line.parse().expect("an entry");
        assert_eq!((entry.kind, entry.mode, entry.size), (Kind::File, 0o644, 23));
        assert_eq!(entry.path, "etc/a name with spaces");
        assert_eq!(entry.to_string(), line);
        for wrong in
            ["", "+7", "file", "file 0644 1 23 0:51:12", "door 0644 1 2 0:1:2 x", "file 9 1 2 0:1:2 x"]
        {
            assert_eq!(wrong.parse::<Entry>(), Err(NotAnEntry), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_entry_survives_its_line(
            kind in proptest::sample::select(&Kind::ALL[..]),
            mode in 0_u32..0o10000,
            numbers in (any::<u64>(), any::<u64>()),
            path in "[a-z./ ]{1,30}",
        ) {
            let (links, size) = numbers;
            let entry = Entry { kind, mode, links, size, id: "0:51:12".to_owned(), path };
            prop_assert_eq!(entry.to_string().parse(), Ok(entry));
        }

        #[test]
        fn no_line_is_too_strange(line in ".{0,60}") {
            drop(line.parse::<Entry>());
        }
    }
}
