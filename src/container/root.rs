//! The root of a box: a skeleton of directories, the programs of the host's /usr (read-only: an image would hold its
//! own), /dev, /etc, and over the skeleton an overlay where the switch is on.
//!
//! One overlay holds the root, and /usr is a read-only bind mount in it, not an overlay of its own: a plain user could
//! not change files of root's in it anyway (they have no owner in the user namespace), and it would cost every start
//! another mount. What the box writes lands in `upper`, as in Docker; `/usr` answers `EROFS`.

use nix::mount::MsFlags;

use super::{
    Host, Step,
    plan::{Base, Wish},
};
use crate::{kernel::Call, lab::dial::Switch};

/// Directories of the skeleton.
pub const DIRECTORIES: [&str; 9] = ["usr", "proc", "dev", "dev/pts", "dev/shm", "tmp", "etc", "root", "run"];
/// And in the root of a whole box: a place for what the kernel tells of devices.
pub const SYS: &str = "sys";
/// Those of them that everybody may write in and only the owner delete in.
const EVERYBODYS: [&str; 2] = ["tmp", "dev/shm"];
/// Devices that any process may use.
pub const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// Links in /dev.
pub const LINKS: [(&str, &str); 5] = [
    ("dev/ptmx", "pts/ptmx"),
    ("dev/fd", "/proc/self/fd"),
    ("dev/stdin", "/proc/self/fd/0"),
    ("dev/stdout", "/proc/self/fd/1"),
    ("dev/stderr", "/proc/self/fd/2"),
];
/// Files of /etc.
pub const FILES: [(&str, &str); 3] = [
    ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
];
/// The terminal that the box was started on, where it was started on one.
const CONSOLE: &str = "console";
/// What else may stand in a root, as a link or as a directory: see [`Host::look`].
pub const SETTINGS_AND_PROGRAMS: [&str; 7] =
    ["bin", "sbin", "lib", "lib32", "lib64", "etc/alternatives", "etc/terminfo"];
/// Where the dynamic loader finds libraries, `ld.so(8)`: without it those in directories that only `ld.so.conf` names are not
/// found, and all others only after two dozen vain looks.
pub const LOADER: [&str; 1] = ["etc/ld.so.cache"];
/// What an overlay needs beside its lower layer, below the directory where the root is put together.
const LAYERS: [&str; 4] = ["lower", "upper", "work", "merged"];

/// The most that a box writes in its root, in bytes, where its memory has no limit of its own.
pub const MOST: u64 = 256 << 20;
/// The least, in bytes: the skeleton needs a few pages.
const LEAST: u64 = 1 << 20;
/// Bytes that a file takes, where nothing is said of how many there may be: an empty one takes memory too.
const PER_FILE: u64 = 4096;

/// The size of a root in memory, in bytes, where the box may have so much of that: half, as the kernel gives one by itself
/// half of the machine's, `tmpfs.rst`. What lies there counts as memory of the box.
pub const fn size_of(memory: Option<u64>) -> u64 {
    match memory {
        Some(memory) if memory / 2 < LEAST => LEAST,
        Some(memory) => memory / 2,
        None => MOST,
    }
}

/// Puts the root together; returns where it is.
pub(super) fn build(steps: &mut Steps, wish: &Wish, host: &Host) -> String {
    let dir = wish.dir.as_str();
    let memory = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    match wish.base {
        Base::Memory(size) => {
            let data = format!("mode=0755,size={size},nr_inodes={}", size / PER_FILE);
            steps.mount(("tmpfs", "tmpfs"), dir, memory, &data);
        }
        // pivot_root(2) wants a mount point.
        Base::Directory => steps.mount((dir, ""), dir, MsFlags::MS_BIND, ""),
    }
    let overlay = wish.setting.has(Switch::Overlay);
    let skeleton = if overlay { format!("{dir}/lower") } else { dir.to_owned() };
    if overlay {
        for name in LAYERS {
            steps.push(Call::Mkdir(format!("{dir}/{name}")));
        }
    }
    steps.push(Call::Mkdir(format!("{skeleton}/{SYS}")));
    skeleton_in(steps, &skeleton, host);
    let root = if overlay { over(steps, wish, dir) } else { skeleton };
    mounts_in(steps, &root, host);
    root
}

