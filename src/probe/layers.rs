//! The trees of an overlay in the box directory: what each layer holds, and what the upper one says was changed.
//!
//! The trees are read by whoever is in the mount namespace, entry by entry with `lstat(2)`; whiteouts, opaque directories
//! and the like by their device number and their `user.overlay.*` (or `trusted.overlay.*`) attributes, `overlayfs.rst`.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use nix::sys::stat::{major, minor};

use super::{
    Facts, mountinfo,
    value::{list, missing, text},
};
use crate::{
    kernel::{
        pages::{self, Account},
        xattr,
    },
    lab::{
        fact::{Fact, FactId},
        layers::{Entry, Kind, changes, marks},
        observation::Value,
    },
};

/// The most entries that are read of one tree.
const MOST_READ: usize = 512;
/// The most that are listed of one tree, and their length together in bytes: an observation must fit a packet.
const MOST_LISTED: usize = 64;
const MOST_BYTES: usize = 4 * 1024;
/// The most layers below.
const MOST_LOWERS: u32 = 9;

/// The file of the image that is mapped through both boxes.
const SHARED: &str = "usr/uncompress";

/// The options of an overlay that are shown.
const SHOWN: [&str; 4] = ["lowerdir", "upperdir", "workdir", "userxattr"];

/// The trees that are listed, with their directories.
const TREES: [(Fact, &str); 7] = [
    (Fact::OverlayLower1, "lower1"),
    (Fact::OverlayLower2, "lower2"),
    (Fact::OverlayLower3, "lower3"),
    (Fact::OverlayUpper, "upper"),
    (Fact::OverlayWork, "work"),
    (Fact::OverlayMerged, "merged"),
    (Fact::OverlayUpper2, "upper2"),
];

/// Reads everything below a box directory; `mounts` is the reader's own mountinfo.
pub fn read(box_dir: &Path, mounts: &[u8], facts: &mut Facts) {
    let mounts = mountinfo::parse(mounts);
    let side = FactId::subject;
    facts.insert(side(Fact::OverlayMount), options(&mounts, &box_dir.join("merged")));
    facts.insert(side(Fact::OverlaySecond), options(&mounts, &box_dir.join("merged2")));
    facts.insert(side(Fact::OverlayVolumeMount), volume_mount(&mounts, &box_dir.join("merged/data")));
    for (fact, dir) in TREES {
        facts.insert(side(fact), tree_value(&box_dir.join(dir)));
    }
    facts.insert(side(Fact::OverlayVolume), names_value(&box_dir.join("volume")));
    pages(box_dir, &mounts, facts);
    let upper = Tree::read(&box_dir.join("upper")).unwrap_or_default();
    let lowers: Vec<Vec<Entry>> = (1..=MOST_LOWERS)
        .rev()
        .filter_map(|number| Tree::read(&box_dir.join(format!("lower{number}"))).ok())
        .map(|tree| tree.entries)
        .collect();
    let diff = changes(&upper.entries, &lowers).iter().map(ToString::to_string).collect();
    facts.insert(side(Fact::OverlayDiff), list(few(diff, 0)));
    facts.insert(side(Fact::OverlayMarks), list(few(marks(&upper.entries), 0)));
    facts.insert(side(Fact::OverlayUpperBytes), number(bytes(&upper.entries)));
    let below = lowers.iter().map(|layer| bytes(layer)).sum();
    facts.insert(side(Fact::OverlayLowerBytes), number(below));
    let merged = Tree::read(&box_dir.join("merged")).unwrap_or_default();
    facts.insert(side(Fact::OverlayFiles), number((merged.entries.len() + merged.more) as u64));
    facts.insert(side(Fact::OverlayInodes), list(few(versions(&upper.entries, &lowers, &merged.entries), 0)));
}

/// A file of the image, mapped through both boxes while there are two.
fn pages(box_dir: &Path, mounts: &[mountinfo::Mount], facts: &mut Facts) {
    let [first, second] = ["merged", "merged2"].map(|dir| box_dir.join(dir));
    let account = if [&first, &second].iter().all(|dir| overlay_at(mounts, dir).is_some()) {
        pages::account(&[&first.join(SHARED), &second.join(SHARED)])
    } else {
        Ok(Account::default())
    };
    let (mapped, held) = match account {
        Ok(Account { mapped, held }) => (number(mapped), number(held)),
        Err(error) => (missing(&error), missing(&error)),
    };
    facts.insert(FactId::subject(Fact::OverlayPagesMapped), mapped);
    facts.insert(FactId::subject(Fact::OverlayPagesHeld), held);
}

/// The entries of one tree, by path.
#[derive(Debug, Default)]
struct Tree {
    entries: Vec<Entry>,
    /// How many more were met and not read.
    more: usize,
}

