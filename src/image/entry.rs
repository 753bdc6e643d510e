//! One tar as a series of entries: `ustar`, GNU and PAX headers, `tar(5)`. Long names are put together here, under
//! limits, because a library that does it believes their sizes.

use std::io::{self, Read};

use tar::{EntryType, Header, PaxExtensions};

use super::{
    limits::Limits,
    name::{Name, safe, show},
    refusal::{Place, Refusal, Why},
};

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link, with the text of its target, which is never followed.
    Symlink(Vec<u8>),
    /// Another name of a file of the image.
    Hard(Name),
    /// A named pipe.
    Pipe,
}

/// Everything about an entry that `chmod`, `chown` and `setfattr` change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
    /// Extended attributes, as PAX has them: `SCHILY.xattr.security.capability`.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where in the image.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// Who may do what with it.
    pub meta: Meta,
    /// Bytes of a regular file; 0 for the rest.
    pub bytes: u64,
    /// SHA-256 of a regular file's content.
    pub hash: Option<[u8; 32]>,
}

impl Entry {
    /// Bytes of its words, which stay in memory: a small layer may unpack to nothing but long ones.
    pub fn held(&self) -> u64 {
        let target = match &self.kind {
            Kind::Symlink(target) => target.len(),
            Kind::Hard(target) => target.len(),
            Kind::File | Kind::Dir | Kind::Pipe => 0,
        };
        let xattrs: usize = self.meta.xattrs.iter().map(|(key, value)| key.len() + value.len()).sum();
        (self.name.len() + target + xattrs) as u64
    }
}

/// What headers said about the entry that follows them.
#[derive(Default)]
struct Before {
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    uid: Option<u64>,
    gid: Option<u64>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    sparse: bool,
    /// Bytes of all of it.
    spent: u64,
}

/// Where an entry's content begins in the archive, and a reader of exactly its bytes.
pub struct Content<'a> {
    /// Offset in bytes.
    pub at: u64,
    /// The bytes.
    pub read: &'a mut dyn Read,
}

