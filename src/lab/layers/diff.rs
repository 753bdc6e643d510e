//! What `docker diff` says: added, changed and deleted paths, from the upper tree and what lies below it. The rules are
//! those of moby's `archive.OverlayChanges`.

use std::{collections::BTreeMap, fmt};

use super::{Entry, Kind};

/// One line of `docker diff`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Which path, without a leading slash.
    pub path: String,
    /// `A`, `C` or `D`.
    pub letter: char,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} /{}", self.letter, self.path)
    }
}

/// The changes that an upper tree holds, by path. `lowers` begins with the topmost layer.
///
/// A whiteout is a deletion. So is an opaque directory where there was one below: all that was in it is gone. Anything
/// else was changed where a lower layer shows it, and added where none does. A directory that is there only because
/// something in it was copied up is passed over, unless an entry of it was added or deleted.
pub fn changes(upper: &[Entry], lowers: &[Vec<Entry>]) -> Vec<Change> {
    let mut letters: BTreeMap<&str, char> = BTreeMap::new();
    for entry in upper {
        let below = seen_below(&entry.path, lowers);
        let letter = match (entry.kind, below) {
            (Kind::Whiteout, _) | (Kind::Opaque, Some(_)) => 'D',
            (_, None) => 'A',
            (kind, Some(old)) if kind.is_dir() && old.kind.is_dir() && old.mode == entry.mode => continue,
            (_, Some(_)) => 'C',
        };
        letters.insert(&entry.path, letter);
    }
    let parents: Vec<&str> = letters
        .iter()
        .filter(|(_, letter)| **letter != 'C')
        .filter_map(|(path, _)| path.rsplit_once('/').map(|(parent, _)| parent))
        .collect();
    for parent in parents {
        letters.entry(parent).or_insert('C');
    }
    letters.into_iter().map(|(path, letter)| Change { path: path.to_owned(), letter }).collect()
}

/// The entry that the lower layers alone would show at a path.
fn seen_below<'a>(path: &str, lowers: &'a [Vec<Entry>]) -> Option<&'a Entry> {
    for layer in lowers {
        if let Some(entry) = layer.iter().find(|entry| entry.path == path) {
            return Some(entry).filter(|entry| entry.kind != Kind::Whiteout);
        }
        let hides = |entry: &Entry| {
            let above = path.strip_prefix(entry.path.as_str()).is_some_and(|rest| rest.starts_with('/'));
            above && (entry.kind == Kind::Opaque || !entry.kind.is_dir())
        };
        if layer.iter().any(hides) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(line: &str) -> Entry {
        let (kind, path) = line.split_once(' ').expect("kind and path");
        format!("{kind} 0755 1 1 0:1:2 {path}").parse().expect("an entry")
    }

    fn tree(lines: &[&str]) -> Vec<Entry> {
        lines.iter().map(|line| entry(line)).collect()
    }

    fn diff(upper: &[&str], lowers: &[&[&str]]) -> Vec<String> {
        let lowers: Vec<Vec<Entry>> = lowers.iter().map(|layer| tree(layer)).collect();
        changes(&tree(upper), &lowers).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn added_changed_and_deleted() {
        let base: &[&str] = &["dir etc", "file etc/motd", "file etc/old", "dir srv"];
        assert_eq!(diff(&["dir etc", "file etc/motd"], &[base]), ["C /etc/motd"], "only copied up");
        assert_eq!(diff(&["dir etc", "whiteout etc/old"], &[base]), ["C /etc", "D /etc/old"]);
        assert_eq!(diff(&["dir etc", "file etc/new"], &[base]), ["C /etc", "A /etc/new"]);
        assert_eq!(diff(&["file hello"], &[base]), ["A /hello"]);
        assert_eq!(diff(&["dir new", "file new/x"], &[base]), ["A /new", "A /new/x"]);
        assert_eq!(diff(&["opaque etc", "file etc/motd"], &[base]), ["D /etc", "C /etc/motd"]);
        assert_eq!(diff(&["opaque fresh"], &[base]), ["A /fresh"], "nothing below to hide");
        assert_eq!(diff(&["file etc"], &[base]), ["C /etc"], "a file in place of a directory");
        assert_eq!(diff(&[], &[base]), [""; 0]);
    }

    #[test]
    fn a_changed_mode_changes_a_directory() {
        let mut upper = tree(&["dir etc"]);
        upper[0].mode = 0o700;
        assert_eq!(changes(&upper, &[tree(&["dir etc"])])[0].to_string(), "C /etc");
    }

    #[test]
    fn what_an_upper_layer_deleted_is_not_there_to_be_changed() {
        let base: &[&str] = &["dir etc", "file etc/old"];
        assert_eq!(
            diff(&["dir etc", "file etc/old"], &[&["dir etc", "whiteout etc/old"], base]),
            ["C /etc", "A /etc/old"]
        );
        assert_eq!(diff(&["dir etc", "file etc/old"], &[&["opaque etc"], base])[1], "A /etc/old");
        assert_eq!(diff(&["dir etc", "file etc/old"], &[&["whiteout etc"], base]), ["A /etc", "A /etc/old"]);
        assert_eq!(diff(&["dir etc", "file etc/old"], &[&["dir usr"], base]), ["C /etc/old"]);
    }

    fn any_tree() -> impl Strategy<Value = Vec<Entry>> {
        let kinds = proptest::sample::select(vec!["file", "dir", "opaque", "whiteout", "link"]);
        let line = (kinds, "[ab](/[ab]){0,2}").prop_map(|(kind, path)| entry(&format!("{kind} {path}")));
        proptest::collection::vec(line, 0..8).prop_map(|mut tree| {
            tree.sort_by(|a, b| a.path.cmp(&b.path));
            tree.dedup_by(|a, b| a.path == b.path);
            tree
        })
    }

    proptest! {
        #[test]
        fn every_path_is_said_once_in_order_and_every_whiteout_is_a_deletion(
            upper in any_tree(),
            lowers in proptest::collection::vec(any_tree(), 0..3),
        ) {
            let said = changes(&upper, &lowers);
            prop_assert!(said.windows(2).all(|pair| pair[0].path < pair[1].path));
            for entry in &upper {
                let letter = said.iter().find(|c| c.path == entry.path).map(|c| c.letter);
                if entry.kind == Kind::Whiteout {
                    prop_assert_eq!(letter, Some('D'));
                }
                if !entry.kind.is_dir() {
                    prop_assert!(letter.is_some(), "a file in upper is a change");
                }
                if lowers.is_empty() && entry.kind != Kind::Whiteout {
                    prop_assert_eq!(letter, Some('A'));
                }
            }
        }
    }
}
