//! A plan: the calls that make a box, in order, before any is made. Pure: of the machine it knows what [`Host`] says.

use nix::mount::{MntFlags, MsFlags};

use super::{
    Host, rights,
    root::{self, SYS, Steps},
};
use crate::{
    cgroup::Directory,
    kernel::{Call, call::make_private},
    lab::{
        dial::{Setting, Switch},
        limit::Hierarchy,
        namespace::Namespace,
    },
};

#[cfg(test)]
mod tests;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The position of the dial.
    pub setting: Setting,
    /// The name of the box, where it has one of its own.
    pub hostname: String,
    /// A directory of the host over which the root is put together, in the box's own list of mounts.
    pub dir: String,
    /// What the root's skeleton lies on.
    pub base: Base,
    /// Whether it will be in a user namespace: [`Plan::of`] fills this in.
    pub in_user_namespace: bool,
}

/// What the root's skeleton lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A file system in memory of so many bytes, which goes with the box: what the box writes in its root lies there.
    Memory(u64),
    /// The directory itself, which stays.
    Directory,
}

/// One call, and the switch that it belongs to; none belongs to a `chroot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// On whose account.
    pub switch: Option<Switch>,
    /// The call.
    pub call: Call,
}

/// The calls of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The position of the dial that it stands for.
    pub setting: Setting,
    /// New namespaces, all in one `clone3(2)`. The cgroup namespace is not among them: its root is the cgroup that a
    /// process is in when it is made, so it comes after the limits.
    pub namespaces: Vec<Namespace>,
    /// What the parent writes into files of the child's /proc directory: the id maps.
    pub maps: Vec<(&'static str, String)>,
    /// What the child does to itself at once.
    pub inside: Vec<Step>,
    /// What it does once it is in its cgroups.
    pub last: Vec<Step>,
}

impl Plan {
    /// The plan of a box.
    pub fn of(mut wish: Wish, host: &Host) -> Self {
        let setting = wish.setting.clone();
        wish.in_user_namespace = user(&setting, host);
        let mut plan = Self {
            namespaces: namespaces(&setting, host),
            maps: if wish.in_user_namespace { maps(host) } else { Vec::new() },
            inside: inside(&wish, host),
            last: last(&wish, host),
            setting: Setting::default(),
        };
        plan.setting = setting;
        plan
    }

    /// Lets the child join its cgroups first of all, where it can do so itself; whether the parent has to move it.
    ///
    /// In v1 a thread that moves itself, by a `0` into `tasks`, needs no lock on all forks of the machine; to move a
    /// process waits for one, which takes milliseconds when nobody held it lately (`cgroup_procs_write_start` in the
    /// kernel's `cgroup.c`). Whoever has one thread is moved whole.
    pub fn join(&mut self, directories: &[Directory]) -> bool {
        if directories.iter().any(|dir| dir.hierarchy == Hierarchy::V2) {
            return true;
        }
        let path = |dir: &Directory| dir.path.join("tasks").to_string_lossy().into_owned();
        let write = |dir| Call::Write { path: path(dir), text: "0".to_owned() };
        let steps = directories.iter().map(|dir| Step { switch: Some(Switch::Cgroup), call: write(dir) });
        self.inside.splice(0..0, steps.collect::<Vec<_>>());
        false
    }
}

/// A `chroot(2)` needs a capability and a root that is put together by mounts: where a plain user asks for it, both
/// happen in namespaces that play the host.
fn user(setting: &Setting, host: &Host) -> bool {
    setting.has(Switch::User) || (only_chroot(setting) && host.uid != 0)
}

fn only_chroot(setting: &Setting) -> bool {
    setting.chroot && !setting.has(Switch::Root)
}

fn mounts(setting: &Setting) -> bool {
    setting.chroot || [Switch::Root, Switch::Overlay, Switch::Proc].iter().any(|switch| setting.has(*switch))
}

/// The namespaces that stand for a switch, as far as one clone makes them.
pub const fn namespaces_of(switch: Switch) -> &'static [Namespace] {
    match switch {
        Switch::Uts => &[Namespace::Uts],
        // Objects of System V are the business of processes that know each other.
        Switch::Pid => &[Namespace::Pid, Namespace::Ipc],
        Switch::Proc | Switch::Root | Switch::Overlay => &[Namespace::Mnt],
        Switch::User => &[Namespace::User],
        Switch::Net => &[Namespace::Net],
        Switch::Cgroup | Switch::Rights => &[],
    }
}