/// Goes through a tar: `visit` gets every entry and its content. Content it leaves is skipped.
pub fn walk<'a, R: Read + 'a>(
    entries: io::Result<tar::Entries<'a, R>>,
    place: Place,
    limits: &Limits,
    mut visit: impl FnMut(Entry, Content<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let entries = entries.map_err(|error| Why::of_io(&error).at(place, None))?.raw(true);
    let (mut before, mut last) = (Before::default(), None);
    for entry in entries {
        // what cannot be read has no name: the one before it says where
        let mut entry = entry.map_err(|error| Why::of_io(&error).at(place, last.clone()))?;
        let (header, size, at) = (entry.header().clone(), entry.size(), entry.raw_file_position());
        let kind = header.entry_type();
        let refuse = |why: Why, before: &Before| why.at(place, Some(shown(&header, before)));
        if about_the_next(kind) {
            before.spent = before.spent.saturating_add(size);
            if before.spent > limits.attributes {
                return Err(refuse(Why::Bytes(limits.attributes), &before));
            }
            let mut bytes = Vec::new();
            let read = (&mut entry).take(size).read_to_end(&mut bytes);
            let read = read.map_err(|error| refuse(Why::of_io(&error), &before))?;
            if read as u64 != size {
                return Err(refuse(Why::Truncated, &before));
            }
            before.take(kind, bytes, size).map_err(|why| refuse(why, &before))?;
            continue;
        }
        let described = std::mem::take(&mut before);
        let named = described.named(&header, size, limits).map_err(|why| refuse(why, &described))?;
        last = Some(show(&named.name));
        let mut left = (&mut entry).take(size);
        visit(named, Content { at, read: &mut left })?;
    }
    if before.spent > 0 {
        return Err(Why::Truncated.at(place, last));
    }
    Ok(())
}

/// Headers that are about the entry after them.
fn about_the_next(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

/// The name as the archive has it, to show.
fn shown(header: &Header, before: &Before) -> String {
    before.name.as_deref().map_or_else(|| show(&header.path_bytes()), show)
}

impl Before {
    fn take(&mut self, kind: EntryType, mut bytes: Vec<u8>, size: u64) -> Result<(), Why> {
        if kind.is_pax_local_extensions() {
            return self.take_pax(&bytes, size);
        }
        if bytes.last() == Some(&0) {
            bytes.pop();
        }
        let slot = if kind.is_gnu_longname() {
            &mut self.name
        } else if kind.is_gnu_longlink() {
            &mut self.target
        } else {
            // a global header: a comment, as `git archive` writes it
            return Ok(());
        };
        if slot.replace(bytes).is_some() {
            return Err(Why::Twice);
        }
        Ok(())
    }

    fn take_pax(&mut self, bytes: &[u8], size: u64) -> Result<(), Why> {
        let broken = || Why::Broken("pax".to_owned());
        let mut told = 0;
        for record in PaxExtensions::new(bytes) {
            let record = record.map_err(|_malformed| broken())?;
            let (key, value) = (record.key_bytes(), record.value_bytes());
            told += key.len() + value.len();
            let number =
                || std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).ok_or(Why::Size);
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.target = Some(value.to_vec()),
                b"uid" => self.uid = Some(number()?),
                b"gid" => self.gid = Some(number()?),
                // only a file of more than 8 GiB needs it; a second opinion on where an entry ends is how two readers
                // are made to see two archives
                b"size" => return Err(Why::Size),
                _ if key.starts_with(b"GNU.sparse") => self.sparse = true,
                _ if key.starts_with(b"SCHILY.xattr.") => self.xattrs.push((key.to_vec(), value.to_vec())),
                _ => {}
            }
        }
        if told == 0 && size > 0 { Err(broken()) } else { Ok(()) }
    }

    /// The entry that all of this was about.
    fn named(&self, header: &Header, size: u64, limits: &Limits) -> Result<Entry, Why> {
        let raw = self.name.clone().unwrap_or_else(|| header.path_bytes().into_owned());
        let name = safe(&raw, limits)?;
        let kind = self.kind(header, raw.ends_with(b"/"), limits)?;
        if self.sparse {
            return Err(Why::Sparse);
        }
        if name.is_empty() && kind != Kind::Dir {
            return Err(Why::BadName);
        }
        if kind != Kind::File && size > 0 && !matches!(kind, Kind::Hard(_)) {
            return Err(Why::Size);
        }
        // an owner that is no number harms nobody: nothing is unpacked
        let number =
            |told: Option<u64>, read: io::Result<u64>| told.or_else(|| read.ok()).unwrap_or_default();
        let mut xattrs = self.xattrs.clone();
        xattrs.sort();
        let meta = Meta {
            mode: header.mode().unwrap_or_default() & 0o7777,
            uid: number(self.uid, header.uid()),
            gid: number(self.gid, header.gid()),
            xattrs,
        };
        let bytes = if kind == Kind::File { size } else { 0 };
        Ok(Entry { name, kind, meta, bytes, hash: None })
    }

    fn kind(&self, header: &Header, slash: bool, limits: &Limits) -> Result<Kind, Why> {
        let target = || {
            let own = || header.link_name_bytes().map(std::borrow::Cow::into_owned);
            let target = self.target.clone().or_else(own).ok_or(Why::BadName)?;
            if target.len() > limits.name { Err(Why::LongName(limits.name)) } else { Ok(target) }
        };
        match header.entry_type() {
            // before POSIX a slash at the end made a directory
            EntryType::Regular if slash => Ok(Kind::Dir),
            EntryType::Regular | EntryType::Continuous => Ok(Kind::File),
            EntryType::Directory => Ok(Kind::Dir),
            EntryType::Symlink => target().map(Kind::Symlink),
            EntryType::Link => {
                let target = target()?;
                safe(&target, limits).map(Kind::Hard).map_err(|_unsafe| Why::LinkOut(show(&target)))
            }
            EntryType::Fifo => Ok(Kind::Pipe),
            EntryType::Char | EntryType::Block => Err(Why::Device),
            EntryType::GNUSparse => Err(Why::Sparse),
            other => Err(Why::Kind(show(&[other.as_byte()]))),
        }
    }
}
