//! How much of an archive is believed. Everything that an archive can make large has a limit here.

/// The limits of one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one index, manifest or configuration.
    pub json: u64,
    /// Layers of an image, and images of an index.
    pub layers: usize,
    /// How many indexes may stand inside each other.
    pub depth: usize,
    /// Entries of all layers together; of the outer archive too.
    pub entries: usize,
    /// Bytes of a path, `PATH_MAX` of `limits.h`.
    pub name: usize,
    /// Bytes of the long names and attributes (PAX, GNU) before one entry.
    pub attributes: u64,
    /// Bytes of the names, link targets and attributes of all layers together, which are held in memory.
    pub held: u64,
    /// Bytes of all layers together, unpacked.
    pub unpacked: u64,
    /// How many times larger a layer may become by unpacking, once it is larger than [`Self::ratio_from`].
    pub ratio: u64,
    /// Bytes below which the ratio does not matter: a layer of zeros is not a bomb yet.
    pub ratio_from: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json: 16 << 20,
            layers: 512,
            depth: 4,
            entries: 1_000_000,
            name: 4096,
            attributes: 1 << 20,
            held: 256 << 20,
            unpacked: 64 << 30,
            ratio: 200,
            ratio_from: 1 << 30,
        }
    }
}
