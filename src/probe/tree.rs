//! The tree of processes below one, from `/proc/PID/task/TID/children` and `/proc/PID/stat`, `proc_tid_children(5)`.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use super::kept::{Buffer, Kept};

/// The most processes that are followed; a box that forks without end must not take the stage's descriptors.
pub const MOST: usize = 128;

/// One process of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id, as the reader's /proc numbers it.
    pub pid: i32,
    /// Its name, at most 15 bytes.
    pub name: String,
    /// How many steps below the first one.
    pub depth: usize,
}

/// What is taken from a stat file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The name of the program.
    pub name: String,
    /// How many threads it has.
    pub threads: u32,
}

/// Reads a stat file: `7 (a name) S 1 …`. The name may hold anything, brackets too.
pub fn parse_stat(bytes: &[u8]) -> Option<Stat> {
    let text = String::from_utf8_lossy(bytes);
    let (head, rest) = text.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let threads = rest.split_whitespace().nth(17)?.parse().ok()?;
    Some(Stat { name: name.to_owned(), threads })
}

/// Reads a children file: ids with spaces between.
pub fn parse_children(bytes: &[u8]) -> Vec<i32> {
    bytes.split(u8::is_ascii_whitespace).filter_map(|id| std::str::from_utf8(id).ok()?.parse().ok()).collect()
}

/// Follows a tree of processes through files that stay open.
#[derive(Debug)]
pub struct TreeReader {
    proc_root: PathBuf,
    kept: BTreeMap<i32, Files>,
}

#[derive(Debug)]
struct Files {
    stat: Kept,
    children: Kept,
}

impl TreeReader {
    /// A reader of a /proc.
    pub fn new(proc_root: &Path) -> Self {
        Self { proc_root: proc_root.to_owned(), kept: BTreeMap::new() }
    }

    /// The process and everything below it, each parent before its children, at most [`MOST`]. A process that ends
    /// meanwhile is left out; `Err` is about the first one, or a kernel without the children file.
    pub fn read(&mut self, pid: i32) -> io::Result<Vec<Process>> {
        let (mut buffer, mut tree, mut seen) = (Buffer::new(), Vec::new(), BTreeSet::new());
        let mut ahead = vec![(pid, 0)];
        while let Some((next, depth)) = ahead.pop() {
            if tree.len() == MOST || !seen.insert(next) {
                continue;
            }
            match self.look(next, &mut buffer) {
                Ok((name, children)) => {
                    tree.push(Process { pid: next, name, depth });
                    ahead.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
                }
                Err(error) if next == pid => return Err(error),
                Err(_) => {}
            }
        }
        self.kept.retain(|pid, _| seen.contains(pid));
        Ok(tree)
    }

    fn look(&mut self, pid: i32, buffer: &mut Buffer) -> io::Result<(String, Vec<i32>)> {
        if let Some(files) = self.kept.get(&pid)
            && let Ok(seen) = self.through(files, pid, buffer)
        {
            return Ok(seen);
        }
        // New, or its number was given to another process since.
        let files = Files::open(&self.proc_root, pid)?;
        let seen = self.through(&files, pid, buffer)?;
        self.kept.insert(pid, files);
        Ok(seen)
    }

    fn through(&self, files: &Files, pid: i32, buffer: &mut Buffer) -> io::Result<(String, Vec<i32>)> {
        let stat = parse_stat(files.stat.read(buffer)?).ok_or(io::ErrorKind::InvalidData)?;
        let mut children = parse_children(files.children.read(buffer)?);
        if stat.threads > 1 {
            children.extend(self.children_of_other_threads(pid, buffer));
        }
        Ok((stat.name, children))
    }

    /// A child belongs to the thread that forked it.
    fn children_of_other_threads(&self, pid: i32, buffer: &mut Buffer) -> Vec<i32> {
        let tasks = self.proc_root.join(pid.to_string()).join("task");
        let mut children = Vec::new();
        for entry in std::fs::read_dir(tasks).into_iter().flatten().flatten() {
            if entry.file_name().to_str() != Some(pid.to_string().as_str())
                && let Ok(kept) = Kept::open(&entry.path().join("children"))
                && let Ok(bytes) = kept.read(buffer)
            {
                children.extend(parse_children(bytes));
            }
        }
        children
    }
}

impl Files {
    fn open(proc_root: &Path, pid: i32) -> io::Result<Self> {
        let dir = proc_root.join(pid.to_string());
        let children = Kept::open(&dir.join(format!("task/{pid}/children")))?;
        Ok(Self { stat: Kept::open(&dir.join("stat"))?, children })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets_and_spaces() {
        let line = b"7 (a) (b c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 99 1 1\n";
        assert_eq!(parse_stat(line), Some(Stat { name: "a) (b c".into(), threads: 3 }));
        assert_eq!(parse_stat(b"7 (x) S 1"), None);
        assert_eq!(parse_stat(b"7 )x( S 1"), None);
        assert_eq!(parse_children(b"12 345 \n"), [12, 345]);
    }

    #[test]
    fn parents_come_before_their_children_and_the_dead_are_left_out() {
        let mut tree = TreeReader::new(Path::new("tests/fixtures/proc/v2"));
        let seen = tree.read(6974).unwrap();
        let seen: Vec<_> = seen.iter().map(|p| (p.pid, p.name.as_str(), p.depth)).collect();
        assert_eq!(seen, [(6974, "heartbeat", 0), (6980, "sh", 1), (6990, "sleep", 2), (6981, "ps (x)", 1)]);
        assert!(tree.read(1).is_err(), "no such process");
    }

    #[test]
    fn a_real_child_appears_and_goes() {
        let mut tree = TreeReader::new(Path::new("/proc"));
        let me = std::process::id().cast_signed();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id().cast_signed();
        // Test threads fork: the child is not in the main thread's list.
        assert!(tree.read(me).unwrap().iter().any(|p| p.pid == pid && p.depth == 1));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!tree.read(me).unwrap().iter().any(|p| p.pid == pid));
        assert!(!tree.kept.contains_key(&pid), "its files are closed");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, line in "[0-9 ()a-zS]{0,60}") {
            parse_stat(&bytes);
            parse_children(&bytes);
            parse_stat(line.as_bytes());
            parse_children(line.as_bytes());
        }
    }
}
