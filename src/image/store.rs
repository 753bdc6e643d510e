//! Where an image lies: a tar or a directory, as names with bytes. Read only; a name never leads out.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::libc::{O_NOFOLLOW, O_NONBLOCK};

use super::{
    entry::{Kind, walk},
    limits::Limits,
    name::{Name, above, safe, show},
    refusal::{Place, Refusal, Why},
};

/// How many links of an archive are followed for one name; older `docker save` links equal layers to each other.
const HOPS: usize = 8;

/// An archive or a directory.
#[derive(Debug)]
pub struct Store {
    kind: Form,
    limits: Limits,
}

#[derive(Debug)]
enum Form {
    /// The archive, and what is where in it.
    Tar { file: File, index: BTreeMap<Name, Item> },
    /// A directory.
    Dir(PathBuf),
}

#[derive(Debug)]
enum Item {
    File { at: u64, bytes: u64 },
    Link(Name),
    Dir,
}

impl Store {
    /// Opens a directory, or reads the table of contents of a tar.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, Refusal> {
        let refuse = |why: Why| why.at(Place::Archive, None);
        let meta = fs::metadata(path).map_err(|error| refuse(Why::of_io(&error)))?;
        let kind = if meta.is_dir() {
            Form::Dir(path.to_owned())
        } else {
            // a pipe cannot be read twice, and would be waited for
            let file = plain(path, 0).map_err(|error| refuse(Why::of_io(&error)))?;
            tar(file, limits)?
        };
        Ok(Self { kind, limits: limits.clone() })
    }

    /// Whether there is a file of this name.
    pub fn has(&self, name: &str) -> bool {
        match &self.kind {
            Form::Tar { index, .. } => self.find(index, name).is_ok(),
            Form::Dir(dir) => within(dir, name).is_ok_and(|path| path.is_file()),
        }
    }

    /// The bytes of a file, and how many there are.
    pub fn file(&mut self, name: &str) -> Result<(Box<dyn Read + '_>, u64), Refusal> {
        let refuse = |why: Why| why.at(Place::Archive, Some(show(name.as_bytes())));
        if let Form::Tar { index, .. } = &self.kind {
            let (at, bytes) = self.find(index, name).map_err(refuse)?;
            let Form::Tar { file, .. } = &mut self.kind else { return Err(refuse(Why::Missing)) };
            file.seek(SeekFrom::Start(at)).map_err(|error| refuse(Why::of_io(&error)))?;
            return Ok((Box::new(file.take(bytes)), bytes));
        }
        let Form::Dir(dir) = &self.kind else { return Err(refuse(Why::Missing)) };
        safe(name.as_bytes(), &self.limits).map_err(refuse)?;
        let path = within(dir, name).map_err(refuse)?;
        let file = plain(&path, O_NOFOLLOW).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => refuse(Why::Missing),
            _ => refuse(Why::of_io(&error)),
        })?;
        let bytes = file.metadata().map_err(|error| refuse(Why::of_io(&error)))?.len();
        Ok((Box::new(file), bytes))
    }

    /// All bytes of a small file.
    pub fn text(&mut self, name: &str) -> Result<Vec<u8>, Refusal> {
        let most = self.limits.json;
        let (mut read, bytes) = self.file(name)?;
        let refuse = |why: Why| why.at(Place::Metadata, Some(show(name.as_bytes())));
        if bytes > most {
            return Err(refuse(Why::Bytes(most)));
        }
        let mut text = Vec::new();
        read.by_ref().take(most).read_to_end(&mut text).map_err(|error| refuse(Why::of_io(&error)))?;
        if (text.len() as u64) < bytes { Err(refuse(Why::Truncated)) } else { Ok(text) }
    }

    fn find(&self, index: &BTreeMap<Name, Item>, name: &str) -> Result<(u64, u64), Why> {
        let mut name = safe(name.as_bytes(), &self.limits)?;
        for _hop in 0..HOPS {
            match index.get(&name) {
                Some(Item::File { at, bytes }) => return Ok((*at, *bytes)),
                Some(Item::Link(target)) => name = target.clone(),
                Some(Item::Dir) | None => return Err(Why::Missing),
            }
        }
        Err(Why::Missing)
    }
}

