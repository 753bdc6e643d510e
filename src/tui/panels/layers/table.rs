//! The trees of an overlay laid side by side: one row a path, one column a tree.

use std::collections::{BTreeMap, BTreeSet};

use crate::lab::{
    fact::{Fact, FactId},
    layers::{Entry, Kind},
    observation::{Observation, Value},
};

/// The trees from the bottom to what the box sees; the third layer only where there is one.
const TREES: [(Fact, &str); 5] = [
    (Fact::OverlayLower1, "lower1"),
    (Fact::OverlayLower2, "lower2"),
    (Fact::OverlayLower3, "lower3"),
    (Fact::OverlayUpper, "upper"),
    (Fact::OverlayMerged, "merged"),
];

/// The trees that there are, and what they hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Their names.
    pub(super) trees: Vec<&'static str>,
    /// By path; directories before what is in them.
    pub(super) rows: Vec<Row>,
    /// How many entries were left out of the observation.
    pub(super) more: u64,
}

/// One path in every tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) path: String,
    /// In the order of the trees.
    pub(super) cells: Vec<Option<Cell>>,
    /// Whether a tree holds something else here than before.
    pub(super) changed: bool,
}

/// What a tree holds at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// Whether the box reads this one.
    pub(super) seen: bool,
}

/// The trees of one observation.
struct Trees(Vec<(&'static str, BTreeMap<String, Entry>)>);

impl Trees {
    fn of(seen: &Observation, more: &mut u64) -> Self {
        let mut trees = Vec::new();
        for (fact, name) in TREES {
            let Some(Value::List(lines)) = seen.get(FactId::subject(fact)) else { continue };
            let entries = lines.iter().filter_map(|line| line.parse::<Entry>().ok());
            trees.push((name, entries.map(|entry| (entry.path.clone(), entry)).collect()));
            *more += lines.iter().filter_map(|line| line.strip_prefix('+')?.parse::<u64>().ok()).sum::<u64>();
        }
        Self(trees)
    }

    fn at(&self, tree: &str, path: &str) -> Option<&Entry> {
        self.0.iter().find(|(name, _)| *name == tree)?.1.get(path)
    }

    /// The tree that the box reads a file from: the topmost that has it, unless that hides it.
    fn source(&self, path: &str) -> Option<&'static str> {
        let merged = self.at("merged", path)?;
        let mut below = self.0.iter().rev().filter(|(name, _)| *name != "merged");
        let (name, entry) = below.find_map(|(name, tree)| Some((*name, tree.get(path)?)))?;
        (!merged.kind.is_dir() && entry.kind != Kind::Whiteout).then_some(name)
    }
}

/// The table of what is seen now, against what was seen before.
pub(super) fn of(seen: &Observation, before: Option<&Observation>) -> Table {
    let mut more = 0;
    let now = Trees::of(seen, &mut more);
    let past = before.map(|before| Trees::of(before, &mut 0));
    // where there were no trees before, all of them are new, and a mark on each would say nothing
    let past = past.filter(|past| !past.0.is_empty());
    let paths: BTreeSet<Vec<&str>> =
        now.0.iter().flat_map(|(_, tree)| tree.keys()).map(|path| path.split('/').collect()).collect();
    let row = |names: Vec<&str>| {
        let path = names.join("/");
        let source = now.source(&path);
        let cell = |(name, tree): &(&'static str, BTreeMap<String, Entry>)| {
            let entry = tree.get(&path)?;
            Some(Cell { kind: entry.kind, size: entry.size, seen: source == Some(*name) })
        };
        let told =
            |entry: Option<&Entry>| entry.map(|entry| (entry.kind, entry.size, entry.mode, entry.links));
        let changed = past.as_ref().is_some_and(|past| {
            let differs = |name: &str| told(now.at(name, &path)) != told(past.at(name, &path));
            now.0.iter().any(|(name, _)| differs(name))
        });
        Row { cells: now.0.iter().map(cell).collect(), changed, path }
    };
    let rows = paths.into_iter().map(row).collect();
    Table { trees: now.0.iter().map(|(name, _)| *name).collect(), rows, more }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trees: &[(Fact, &[&str])]) -> Observation {
        let mut seen = Observation::default();
        for (fact, lines) in trees {
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            seen.facts.insert(FactId::subject(*fact), Value::List(lines));
        }
        seen
    }

    fn cells(table: &Table, path: &str) -> Vec<String> {
        let row = table.rows.iter().find(|row| row.path == path).expect("a row");
        let text = |cell: &Option<Cell>| match cell {
            None => "-".to_owned(),
            Some(cell) => format!("{}{}", cell.kind.name(), if cell.seen { "!" } else { "" }),
        };
        row.cells.iter().map(text).collect()
    }

    #[test]
    fn the_topmost_tree_that_has_a_file_is_the_one_that_is_read() {
        let lower: &[&str] =
            &["dir 0755 2 0 0:1:1 etc", "file 0644 1 8 0:1:2 etc/motd", "file 0644 1 8 0:1:3 old"];
        let upper: &[&str] = &["dir 0755 2 0 0:1:4 etc", "whiteout 0000 2 0 0:1:5 old", "+3"];
        let merged: &[&str] = &["dir 0755 2 0 0:2:1 etc", "file 0644 1 8 0:2:2 etc/motd"];
        let table = of(
            &seen(&[
                (Fact::OverlayLower1, lower),
                (Fact::OverlayUpper, upper),
                (Fact::OverlayMerged, merged),
            ]),
            None,
        );
        assert_eq!((table.trees.as_slice(), table.more), (&["lower1", "upper", "merged"][..], 3));
        assert_eq!(cells(&table, "etc/motd"), ["file!", "-", "file"]);
        assert_eq!(cells(&table, "old"), ["file", "whiteout", "-"]);
        assert_eq!(
            cells(&table, "etc"),
            ["dir", "dir", "dir"],
            "directories are merged, none of them is read alone"
        );
        assert!(table.rows.iter().all(|row| !row.changed), "nothing to compare with");
    }

    #[test]
    fn a_row_has_changed_where_a_tree_holds_something_else() {
        let before = seen(&[(Fact::OverlayUpper, &["file 0644 1 8 0:1:2 a", "file 0644 1 8 0:1:3 b"])]);
        let now = seen(&[(Fact::OverlayUpper, &["file 0600 1 8 0:1:2 a", "file 0644 1 8 0:1:9 b"])]);
        let table = of(&now, Some(&before));
        let changed: Vec<_> = table.rows.iter().map(|row| (row.path.as_str(), row.changed)).collect();
        assert_eq!(changed, [("a", true), ("b", false)], "another inode alone is another subject");
        assert!(!of(&now, Some(&Observation::default())).rows[0].changed);
    }
}
