//! One layer as a stream: hashed as it lies there, unpacked under limits, hashed again, read as a tar.

use std::{
    cell::RefCell,
    io::{self, BufRead, BufReader, Read},
    rc::Rc,
};

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    entry::{Entry, Kind, walk},
    limits::Limits,
    manifest::{Source, hex},
    name::show,
    refusal::{Place, Refusal, Why},
    store::Store,
    zstd::Frames,
};

/// How a layer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// What has been used up of the limits by the layers so far.
#[derive(Debug, Default)]
pub struct Spent {
    entries: usize,
    held: u64,
    bytes: u64,
}

/// What a layer holds.
#[derive(Debug)]
pub struct Unpacked {
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// How it is packed.
    pub compression: Compression,
    /// Bytes as it lies there.
    pub stored: u64,
    /// Bytes unpacked.
    pub unpacked: u64,
    /// Digest of the unpacked bytes.
    pub diff_id: String,
}

/// Bytes that went by, and their hash.
#[derive(Default)]
struct Tally {
    bytes: u64,
    hash: Sha256,
    /// The limit that was reached.
    over: Option<Why>,
}

type Shared = Rc<RefCell<Tally>>;

/// Counts and hashes what goes by.
struct Hashed<R> {
    from: R,
    tally: Shared,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        let mut tally = self.tally.borrow_mut();
        tally.bytes += read as u64;
        tally.hash.update(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Stops where too much has come out.
struct Bounded<R> {
    from: R,
    stored: Shared,
    unpacked: Shared,
    most: u64,
    ratio: (u64, u64),
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        let (stored, mut unpacked) = (self.stored.borrow().bytes, self.unpacked.borrow_mut());
        let bytes = unpacked.bytes + read as u64;
        let (ratio, from) = self.ratio;
        if bytes > self.most {
            unpacked.over = Some(Why::Bytes(self.most));
        } else if bytes > from && bytes / ratio > stored {
            unpacked.over = Some(Why::Ratio(ratio));
        }
        if unpacked.over.is_some() { Err(io::Error::other("limit")) } else { Ok(read) }
    }
}

/// Reads a layer to its end, and believes it only if it has its digests.
pub fn read(
    store: &mut Store,
    source: &Source,
    number: usize,
    spent: &mut Spent,
    limits: &Limits,
) -> Result<Unpacked, Refusal> {
    let place = Place::Layer(number);
    let file = || Some(show(source.file.as_bytes()));
    let (stored, unpacked) = (Shared::default(), Shared::default());
    let (reader, _) = store.file(&source.file)?;
    let tee = BufReader::with_capacity(1 << 16, Hashed { from: reader, tally: Rc::clone(&stored) });
    let outcome = unpack(tee, (&stored, &unpacked), place, spent, limits);
    let wrong = |wanted: &str, found: String| {
        Why::Digest { wanted: show(wanted.as_bytes()), found }.at(place, file())
    };
    if let Some(digest) = &source.digest {
        // of bytes that are not the right ones, nothing else is worth telling
        let found = match &outcome {
            Ok(_) => hex(&stored.borrow().hash.clone().finalize()),
            Err(_) => whole(store, source).map_err(|error| Why::of_io(&error).at(place, file()))?,
        };
        if *digest != found {
            return Err(wrong(digest, found));
        }
    }
    let (compression, entries) =
        outcome.map_err(|refusal| Refusal { entry: refusal.entry.or_else(file), ..refusal })?;
    let diff_id = hex(&unpacked.borrow().hash.clone().finalize());
    if diff_id != source.diff_id {
        return Err(wrong(&source.diff_id, diff_id));
    }
    let (stored, unpacked) = (stored.borrow().bytes, unpacked.borrow().bytes);
    spent.bytes += unpacked;
    Ok(Unpacked { entries, compression, stored, unpacked, diff_id })
}

/// The digest of a layer as it lies there.
fn whole(store: &mut Store, source: &Source) -> io::Result<String> {
    let (mut reader, _) = store.file(&source.file).map_err(io::Error::other)?;
    let tally = Shared::default();
    io::copy(&mut Hashed { from: &mut reader, tally: Rc::clone(&tally) }, &mut io::sink())?;
    let found = hex(&tally.borrow().hash.clone().finalize());
    Ok(found)
}

type Entries = (Compression, Vec<Entry>);

fn unpack<'a>(
    mut from: impl BufRead + 'a,
    (stored, unpacked): (&Shared, &Shared),
    place: Place,
    spent: &mut Spent,
    limits: &Limits,
) -> Result<Entries, Refusal> {
    let start = from.fill_buf().map_err(|error| Why::of_io(&error).at(place, None))?;
    let (compression, decoded): (_, Box<dyn Read + 'a>) = match start {
        [0x1f, 0x8b, ..] => (Compression::Gzip, Box::new(MultiGzDecoder::new(from))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            (Compression::Zstd, Box::new(Frames::new(from)))
        }
        [0xfd, b'7', b'z', ..] => return Err(Why::Compression("xz".to_owned()).at(place, None)),
        [b'B', b'Z', b'h', ..] => return Err(Why::Compression("bzip2".to_owned()).at(place, None)),
        _ => (Compression::None, Box::new(from)),
    };
    let bounded = Bounded {
        from: decoded,
        stored: Rc::clone(stored),
        unpacked: Rc::clone(unpacked),
        most: limits.unpacked.saturating_sub(spent.bytes),
        ratio: (limits.ratio.max(1), limits.ratio_from),
    };
    let mut whole = Hashed { from: bounded, tally: Rc::clone(unpacked) };
    let over = |refusal: Refusal| {
        let limit = unpacked.borrow_mut().over.take();
        Refusal { why: limit.unwrap_or(refusal.why), ..refusal }
    };
    let entries = entries(&mut whole, place, spent, limits).map_err(over)?;
    // what stands behind the end of the tar belongs to the digest
    io::copy(&mut whole, &mut io::sink()).map_err(|error| over(Why::of_io(&error).at(place, None)))?;
    Ok((compression, entries))
}

fn entries(
    whole: impl Read,
    place: Place,
    spent: &mut Spent,
    limits: &Limits,
) -> Result<Vec<Entry>, Refusal> {
    let mut all = Vec::new();
    let mut archive = tar::Archive::new(whole);
    walk(archive.entries(), place, limits, |mut entry, content| {
        let refuse = |why: Why| why.at(place, Some(show(&entry.name)));
        spent.entries += 1;
        if spent.entries > limits.entries {
            return Err(refuse(Why::Entries(limits.entries)));
        }
        spent.held += entry.held();
        if spent.held > limits.held {
            return Err(refuse(Why::Bytes(limits.held)));
        }
        if entry.kind == Kind::File {
            let tally = Shared::default();
            let mut hashed = Hashed { from: content.read, tally: Rc::clone(&tally) };
            io::copy(&mut hashed, &mut io::sink()).map_err(|error| refuse(Why::of_io(&error)))?;
            if tally.borrow().bytes < entry.bytes {
                return Err(refuse(Why::Truncated));
            }
            let hash = tally.borrow().hash.clone().finalize();
            entry.hash = Some(hash.into());
        }
        all.push(entry);
        Ok(())
    })?;
    Ok(all)
}
