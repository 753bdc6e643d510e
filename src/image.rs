//! Layer autopsy: what every layer of an image added, changed, removed and wasted, without a daemon.
//!
//! | part | what it does |
//! |---|---|
//! | [`store`] | a `docker save` tar, an OCI layout tar, an OCI layout directory: names and bytes, nothing else |
//! | [`manifest`] | from the index to one image: its configuration and its layers, every blob against its digest |
//! | [`stream`] | one layer: gzip, zstd or plain, hashed on both sides, stopped where it is a bomb |
//! | [`entry`] | one tar as a series of entries with safe names |
//! | [`tree`] | the layers laid over each other: changes, and bytes that nobody can reach any more |
//! | [`secret`] | names that look like secrets |
//! | [`report`] | what was found, as data |
//!
//! Everything is read as a stream: nothing is ever written to a disk, so nothing can be written outside of a store. What
//! cannot be trusted is a [`Refusal`] that names the entry.

use std::path::Path;

pub mod entry;
pub mod history;
pub mod limits;
pub mod manifest;
pub mod name;
pub mod refusal;
pub mod report;
pub mod secret;
pub mod store;
pub mod stream;
pub mod tree;
mod zstd;

pub use limits::Limits;
pub use manifest::Choice;
pub use refusal::{Place, Refusal, Why};
pub use report::Autopsy;

use self::{manifest::Image, report::Layer, store::Store, tree::Tree};

/// Opens an image and takes its layers apart.
pub fn autopsy(path: &Path, choice: &Choice, limits: &Limits) -> Result<Autopsy, Refusal> {
    let mut store = Store::open(path, limits)?;
    let image = manifest::choose(&mut store, choice, limits)?;
    let instructions = history::of_layers(&image.config.history, image.layers.len());
    let (mut tree, mut layers) = (Tree::default(), Vec::new());
    let mut spent = stream::Spent::default();
    for (index, source) in image.layers.iter().enumerate() {
        let number = index + 1;
        let read = stream::read(&mut store, source, number, &mut spent, limits)?;
        let changes = tree.lay(number, read.entries)?;
        layers.push(Layer {
            number,
            digest: source.digest.clone(),
            diff_id: read.diff_id,
            compression: read.compression,
            stored: read.stored,
            unpacked: read.unpacked,
            history: instructions.get(index).cloned().flatten(),
            changes,
        });
    }
    let Image { name, platform, layout, config_digest, config, .. } = image;
    let steps = config.history.iter().map(history::Step::of).collect();
    Ok(report::Parts { name, platform, layout, config_digest, steps, layers }.with(tree))
}