impl Tree {
    fn read(root: &Path) -> std::io::Result<Self> {
        let mut tree = Self::default();
        let mut todo = vec![PathBuf::new()];
        if !fs::symlink_metadata(root)?.is_dir() {
            return Err(nix::errno::Errno::ENOTDIR.into());
        }
        while let Some(dir) = todo.pop() {
            // A directory that vanished, or may not be read, has nothing to show.
            for found in fs::read_dir(root.join(&dir)).into_iter().flatten().flatten() {
                if tree.entries.len() == MOST_READ {
                    tree.more += 1;
                    continue;
                }
                let path = dir.join(found.file_name());
                let Some(entry) = entry(root, &path) else { continue };
                if entry.kind.is_dir() {
                    todo.push(path);
                }
                tree.entries.push(entry);
            }
        }
        tree.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }
}

fn entry(root: &Path, path: &Path) -> Option<Entry> {
    let place = root.join(path);
    let meta = fs::symlink_metadata(&place).ok()?;
    Some(Entry {
        kind: kind(&place, &meta),
        mode: meta.mode() & 0o7777,
        links: meta.nlink(),
        size: if meta.is_dir() { 0 } else { meta.size() },
        id: format!("{}:{}:{}", major(meta.dev()), minor(meta.dev()), meta.ino()),
        path: harmless(&path.to_string_lossy()),
    })
}

fn kind(place: &Path, meta: &fs::Metadata) -> Kind {
    let kind = meta.file_type();
    let has = |name: &str| {
        ["user", "trusted"]
            .iter()
            .find_map(|space| xattr::get(place, &format!("{space}.overlay.{name}")).ok())
    };
    if kind.is_dir() {
        match has("opaque") {
            Some(value) if value == b"y" => Kind::Opaque,
            _ if has("redirect").is_some() => Kind::Redirect,
            _ => Kind::Dir,
        }
    } else if kind.is_symlink() {
        Kind::Link
    } else if kind.is_char_device() && meta.rdev() == 0 {
        Kind::Whiteout
    } else if !kind.is_file() {
        Kind::Special
    } else if meta.size() == 0 && has("whiteout").is_some() {
        Kind::Whiteout
    } else if meta.blocks() == 0 && has("metacopy").is_some() {
        Kind::Metacopy
    } else {
        Kind::File
    }
}

/// A name that fits a line and a packet: printable, no quotes that would be escaped.
fn harmless(path: &str) -> String {
    path.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\') { '?' } else { c }).collect()
}

fn tree_value(root: &Path) -> Value {
    match Tree::read(root) {
        Ok(tree) => list(few(tree.entries.iter().map(ToString::to_string).collect(), tree.more)),
        Err(error) => missing(&error),
    }
}

fn names_value(root: &Path) -> Value {
    match Tree::read(root) {
        Ok(tree) => list(few(tree.entries.iter().map(|entry| entry.path.clone()).collect(), tree.more)),
        Err(error) => missing(&error),
    }
}

/// The first of many lines, and how many were left out: `+7`. `more` were left out before.
fn few(mut lines: Vec<String>, more: usize) -> Vec<String> {
    let lengths = lines.iter().scan(0, |sum, line| {
        *sum += line.len();
        Some(*sum)
    });
    let keep = lengths.take(MOST_LISTED).take_while(|sum| *sum <= MOST_BYTES).count();
    let left = lines.len() - keep + more;
    lines.truncate(keep);
    if left > 0 {
        lines.push(format!("+{left}"));
    }
    lines
}

/// Bytes of the regular files, each inode once.
fn bytes(entries: &[Entry]) -> u64 {
    let mut seen = std::collections::BTreeSet::new();
    let files = entries.iter().filter(|entry| entry.kind == Kind::File);
    files.filter(|entry| seen.insert(entry.id.clone())).map(|entry| entry.size).sum()
}

fn number(number: u64) -> Value {
    Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The options of the overlay that is mounted at a place, one a line: `lowerdir=lower2:lower1`.
fn options(mounts: &[mountinfo::Mount], point: &Path) -> Value {
    match overlay_at(mounts, point) {
        Some(mount) => list(
            mount
                .super_options
                .split(',')
                .filter(|option| SHOWN.iter().any(|shown| option.starts_with(shown))),
        ),
        None => text("no"),
    }
}

fn overlay_at<'a>(mounts: &'a [mountinfo::Mount], point: &Path) -> Option<&'a mountinfo::Mount> {
    mounts.iter().rev().find(|mount| mount.point == point && mount.fstype == "overlay")
}

/// `no`, `rw` or `ro`.
fn volume_mount(mounts: &[mountinfo::Mount], point: &Path) -> Value {
    let mount = mounts.iter().rev().find(|mount| mount.point == point);
    text(mount.map_or("no", |mount| if mount.read_only { "ro" } else { "rw" }))
}