fn namespaces(setting: &Setting, host: &Host) -> Vec<Namespace> {
    let asked = |ns: &Namespace| setting.on.iter().any(|switch| namespaces_of(*switch).contains(ns));
    let scaffold = |ns: &Namespace| match ns {
        Namespace::User => user(setting, host),
        Namespace::Mnt => mounts(setting),
        _ => false,
    };
    Namespace::ALL.into_iter().filter(|ns| asked(ns) || scaffold(ns)).collect()
}

/// One id: 0 inside is whoever starts the box. A plain user must give up `setgroups(2)` first, `user_namespaces(7)`.
fn maps(host: &Host) -> Vec<(&'static str, String)> {
    vec![
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {} 1", host.uid)),
        ("gid_map", format!("0 {} 1", host.gid)),
    ]
}

fn inside(wish: &Wish, host: &Host) -> Vec<Step> {
    let setting = &wish.setting;
    let mut steps = Steps::default();
    if mounts(setting) {
        steps.switch = [Switch::Root, Switch::Overlay, Switch::Proc].into_iter().find(|s| setting.has(*s));
        steps.push(make_private());
    }
    let new_root = setting.chroot || setting.has(Switch::Root);
    if new_root || setting.has(Switch::Overlay) {
        let root = root::build(&mut steps, wish, host);
        let account = steps.switch;
        if setting.has(Switch::Proc) {
            proc(&mut steps, &format!("{}/proc", if new_root { root.as_str() } else { "" }));
        }
        steps.switch = account;
        if sys_is_its_own(wish, host) {
            let flags = rights::KERNELS | MsFlags::MS_RDONLY | host.sys.unwrap_or(MsFlags::empty());
            steps.mount(("sysfs", "sysfs"), &format!("{root}/{SYS}"), flags, "");
        }
        if setting.has(Switch::Root) {
            pivot(&mut steps, root);
        } else if setting.chroot {
            steps.push(Call::Chroot(root));
            steps.push(Call::Chdir("/".to_owned()));
        }
    } else if setting.has(Switch::Proc) {
        proc(&mut steps, "/proc");
    }
    if setting.has(Switch::Proc) && setting.has(Switch::Rights) {
        rights::mask_proc(&mut steps, host);
    }
    if setting.has(Switch::Rights) && sys_is_its_own(wish, host) {
        rights::hide(&mut steps, host, "/sys/");
    }
    if setting.has(Switch::Uts) {
        steps.of(Switch::Uts);
        steps.push(Call::SetHostname(wish.hostname.clone()));
    }
    if setting.has(Switch::Net) {
        steps.of(Switch::Net);
        steps.push(Call::LinkUp("lo".to_owned()));
    }
    steps.list
}

/// Before the host's /proc is out of sight: a user namespace may mount a new one only beside it.
fn proc(steps: &mut Steps, at: &str) {
    steps.of(Switch::Proc);
    steps.mount(("proc", "proc"), at, rights::KERNELS, "");
}

/// Whether it has a /sys. What that tells of is the network namespace's, and a user namespace may mount one for its own
/// alone, while the whole of another is in sight, as with /proc.
fn sys_is_its_own(wish: &Wish, host: &Host) -> bool {
    let may = !wish.in_user_namespace || (wish.setting.has(Switch::Net) && host.sys.is_some());
    wish.setting.has(Switch::Root) && may
}

/// The old root is put on top of the new one and let go, `pivot_root(2)`, NOTES.
fn pivot(steps: &mut Steps, root: String) {
    let here = || ".".to_owned();
    steps.push(Call::Chdir(root));
    steps.push(Call::PivotRoot { new_root: here(), put_old: here() });
    steps.push(Call::Umount { target: here(), flags: MntFlags::MNT_DETACH });
    steps.push(Call::Chdir("/".to_owned()));
}

fn last(wish: &Wish, host: &Host) -> Vec<Step> {
    let setting = &wish.setting;
    let mut steps = Steps::default();
    if setting.has(Switch::Cgroup) {
        steps.of(Switch::Cgroup);
        steps.push(Call::Unshare(vec![Namespace::Cgroup]));
        // From its own cgroup on. In v1 each controller has a file system, and all of them would cost a start more than
        // its root does.
        if host.unified && sys_is_its_own(wish, host) {
            let flags = rights::KERNELS | MsFlags::MS_RDONLY;
            steps.mount(("cgroup2", "cgroup2"), "/sys/fs/cgroup", flags, "");
        }
    }
    if setting.has(Switch::Rights) {
        rights::give_up(&mut steps, host, wish.in_user_namespace);
    }
    steps.list
}
