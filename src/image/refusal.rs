//! Why an archive is not read any further: data, turned into words by the command line.

use std::{fmt, io};

/// Something in an archive that is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {}: {why:?}", entry.as_deref().unwrap_or("-"))]
pub struct Refusal {
    /// In which part of the image.
    pub place: Place,
    /// Which entry, blob or file; made printable by [`super::name::show`].
    pub entry: Option<String>,
    /// What is wrong with it.
    pub why: Why,
}

/// A part of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The archive or directory itself.
    Archive,
    /// The configuration, a manifest or an index.
    Metadata,
    /// A layer, from 1.
    Layer(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive => f.write_str("archive"),
            Self::Metadata => f.write_str("metadata"),
            Self::Layer(number) => write!(f, "layer {number}"),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It could not be read: the operating system's words.
    Io(String),
    /// Neither manifest.json nor index.json is in it.
    NotAnImage,
    /// The archive as a whole is compressed, by this program.
    Packed(&'static str),
    /// A compression that is not known here.
    Compression(String),
    /// Something is named and not there.
    Missing,
    /// The name begins with `/`.
    Absolute,
    /// The name has a `..` in it.
    Parent,
    /// The name has a zero byte in it, or is empty.
    BadName,
    /// The name is longer than this many bytes.
    LongName(usize),
    /// Its way leads through this entry of the same layer, which is no directory.
    Through(String),
    /// A hard link to something that is not in the image.
    LinkOut(String),
    /// A device node.
    Device,
    /// An entry with holes.
    Sparse,
    /// A type of entry that no layer has.
    Kind(String),
    /// Two entries of one name.
    Twice,
    /// More entries than this.
    Entries(usize),
    /// More layers or images than this.
    Layers(usize),
    /// More bytes than this.
    Bytes(u64),
    /// It unpacks to more than this many times its size.
    Ratio(u64),
    /// An index in an index in an index: deeper than this.
    Depth(usize),
    /// It ends too early.
    Truncated,
    /// It is no tar, gzip or zstd after all, or a broken one: the reader's words.
    Broken(String),
    /// No number of bytes that can be.
    Size,
    /// Its bytes have another digest.
    Digest {
        /// What the manifest says.
        wanted: String,
        /// What they have.
        found: String,
    },
    /// The text is not what it should be: the parser's words.
    Json(String),
    /// Numbers of layers that do not agree: the manifest's, the configuration's.
    Count(usize, usize),
    /// Several images, and none was chosen.
    Several(Vec<String>),
    /// No such image.
    NoSuch(Vec<String>),
}

impl Why {
    /// With its place and entry.
    pub fn at(self, place: Place, entry: impl Into<Option<String>>) -> Refusal {
        Refusal { place, entry: entry.into(), why: self }
    }

    /// An error of reading, told apart: an end that came too early, or what the reader says.
    pub fn of_io(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Truncated;
        }
        match error.raw_os_error() {
            Some(_) => Self::Io(error.to_string()),
            None if error.to_string().contains("size overflow") => Self::Size,
            None if ["unexpected EOF", "read entire block"]
                .iter()
                .any(|words| error.to_string().contains(words)) =>
            {
                Self::Truncated
            }
            None => Self::Broken(super::name::show(error.to_string().as_bytes())),
        }
    }
}
