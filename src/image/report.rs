//! What was found in an image, as data: the JSON of `docs/image-json.md` is these types.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{
    history::Step,
    manifest::Layout,
    name::{Name, show},
    secret::{self, Secret},
    stream::Compression,
    tree::{Change, Reason, Tree, What},
};

/// An image, taken apart.
#[derive(Clone, Debug, Serialize)]
pub struct Autopsy {
    /// Its name, where the archive tells one.
    pub name: Option<String>,
    /// `linux/amd64`.
    pub platform: String,
    /// How the archive is laid out.
    pub layout: Layout,
    /// Digest of its configuration: the image id.
    pub id: String,
    /// Bytes of all layers as they lie in the archive.
    pub stored: u64,
    /// Bytes of all layers unpacked, as tars.
    pub unpacked: u64,
    /// Bytes of files in all layers.
    pub content: u64,
    /// Bytes of files that are wasted.
    pub wasted: u64,
    /// The layers, from the lowest.
    pub layers: Vec<Layer>,
    /// The whole history, instructions without a layer too.
    pub history: Vec<Step>,
    /// Every wasted file, the largest first.
    pub waste: Vec<Waste>,
    /// Likely secrets, by their names.
    pub secrets: Vec<Found>,
}

/// One layer.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// From 1, the lowest.
    pub number: usize,
    /// Digest of it as it lies in the archive, where one is told.
    pub digest: Option<String>,
    /// Digest of it unpacked.
    pub diff_id: String,
    /// How it is packed.
    pub compression: Compression,
    /// Bytes as it lies in the archive.
    pub stored: u64,
    /// Bytes unpacked, as a tar.
    pub unpacked: u64,
    /// What made it; none where the history does not fit the layers.
    pub history: Option<Step>,
    /// What it changed, by name.
    #[serde(serialize_with = "changes")]
    pub changes: Vec<Change>,
}

impl Layer {
    /// How many files of a kind of change.
    pub fn files(&self, what: What) -> usize {
        self.changes.iter().filter(|change| change.what == what).map(|change| change.files).sum()
    }

    /// Bytes of the files in it.
    pub fn content(&self) -> u64 {
        self.changes.iter().filter(|change| change.what != What::Removed).map(|change| change.bytes).sum()
    }
}

/// A file whose bytes are wasted, and which can still be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waste {
    /// Where in the image, from `/`.
    pub path: String,
    /// How many bytes.
    pub bytes: u64,
    /// Why.
    pub reason: Reason,
    /// The layer that holds them.
    pub held_in: usize,
    /// The layer that made them useless.
    pub by: usize,
    /// Of a copy: the file of an earlier layer with the same content.
    pub same_as: Option<String>,
    /// What its name looks like.
    pub secret: Option<Secret>,
}

/// A likely secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Found {
    /// Where; of a repository, the repository.
    pub path: String,
    /// What its name looks like.
    pub kind: Secret,
    /// The layer in which it can be read.
    pub readable_in: usize,
    /// The layer that removed or replaced it; none where the image still shows it.
    pub hidden_by: Option<usize>,
}

/// What the parts of an autopsy have found.
pub(super) struct Parts {
    pub(super) name: Option<String>,
    pub(super) platform: String,
    pub(super) layout: Layout,
    pub(super) config_digest: String,
    pub(super) steps: Vec<Step>,
    pub(super) layers: Vec<Layer>,
}

impl Parts {
    pub(super) fn with(self, tree: Tree) -> Autopsy {
        let mut secrets = BTreeMap::new();
        let mut note = |name: &Name, readable_in: usize, hidden_by: Option<usize>| {
            let kind = secret::of_name(name)?;
            let path = path(secret::reported(name, kind));
            // of a repository with many files, the one that is still shown speaks for all
            let slot = secrets.entry((path, kind, readable_in)).or_insert(hidden_by);
            *slot = slot.and(hidden_by);
            Some(kind)
        };
        for (name, layer) in tree.visible() {
            note(name, layer, None);
        }
        let waste: Vec<_> = tree
            .waste()
            .into_iter()
            .map(|waste| Waste {
                secret: if waste.reason == Reason::Copy {
                    secret::of_name(&waste.name)
                } else {
                    note(&waste.name, waste.held_in, Some(waste.by))
                },
                path: path(&waste.name),
                bytes: waste.bytes,
                reason: waste.reason,
                held_in: waste.held_in,
                by: waste.by,
                same_as: waste.same_as.as_deref().map(path),
            })
            .collect();
        let found = secrets.into_iter();
        let found =
            found.map(|((path, kind, readable_in), hidden_by)| Found { path, kind, readable_in, hidden_by });
        Autopsy {
            name: self.name.map(|name| show(name.as_bytes())),
            platform: self.platform,
            layout: self.layout,
            id: self.config_digest,
            stored: self.layers.iter().map(|layer| layer.stored).sum(),
            unpacked: self.layers.iter().map(|layer| layer.unpacked).sum(),
            content: self.layers.iter().map(Layer::content).sum(),
            wasted: waste.iter().map(|waste| waste.bytes).sum(),
            layers: self.layers,
            history: self.steps,
            secrets: found.collect(),
            waste,
        }
    }
}

/// A name as a path of the image: `/usr/bin/env`.
pub fn path(name: &[u8]) -> String {
    format!("/{}", show(name))
}

#[derive(Serialize)]
struct ChangeLine {
    change: What,
    path: String,
    bytes: u64,
    files: usize,
}

fn changes<S: Serializer>(changes: &[Change], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(changes.iter().map(|change| ChangeLine {
        change: change.what,
        path: path(&change.name),
        bytes: change.bytes,
        files: change.files,
    }))
}
