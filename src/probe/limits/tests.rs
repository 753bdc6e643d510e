use std::{fs, time::Duration};

use super::*;

/// A machine with one group of every controller in one kind of hierarchy.
fn machine(hierarchy: Hierarchy, files: &[(&str, &str)]) -> (tempfile::TempDir, LimitReader) {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("sys/fs/cgroup/box");
    fs::create_dir_all(&dir).unwrap();
    for (name, text) in files {
        fs::write(dir.join(name), text).unwrap();
    }
    let mut reader = LimitReader::new(root.path(), root.path(), Some("8:0".to_owned()));
    let place = |group| Place { group, hierarchy, controllers: Controller::ALL.to_vec(), dir: dir.clone() };
    reader.set_places(vec![place(Group::Box), place(Group::Left)]);
    (root, reader)
}

fn seen(reader: &mut LimitReader, fact: Fact) -> Option<String> {
    let mut facts = Facts::new();
    reader.read(&mut facts);
    facts.get(&FactId::host(fact)).map(Value::short)
}

const V1: &[(&str, &str)] = &[
    ("cpu.cfs_quota_us", "50000\n"),
    ("cpu.shares", "3072\n"),
    ("cpuset.effective_cpus", "0-1\n"),
    ("memory.limit_in_bytes", "67108864\n"),
    ("pids.max", "20\n"),
    ("blkio.throttle.write_bps_device", "8:0 2097152\n"),
    ("cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 250000000\n"),
    ("memory.usage_in_bytes", "33554432\n"),
    ("memory.stat", "cache 1048576\nrss 4096\n"),
    ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
    ("pids.events", "max 3\n"),
    (IO, "8:0 Read 10\n8:0 Write 4096\n8:16 Write 9999\nTotal 1\n"),
    ("freezer.state", "FROZEN\n"),
];
const IO: &str = files::IO_V1;

const V2: &[(&str, &str)] = &[
    ("cpu.max", "50000 100000\n"),
    ("cpu.weight", "300\n"),
    ("cpuset.cpus.effective", "0-1\n"),
    ("memory.max", "67108864\n"),
    ("memory.high", "max\n"),
    ("pids.max", "20\n"),
    ("io.max", "8:0 rbps=max wbps=2097152 riops=max wiops=max\n"),
    ("cpu.stat", "usage_usec 7\nnr_throttled 4\nthrottled_usec 250000\n"),
    ("memory.current", "33554432\n"),
    ("memory.stat", "anon 4096\nfile 1048576\nfile_mapped 9\n"),
    ("memory.events", "low 0\nhigh 5\nmax 0\noom 1\noom_kill 1\n"),
    ("pids.events", "max 3\n"),
    ("io.stat", "8:16 rbytes=9 wbytes=9999\n8:0 rbytes=10 wbytes=4096 rios=1\n"),
    ("cgroup.events", "populated 1\nfrozen 1\n"),
];

#[test]
fn both_hierarchies_say_the_same_in_other_words() {
    let (_v1, mut old) = machine(Hierarchy::V1, V1);
    let (_v2, mut new) = machine(Hierarchy::V2, V2);
    for (fact, want) in [
        (Fact::LimitCpu, "0.5"),
        (Fact::LimitWeight, "300"),
        (Fact::LimitCpuset, "0-1"),
        (Fact::LimitMemory, "64M"),
        (Fact::LimitPids, "20"),
        (Fact::LimitIo, "write 2M"),
        (Fact::CpuThrottled, "4"),
        (Fact::CpuThrottledMs, "250"),
        (Fact::MemoryCurrent, "32"),
        (Fact::MemoryFile, "1"),
        (Fact::OomKills, "1"),
        (Fact::PidsRefused, "3"),
        (Fact::IoWritten, "4"),
        (Fact::LeftWeight, "300"),
        (Fact::Frozen, "frozen"),
    ] {
        assert_eq!(seen(&mut old, fact).as_deref(), Some(want), "v1 {fact:?}");
        assert_eq!(seen(&mut new, fact).as_deref(), Some(want), "v2 {fact:?}");
    }
    assert_eq!(seen(&mut new, Fact::LimitHigh).as_deref(), Some("max"));
    assert_eq!(seen(&mut old, Fact::LimitHigh), None, "v1 has no such limit");
    assert_eq!(seen(&mut new, Fact::MemoryPeak).as_deref(), Some("(ENOENT)"), "this kernel has no such file");
    assert!(seen(&mut old, Fact::LimitPlaces).unwrap().contains("v1 legacy"));
    assert!(!seen(&mut new, Fact::LimitPlaces).unwrap().contains("legacy"));
}

#[test]
fn no_limit_is_said_alike() {
    let v1 = [("cpu.cfs_quota_us", "-1\n"), ("memory.limit_in_bytes", "9223372036854771712\n")];
    let v2 = [("cpu.max", "max 100000\n"), ("memory.max", "max\n"), ("io.max", "\n")];
    let (_v1, mut old) = machine(Hierarchy::V1, &v1);
    let (_v2, mut new) = machine(Hierarchy::V2, &v2);
    for fact in [Fact::LimitCpu, Fact::LimitMemory] {
        assert_eq!(seen(&mut old, fact).as_deref(), Some("max"), "{fact:?}");
        assert_eq!(seen(&mut new, fact).as_deref(), Some("max"), "{fact:?}");
    }
    assert_eq!(seen(&mut new, Fact::LimitIo).as_deref(), Some("max"));
}

#[test]
fn a_rate_is_measured_between_two_looks() {
    let (root, mut reader) = machine(Hierarchy::V2, V2);
    assert_eq!(seen(&mut reader, Fact::CpuRate), None);
    reader.restart();
    std::thread::sleep(Duration::from_millis(200));
    // A fifth of a second, and a second of processor time: some five processors.
    fs::write(root.path().join("sys/fs/cgroup/box/cpu.stat"), "usage_usec 1000007\n").unwrap();
    let rate: i64 = seen(&mut reader, Fact::CpuRate).unwrap().parse().unwrap();
    assert!((100..=500).contains(&rate), "{rate}");
}

proptest::proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "[-0-9a-z:=_ \n]{0,200}", any: String) {
        for text in [text.as_str(), any.as_str()] {
            for (_, source) in files::LIMITS.iter().chain(files::COUNTERS) {
                for hierarchy in [Hierarchy::V1, Hierarchy::V2] {
                    source.file(hierarchy).1(text, "8:0");
                }
            }
            files::io_bytes(text, "8:0", true);
        }
    }
}