/// The path of a name in a directory, none of whose parts is a link: a link would lead out.
fn within(dir: &Path, name: &str) -> Result<PathBuf, Why> {
    let mut path = dir.to_owned();
    for part in Path::new(name).components() {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_symlink() => return Err(Why::Through(show(name.as_bytes()))),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Why::Missing),
            Err(error) => return Err(Why::of_io(&error)),
        }
    }
    Ok(path)
}

/// Opens a regular file; anything else is an error, at once.
fn plain(path: &Path, flags: i32) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(flags | O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::from_raw_os_error(nix::libc::ESPIPE)) }
}

fn tar(mut file: File, limits: &Limits) -> Result<Form, Refusal> {
    let refuse = |why: Why| why.at(Place::Archive, None);
    let failed = |error: io::Error| refuse(Why::of_io(&error));
    let length = file.metadata().map_err(failed)?.len();
    let mut start = Vec::new();
    (&mut file).take(8).read_to_end(&mut start).map_err(failed)?;
    file.rewind().map_err(failed)?;
    match start.as_slice() {
        [0x1f, 0x8b, ..] => return Err(refuse(Why::Packed("gunzip"))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return Err(refuse(Why::Packed("unzstd"))),
        [0xfd, b'7', b'z', ..] => return Err(refuse(Why::Packed("unxz"))),
        [b'B', b'Z', b'h', ..] => return Err(refuse(Why::Packed("bunzip2"))),
        _ => {}
    }
    let mut index = BTreeMap::new();
    let mut archive = tar::Archive::new(&file);
    walk(archive.entries_with_seek(), Place::Archive, limits, |entry, content| {
        let refuse = |why: Why| why.at(Place::Archive, Some(show(&entry.name)));
        let item = match entry.kind {
            Kind::File if content.at.checked_add(entry.bytes).is_none_or(|end| end > length) => {
                return Err(refuse(Why::Truncated));
            }
            Kind::File => Item::File { at: content.at, bytes: entry.bytes },
            Kind::Dir => Item::Dir,
            Kind::Hard(target) => Item::Link(target),
            Kind::Symlink(target) => Item::Link(beside(&entry.name, &target, limits).map_err(refuse)?),
            Kind::Pipe => return Err(refuse(Why::Kind("fifo".to_owned()))),
        };
        if index.len() >= limits.entries {
            return Err(refuse(Why::Entries(limits.entries)));
        }
        let twice = index.insert(entry.name.clone(), item);
        if twice.is_some_and(|old| !matches!(old, Item::Dir)) {
            return Err(refuse(Why::Twice));
        }
        Ok(())
    })?;
    Ok(Form::Tar { file, index })
}

/// Where a link of an archive leads inside it: `../ID/layer.tar`. One that leads out is refused.
fn beside(link: &[u8], target: &[u8], limits: &Limits) -> Result<Name, Why> {
    let out = || Why::LinkOut(show(target));
    let mut path: Vec<&[u8]> =
        above(link).next().map(|dir| dir.split(|b| *b == b'/').collect()).unwrap_or_default();
    if target.starts_with(b"/") {
        return Err(out());
    }
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(path.pop().ok_or_else(out)?),
            part => path.push(part),
        }
    }
    safe(&path.join(&b'/'), limits).map_err(|_unsafe| out())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_inside_or_is_refused() {
        let beside = |link: &str, target: &str| {
            beside(link.as_bytes(), target.as_bytes(), &Limits::default()).map(|name| show(&name))
        };
        assert_eq!(beside("a/layer.tar", "../b/layer.tar"), Ok("b/layer.tar".to_owned()));
        assert_eq!(beside("layer.tar", "./x"), Ok("x".to_owned()));
        for target in ["../../etc/passwd", "/etc/passwd", ".."] {
            assert_eq!(beside("a/b", target), Err(Why::LinkOut(target.to_owned())), "{target}");
        }
    }

    #[test]
    fn what_is_no_regular_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let refused = Store::open(&pipe, &Limits::default()).unwrap_err();
        assert!(matches!(refused.why, Why::Io(_)), "{refused}");
    }
}
