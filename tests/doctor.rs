//! The doctor tries everything and leaves nothing. Alone in its process: it looks at everything the process has.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use korobka::{
    lab::namespace::Namespace,
    probe::{
        doctor::{Surroundings, examine, overall},
        namespace_inode,
        tree::TreeReader,
    },
};

#[test]
fn it_leaves_nothing_behind() {
    let before = Traces::now().expect("a readable /proc");
    let seen = examine(&Surroundings::of_process(None));
    assert_eq!(Traces::now().expect("a readable /proc"), before);
    assert_eq!(seen.ability, overall(), "the short way gives the same answer");
    assert_eq!(Traces::now().expect("a readable /proc"), before);
}

#[derive(Debug, PartialEq, Eq)]
struct Traces {
    mounts: String,
    namespaces: Vec<i64>,
    processes: Vec<i32>,
    leftovers: BTreeSet<PathBuf>,
}

impl Traces {
    fn now() -> io::Result<Self> {
        let me = std::process::id().cast_signed();
        let inode = |ns| namespace_inode(Path::new("/proc/self"), ns).unwrap_or_default();
        let tree = TreeReader::new(Path::new("/proc")).read(me)?;
        let mut leftovers = BTreeSet::new();
        for place in ["/tmp", "/sys/fs/cgroup"] {
            named_after_us(Path::new(place), 6, &mut leftovers);
        }
        Ok(Self {
            mounts: fs::read_to_string("/proc/self/mountinfo")?,
            namespaces: Namespace::ALL.map(inode).to_vec(),
            processes: tree.into_iter().map(|process| process.pid).collect(),
            leftovers,
        })
    }
}

fn named_after_us(dir: &Path, depth: usize, into: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy() == format!("korobka-doctor-{}", std::process::id()) {
            into.insert(entry.path());
        }
        if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            named_after_us(&entry.path(), depth - 1, into);
        }
    }
}