/// The calls that furnish an empty root, without a layer over it, without a /proc and without a /sys.
pub fn furnished(root: &str, host: &Host) -> Vec<Call> {
    let mut steps = Steps::default();
    skeleton_in(&mut steps, root, host);
    mounts_in(&mut steps, root, host);
    steps.list.into_iter().map(|step| step.call).collect()
}

/// What of the host's is seen in a root: programs and devices, and a terminal.
fn mounts_in(steps: &mut Steps, root: &str, host: &Host) {
    for (name, kept) in host.directories.iter().chain(&host.files) {
        steps.bind(&format!("/{name}"), &format!("{root}/{name}"));
        let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | *kept;
        steps.mount(("none", ""), &format!("{root}/{name}"), flags, "");
    }
    for (name, kept) in &host.below {
        let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | *kept;
        steps.mount(("none", ""), &format!("{root}/{name}"), flags, "");
    }
    for name in DEVICES {
        steps.bind(&format!("/dev/{name}"), &format!("{root}/dev/{name}"));
    }
    // The box shares the caller's terminal and its session, so that Ctrl-C, Ctrl-Z, `fg` and the window's size are what
    // they are without a box, at the price of one mount and no process that copies bytes to and fro (`docker run -t` has
    // a terminal of its own and needs one). Only its name is out of sight: `ttyname(3)` finds it again here. What a
    // shared terminal would let through, keys typed for whoever sits there, the filter of calls stops.
    if let Some(terminal) = &host.terminal {
        steps.mount((terminal, ""), &format!("{root}/dev/{CONSOLE}"), MsFlags::MS_BIND, "");
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    steps.mount(
        ("devpts", "devpts"),
        &format!("{root}/dev/pts"),
        flags,
        "newinstance,ptmxmode=0666,mode=0620",
    );
}

fn skeleton_in(steps: &mut Steps, root: &str, host: &Host) {
    let own = host.directories.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "usr");
    for name in DIRECTORIES.into_iter().chain(own) {
        steps.push(Call::Mkdir(format!("{root}/{name}")));
    }
    for name in EVERYBODYS {
        steps.push(Call::Chmod { path: format!("{root}/{name}"), mode: 0o1777 });
    }
    for (name, target) in &host.links {
        steps.push(Call::Symlink { target: target.clone(), link: format!("{root}/{name}") });
    }
    for (name, target) in LINKS {
        steps.push(Call::Symlink { target: target.to_owned(), link: format!("{root}/{name}") });
    }
    for (name, text) in FILES {
        steps.push(Call::Create { path: format!("{root}/{name}"), text: text.to_owned() });
    }
    for (name, _) in &host.files {
        steps.push(Call::Create { path: format!("{root}/{name}"), text: String::new() });
    }
    for name in DEVICES.into_iter().chain(host.terminal.iter().map(|_| CONSOLE)) {
        steps.push(Call::Create { path: format!("{root}/dev/{name}"), text: String::new() });
    }
}

/// In a user namespace the overlay keeps its notes in `user.*` attributes, which need no capability over the host.
fn over(steps: &mut Steps, wish: &Wish, dir: &str) -> String {
    let mut data = format!("lowerdir={dir}/lower,upperdir={dir}/upper,workdir={dir}/work");
    if wish.in_user_namespace {
        data.push_str(",userxattr");
    }
    let merged = format!("{dir}/merged");
    let before = steps.of(Switch::Overlay);
    // A device that the box makes is none: no controller of devices would stand in its way.
    steps.mount(("overlay", "overlay"), &merged, MsFlags::MS_NODEV, &data);
    steps.switch = before;
    merged
}

/// A list of calls, each on account of a switch.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) list: Vec<Step>,
    pub(super) switch: Option<Switch>,
}

impl Steps {
    /// On whose account the next calls are; returns the account before.
    pub(super) const fn of(&mut self, switch: Switch) -> Option<Switch> {
        self.switch.replace(switch)
    }

    pub(super) fn push(&mut self, call: Call) {
        self.list.push(Step { switch: self.switch, call });
    }

    /// `what` is a source and a file system type.
    pub(super) fn mount(&mut self, what: (&str, &str), target: &str, flags: MsFlags, data: &str) {
        let owned = str::to_owned;
        let (source, target, fstype, data) = (owned(what.0), owned(target), owned(what.1), owned(data));
        self.push(Call::Mount { source, target, fstype, flags, data });
    }

    pub(super) fn bind(&mut self, source: &str, target: &str) {
        self.mount((source, ""), target, MsFlags::MS_BIND | MsFlags::MS_REC, "");
    }
}
