//! The layers laid over each other, as overlayfs shows them: what each one changes, and which bytes of the ones below it
//! can then not be reached any more. `image-spec/layer.md`, `overlayfs.rst`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    entry::{Entry, Kind, Meta},
    name::{Name, above, below, last, show},
    refusal::{Place, Refusal, Why},
};

/// In front of the name of something that the layer deletes.
const WHITEOUT: &[u8] = b".wh.";
/// In a directory whose older content is hidden.
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Names of the old union file system's own books, which are no files of the image.
const BOOKS: &[u8] = b".wh..wh.";

/// What a layer did to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It was not there before.
    Added,
    /// It was there before, in another form.
    Changed,
    /// It is gone, with everything below it.
    Removed,
}

/// One name that a layer touched. Directories count where they are removed; else what is in them counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub what: What,
    /// To which name.
    pub name: Name,
    /// Bytes that the layer stores for it; of a removed one, bytes that it hides.
    pub bytes: u64,
    /// How many files it stands for: more than one where a directory was removed.
    pub files: usize,
}

/// Why bytes of a layer are wasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A later layer has other content under the name.
    Overwritten,
    /// A later layer deleted it.
    Deleted,
    /// A later layer changed its mode, owner or attributes, which stores the whole file again.
    Metadata,
    /// A later layer stores the very same file under the same name again.
    SameAgain,
    /// An earlier layer holds the same content under another name.
    Copy,
}

/// Bytes that are stored and not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waste {
    /// The file.
    pub name: Name,
    /// How many; 0 for an empty file, which can still be read.
    pub bytes: u64,
    /// The layer that holds them.
    pub held_in: usize,
    /// The layer that made them useless.
    pub by: usize,
    /// Why.
    pub reason: Reason,
    /// Of a copy: the other name.
    pub same_as: Option<Name>,
}

/// Below this many bytes, equal files are chance.
const COPY_FROM: u64 = 1024;

/// All layers so far.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<Name, Node>,
    contents: Vec<Content>,
    waste: Vec<Waste>,
}

#[derive(Clone, Debug)]
struct Node {
    form: Form,
    meta: Meta,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// A regular file: which content.
    File(usize),
    Dir,
    Symlink(Vec<u8>),
    Pipe,
}

/// The content of a file, which may have several names.
#[derive(Debug)]
struct Content {
    bytes: u64,
    hash: Option<[u8; 32]>,
    layer: usize,
    names: usize,
}

/// A layer while it is laid.
#[derive(Default)]
struct Laying {
    number: usize,
    /// What the layer hides.
    gone: BTreeMap<Name, Node>,
    changes: Vec<Change>,
}

