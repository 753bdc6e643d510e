//! The root of a process and its overlays, from its mountinfo, `overlayfs.rst`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::probe::mountinfo::Mount;

/// What is mounted on the root directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// File system type.
    pub fstype: String,
    /// Which directory of the file system.
    pub dir: String,
    /// Whether it is read-only.
    pub read_only: bool,
    /// Whether the very same is mounted on our root.
    pub same: bool,
}

/// An overlay with its layers, as the process that mounted it named them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// Where, from the root of the process.
    pub point: String,
    /// The layers that are only read, the highest first.
    pub lower: Vec<String>,
    /// The layer that is written; none where the overlay is read-only.
    pub upper: Option<String>,
    /// The directory that overlayfs works in.
    pub work: Option<String>,
}

/// The root: the last mount on `/`. None after a plain `chroot(2)`, where the root is no mount point.
pub fn root(mounts: &[Mount], here: &[Mount]) -> Option<Root> {
    let at_root = |mounts: &[Mount]| mounts.iter().rev().find(|mount| mount.point == Path::new("/")).cloned();
    let mount = at_root(mounts)?;
    let same = at_root(here).is_some_and(|ours| {
        (&ours.fstype, &ours.root, &ours.super_options) == (&mount.fstype, &mount.root, &mount.super_options)
    });
    Some(Root { fstype: plain(&mount.fstype), dir: text(&mount.root), read_only: mount.read_only, same })
}

/// Every overlay, from the first that was mounted.
pub fn overlays(mounts: &[Mount]) -> Vec<Overlay> {
    mounts.iter().filter(|mount| is_overlay(&mount.fstype)).map(overlay).collect()
}

/// The kernel's, and the one that Podman uses where the kernel's is not to be had.
pub fn is_overlay(fstype: &str) -> bool {
    matches!(fstype, "overlay" | "fuse.fuse-overlayfs" | "aufs")
}

fn overlay(mount: &Mount) -> Overlay {
    let mut overlay = Overlay { point: text(&mount.point), ..Overlay::default() };
    for (key, value) in mount.super_options.split(',').filter_map(|option| option.split_once('=')) {
        match key {
            "lowerdir" => overlay.lower.extend(layers(value)),
            // one layer an option: `fsconfig(2)` since Linux 6.8
            "lowerdir+" | "datadir+" => overlay.lower.push(plain(value)),
            "upperdir" => overlay.upper = Some(plain(value)),
            "workdir" => overlay.work = Some(plain(value)),
            _ => {}
        }
    }
    overlay
}

/// Split at colons, but not at `\:`.
fn layers(value: &str) -> Vec<String> {
    let (mut all, mut one, mut escaped) = (Vec::new(), String::new(), false);
    for c in value.chars() {
        match (c, escaped) {
            ('\\', false) => escaped = true,
            (':', false) => {
                if !one.is_empty() {
                    all.push(plain(&one));
                }
                one.clear();
            }
            _ => {
                one.push(c);
                escaped = false;
            }
        }
    }
    if !one.is_empty() {
        all.push(plain(&one));
    }
    all
}

fn text(path: &Path) -> String {
    plain(&path.to_string_lossy())
}

/// Without what could act on a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::mountinfo::parse;

    #[test]
    fn an_overlay_tells_its_layers() {
        let line = b"1 0 0:3 / / rw - overlay overlay rw,lowerdir=/l/B:/l/A\\134:1,upperdir=/u,workdir=/w\n";
        let [overlay] = &overlays(&parse(line))[..] else { panic!("one") };
        assert_eq!(
            (overlay.point.as_str(), &overlay.lower),
            ("/", &vec!["/l/B".to_owned(), "/l/A:1".to_owned()])
        );
        assert_eq!((overlay.upper.as_deref(), overlay.work.as_deref()), (Some("/u"), Some("/w")));
    }

    #[test]
    fn the_root_is_the_last_mount_on_it_and_compared_with_ours() {
        let host = parse(b"1 0 8:1 / / rw - ext4 /dev/sda rw\n");
        let boxed = parse(b"1 0 8:1 / / rw - ext4 /dev/sda rw\n2 0 8:1 /box / ro - ext4 /dev/sda rw\n");
        assert_eq!(root(&host, &host).map(|root| root.same), Some(true));
        let root = root(&boxed, &host).unwrap();
        assert_eq!((root.dir.as_str(), root.read_only, root.same), ("/box", true, false));
        assert_eq!(super::root(&parse(b"1 0 8:1 / /x rw - ext4 a rw\n"), &host), None);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_options_never_panic(options: String) {
            layers(&options);
        }
    }
}