/// Each file that was copied up: its inode below, above and as the box sees it.
fn versions(upper: &[Entry], lowers: &[Vec<Entry>], merged: &[Entry]) -> Vec<String> {
    let find = |tree: &[Entry], path: &str| {
        let found = tree.iter().find(|entry| entry.path == path && entry.kind == Kind::File);
        found.map(|entry| entry.id.clone())
    };
    let version = |entry: &Entry| {
        let below = lowers.iter().find_map(|layer| find(layer, &entry.path))?;
        let seen = find(merged, &entry.path)?;
        Some(format!("{} {below} > {}, {seen}", entry.path, entry.id))
    };
    upper.iter().filter(|entry| entry.kind == Kind::File).filter_map(version).take(8).collect()
}

#[cfg(test)]
mod tests {
    use nix::sys::stat::{Mode, SFlag, mknod};

    use super::*;

    fn write(path: &Path, bytes: usize) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![b'x'; bytes]).unwrap();
    }

    fn seen(root: &Path) -> Facts {
        let mut facts = Facts::new();
        read(root, &[], &mut facts);
        facts
    }

    fn short(facts: &Facts, fact: Fact) -> String {
        facts.get(&FactId::subject(fact)).map(Value::short).unwrap_or_default()
    }

    #[test]
    fn a_box_directory_is_read_layer_by_layer() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(&root.join("lower1/etc/old"), 5);
        write(&root.join("lower1/usr/a"), 100);
        fs::hard_link(root.join("lower1/usr/a"), root.join("lower1/usr/b")).unwrap();
        write(&root.join("lower2/etc/motd"), 4);
        write(&root.join("upper/etc/motd"), 10);
        mknod(&root.join("upper/etc/old"), SFlag::S_IFCHR, Mode::empty(), 0).unwrap();
        write(&root.join("merged/etc/motd"), 10);
        let facts = seen(root);
        assert_eq!(short(&facts, Fact::OverlayDiff), "C /etc C /etc/motd D /etc/old");
        assert_eq!(short(&facts, Fact::OverlayMarks), "whiteout etc/old");
        assert_eq!(short(&facts, Fact::OverlayUpperBytes), "10");
        assert_eq!(short(&facts, Fact::OverlayLowerBytes), "109", "two names of one file are counted once");
        assert_eq!(short(&facts, Fact::OverlayFiles), "2");
        assert_eq!(short(&facts, Fact::OverlayMount), "no");
        assert!(short(&facts, Fact::OverlayInodes).starts_with("etc/motd "));
        assert_eq!(short(&facts, Fact::OverlayLower3), "(ENOENT)");
        assert!(short(&facts, Fact::OverlayLower1).contains(" 2 100 "), "two links: {facts:?}");
    }

    #[test]
    fn what_is_mounted_is_told_by_mountinfo() {
        let mounts: &[u8] =
            b"1 0 0:1 / /b/merged rw - overlay overlay rw,lowerdir=l2:l1,upperdir=u,workdir=w,\
            redirect_dir=nofollow,userxattr\n2 1 0:2 /v /b/merged/data ro,nosuid - tmpfs tmpfs rw\n";
        let mut facts = Facts::new();
        read(Path::new("/b"), mounts, &mut facts);
        assert_eq!(short(&facts, Fact::OverlayMount), "lowerdir=l2:l1 upperdir=u workdir=w userxattr");
        assert_eq!(
            short(&facts, Fact::OverlayVolumeMount),
            "ro",
            "the mount is, whatever its file system is"
        );
        assert_eq!(short(&facts, Fact::OverlaySecond), "no");
    }

    #[test]
    fn a_tree_too_large_is_cut_and_fits_a_packet() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..600 {
            write(&dir.path().join(format!("upper/{n}-{}", "\u{1b}\"".repeat(100))), 0);
        }
        let facts = seen(dir.path());
        let Some(Value::List(lines)) = facts.get(&FactId::subject(Fact::OverlayUpper)) else {
            panic!("a list")
        };
        let left: usize = lines.last().and_then(|line| line.strip_prefix('+')).unwrap().parse().unwrap();
        assert_eq!(left + lines.len() - 1, 600);
        assert!(lines.iter().map(String::len).sum::<usize>() <= MOST_BYTES + 8);
        assert!(serde_json::to_vec(&facts.into_iter().collect::<Vec<_>>()).unwrap().len() < 32 * 1024);
    }

    #[test]
    fn a_link_in_place_of_a_tree_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", dir.path().join("upper")).unwrap();
        assert_eq!(short(&seen(dir.path()), Fact::OverlayUpper), "(ENOTDIR)");
    }
}