impl Tree {
    /// Lays the next layer over the ones so far.
    pub fn lay(&mut self, number: usize, entries: Vec<Entry>) -> Result<Vec<Change>, Refusal> {
        let (markers, entries): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| last(&entry.name).starts_with(WHITEOUT));
        let refuse = |name: &Name, why: Why| why.at(Place::Layer(number), Some(show(name)));
        check(&entries).map_err(|(name, why)| refuse(&name, why))?;
        let mut laying = Laying { number, ..Laying::default() };
        for marker in &markers {
            self.whiteout(&marker.name, &mut laying).map_err(|why| refuse(&marker.name, why))?;
        }
        for entry in entries {
            let name = Name::clone(&entry.name);
            self.put(entry, &mut laying).map_err(|why| refuse(&name, why))?;
        }
        self.bury(&mut laying);
        laying.changes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(laying.changes)
    }

    /// A marker hides what the layers below have, never what its own layer brings.
    fn whiteout(&mut self, marker: &[u8], laying: &mut Laying) -> Result<(), Why> {
        let dir = above(marker).next().unwrap_or_default();
        let file = last(marker);
        if file == OPAQUE {
            self.hide_below(dir, laying);
            return Ok(());
        }
        if file.starts_with(BOOKS) {
            return Ok(());
        }
        let hidden = file.strip_prefix(WHITEOUT).unwrap_or_default();
        if hidden.is_empty() || hidden == b"." || hidden == b".." {
            return Err(Why::BadName);
        }
        let name: Vec<u8> = if dir.is_empty() { hidden.to_vec() } else { [dir, b"/", hidden].concat() };
        self.hide_below(&name, laying);
        self.hide(&name, laying);
        Ok(())
    }

    fn hide(&mut self, name: &[u8], laying: &mut Laying) {
        laying.gone.extend(self.nodes.remove_entry(name));
    }

    fn hide_below(&mut self, dir: &[u8], laying: &mut Laying) {
        let mut first = dir.to_vec();
        if !dir.is_empty() {
            first.push(b'/');
        }
        let from: Name = first.into();
        let names: Vec<_> = self
            .nodes
            .range(from..)
            .map(|(name, _)| Name::clone(name))
            .take_while(|name| below(name, dir))
            .collect();
        for name in &names {
            self.hide(name, laying);
        }
    }

    fn put(&mut self, entry: Entry, laying: &mut Laying) -> Result<(), Why> {
        let Entry { name, kind, meta, bytes, hash } = entry;
        if name.is_empty() {
            return Ok(());
        }
        let (form, meta) = match kind {
            Kind::Dir => (Form::Dir, meta),
            Kind::Symlink(target) => (Form::Symlink(target), meta),
            Kind::Pipe => (Form::Pipe, meta),
            Kind::File => {
                self.contents.push(Content { bytes, hash, layer: laying.number, names: 0 });
                (Form::File(self.contents.len() - 1), meta)
            }
            Kind::Hard(target) => {
                let node = self.nodes.get(&target).filter(|node| node.form != Form::Dir);
                let node = node.ok_or_else(|| Why::LinkOut(show(&target)))?;
                (node.form.clone(), node.meta.clone())
            }
        };
        // overlayfs makes a directory of whatever stood in the way in a layer below
        for dir in above(&name) {
            if self.nodes.get(dir).is_some_and(|node| node.form != Form::Dir) {
                self.hide(dir, laying);
            }
        }
        if form != Form::Dir {
            self.hide_below(&name, laying);
        }
        let node = Node { form, meta };
        let before = self.nodes.remove(&name).or_else(|| laying.gone.remove(&name));
        if let Some(change) = self.change(&name, before.as_ref(), &node, bytes) {
            laying.changes.push(change);
        }
        if let Form::File(content) = node.form
            && let Some(content) = self.contents.get_mut(content)
        {
            content.names += 1;
        }
        if let Some(before) = before {
            let reason = self.reason(&before, &node);
            self.forget(&name, &before, reason, laying.number);
        }
        self.nodes.insert(name, node);
        Ok(())
    }

    fn change(&self, name: &Name, before: Option<&Node>, now: &Node, bytes: u64) -> Option<Change> {
        if now.form == Form::Dir {
            let bytes = match before?.form {
                Form::Dir => return None,
                Form::File(content) => self.contents.get(content).map_or(0, |content| content.bytes),
                Form::Symlink(_) | Form::Pipe => 0,
            };
            return Some(Change { what: What::Removed, name: Name::clone(name), bytes, files: 1 });
        }
        let same = before.is_some_and(|before| {
            !matches!(now.form, Form::File(_)) && before.form == now.form && before.meta == now.meta
        });
        let what = if before.is_some() { What::Changed } else { What::Added };
        (!same).then(|| Change { what, name: Name::clone(name), bytes, files: 1 })
    }

    fn reason(&self, before: &Node, now: &Node) -> Reason {
        let hash = |node: &Node| match node.form {
            Form::File(content) => self.contents.get(content).and_then(|content| content.hash),
            _ => None,
        };
        match (hash(before), hash(now)) {
            (Some(old), Some(new)) if old == new && before.meta == now.meta => Reason::SameAgain,
            (Some(old), Some(new)) if old == new => Reason::Metadata,
            _ => Reason::Overwritten,
        }
    }

    /// A name is gone: when it was the last one of a content, its bytes are wasted.
    fn forget(&mut self, name: &Name, node: &Node, reason: Reason, by: usize) {
        let Form::File(content) = node.form else { return };
        let Some(content) = self.contents.get_mut(content) else { return };
        content.names = content.names.saturating_sub(1);
        // two links of one layer that were replaced in that same layer are a matter of the archive, not of layers
        if content.names == 0 && content.layer < by {
            let (bytes, held_in) = (content.bytes, content.layer);
            self.waste.push(Waste { name: Name::clone(name), bytes, held_in, by, reason, same_as: None });
        }
    }

    /// What the layer hid and did not bring back was deleted by it.
    fn bury(&mut self, laying: &mut Laying) {
        let gone = std::mem::take(&mut laying.gone);
        let mut tops: BTreeMap<Name, Change> = BTreeMap::new();
        for (name, node) in &gone {
            let top = above(name)
                .filter(|dir| gone.contains_key(*dir))
                .last()
                .map_or_else(|| Name::clone(name), Name::from);
            let bytes = match node.form {
                Form::File(content) => self.contents.get(content).map_or(0, |content| content.bytes),
                _ => 0,
            };
            let fresh = || Change { what: What::Removed, name: Name::clone(&top), bytes: 0, files: 0 };
            let change = tops.entry(Name::clone(&top)).or_insert_with(fresh);
            change.bytes += bytes;
            change.files += usize::from(node.form != Form::Dir);
            self.forget(name, node, Reason::Deleted, laying.number);
        }
        laying.changes.extend(tops.into_values());
    }

    /// Files that can be seen at the end, with the layer that holds them.
    pub fn visible(&self) -> impl Iterator<Item = (&Name, usize)> {
        self.nodes.iter().filter_map(|(name, node)| match node.form {
            Form::File(content) => self.contents.get(content).map(|content| (name, content.layer)),
            _ => None,
        })
    }

    /// All waste, the largest first.
    pub fn waste(self) -> Vec<Waste> {
        let copies = self.copies();
        let mut waste = self.waste;
        waste.extend(copies);
        waste.sort_by(|a, b| {
            b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)).then(a.held_in.cmp(&b.held_in))
        });
        waste
    }

    /// Files whose content an earlier layer shows under another name.
    fn copies(&self) -> Vec<Waste> {
        let mut first: BTreeMap<[u8; 32], (usize, &Name)> = BTreeMap::new();
        let mut counted = BTreeSet::new();
        let visible = || {
            self.nodes.iter().filter_map(|(name, node)| match node.form {
                Form::File(at) => self.contents.get(at).map(|content| (name, at, content)),
                _ => None,
            })
        };
        for (name, _, content) in visible() {
            let Some(hash) = content.hash else { continue };
            let known = first.entry(hash).or_insert((content.layer, name));
            if content.layer < known.0 {
                *known = (content.layer, name);
            }
        }
        let mut found = Vec::new();
        for (name, at, content) in visible() {
            let Some((layer, other)) = content.hash.and_then(|hash| first.get(&hash)) else { continue };
            if content.bytes >= COPY_FROM && content.layer > *layer && counted.insert(at) {
                let same_as = Some(Name::clone(other));
                let (held_in, name, bytes) = (content.layer, Name::clone(name), content.bytes);
                found.push(Waste { name, bytes, held_in, by: held_in, reason: Reason::Copy, same_as });
            }
        }
        found
    }
}

/// Within one layer: no name twice, nothing that lies behind something other than a directory.
fn check(entries: &[Entry]) -> Result<(), (Name, Why)> {
    let mut seen: BTreeMap<&[u8], bool> = BTreeMap::new();
    for entry in entries {
        let dir = entry.kind == Kind::Dir;
        let twice = seen.insert(&entry.name, dir);
        // builders repeat directories; a file that stands there twice is two files, depending on who reads
        if twice.is_some_and(|was_dir| !(was_dir && dir)) {
            return Err((Name::clone(&entry.name), Why::Twice));
        }
    }
    for entry in entries {
        if let Some(through) = above(&entry.name).find(|dir| seen.get(dir) == Some(&false)) {
            return Err((Name::clone(&entry.name), Why::Through(show(through))));
        }
    }
    Ok(())
}
