//! Files of the kernel: mountinfo and cgroup files. A process may choose much of what stands in them: paths, names,
//! options.

use korobka::{
    inspect::look,
    probe::{cgroup, mountinfo, process::ProcessReader, status::Status},
};
use nix::errno::Errno;
use proptest::{collection::vec, prelude::*};

use crate::*;

/// Words that mean something in these files, put together at random.
fn words(words: &'static [&'static str], between: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..12),
    ];
    let piece = (word, prop::sample::select(between))
        .prop_map(|(word, between)| [&word, between.as_bytes()].concat());
    vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

fn mounts() -> impl Strategy<Value = Vec<u8>> {
    words(
        &[
            "1 0 0:1 / / rw - ext4 /dev/sda rw",
            "2 1 0:2 / /proc rw - proc proc rw",
            "3 1 0:3 / / rw,ro shared:1 master:2 - overlay overlay rw,lowerdir=/a:/b\\134:c,upperdir=/u,workdir=/w",
            "4 1 0:4 /x /sys/fs/cgroup rw - cgroup2 none rw",
            "5 1 0:5 /../y /cg rw - cgroup none rw,cpu,cpuacct",
            "-",
            "1",
            "/",
            "\\040",
            "\\4",
            "lowerdir=",
            "lowerdir+=/a",
            "..",
            "cgroup",
            "cgroup2",
            "overlay",
            "0:1",
            "unbindable",
        ],
        &[" ", "\n", ",", "", "\\"],
    )
}

fn cgroups() -> impl Strategy<Value = Vec<u8>> {
    words(
        &[
            "0::/a/b",
            "0::/",
            "0::/../..",
            "4:memory:/docker/1",
            "3:cpu,cpuacct:/lxc.payload.x",
            "1:name=systemd:/machine.slice",
            "x",
            ":",
            "::",
            "//",
            "/..",
            "libpod-1.scope",
            "max",
            "9223372036854771712",
            "-1",
            "50000 100000",
        ],
        &["\n", ":", "/", ""],
    )
}

fn statuses() -> impl Strategy<Value = Vec<u8>> {
    words(
        &[
            "Uid:\t0\t0\t0\t0",
            "Gid:\t0\t0\t0\t0",
            "Pid:\t7",
            "NSpid:\t7\t1",
            "NSpid:\t-1",
            "CapBnd:\t00000000a80425fb",
            "CapBnd:\tx",
            "CapEff:\tffffffffffffffffffff",
            "Seccomp:\t2",
            "NoNewPrivs:\t99999999999999999999",
            "Name:\t\x1b[2J",
        ],
        &["\n", "\t", ""],
    )
}

/// A small machine whose files hold these bytes: looked at as a whole.
fn machine(mountinfo: &[u8], cgroup: &[u8], status: &[u8], limit: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    for process in ["7", "self"] {
        let process = dir.path().join("proc").join(process);
        fs::create_dir_all(process.join("ns")).unwrap();
        fs::write(process.join("mountinfo"), mountinfo).unwrap();
        fs::write(process.join("cgroup"), cgroup).unwrap();
        fs::write(process.join("status"), status).unwrap();
    }
    let group = dir.path().join("sys/fs/cgroup/a/b");
    fs::create_dir_all(&group).unwrap();
    for file in ["memory.max", "pids.max", "cpu.max", "io.max"] {
        fs::write(group.join(file), limit).unwrap();
    }
    let root = dir.path().join("proc");
    let outside = ProcessReader::open(&root, 7).unwrap().read(Path::new("/"));
    let facts = outside.map(|outside| outside.facts).unwrap_or_default();
    let seen = look(&root, dir.path(), 7, facts, &Err(Errno::EPERM)).unwrap();
    let told = serde_json::to_string(&seen).unwrap();
    assert!(!told.contains('\x1b') && !told.contains("\\u001b"), "{told}");
    assert_eq!(seen.switches.len(), 9);
}

fn parsers(bytes: &[u8]) {
    mountinfo::parse(bytes);
    cgroup::parse(bytes);
    cgroup::Version::of(&mountinfo::parse(bytes));
    Status::parse(bytes);
}

#[test]
fn mountinfo_files() {
    for (_, bytes) in corpus("mountinfo") {
        assert!(!mountinfo::parse(&bytes).is_empty());
        machine(&bytes, b"0::/a/b\n", b"", b"max");
    }
    make("mountinfo", &(mounts(), vec(any::<u8>(), 0..200)), |(mounts, bytes)| {
        parsers(&bytes);
        parsers(&mounts);
    });
}

#[test]
fn cgroup_files() {
    for (_, bytes) in corpus("cgroup") {
        assert!(!cgroup::parse(&bytes).is_empty());
        machine(b"4 1 0:4 / /sys/fs/cgroup rw - cgroup2 none rw\n", &bytes, b"", b"1000");
    }
    make("cgroup", &(mounts(), cgroups(), statuses(), cgroups()), |(mounts, cgroups, status, limit)| {
        machine(&mounts, &cgroups, &status, &limit);
    });
}
