//! The other two notations of actions: shell lines and Docker's words. (The first, the system calls, is the trace.)

use super::{Action, Area, IdMap, IpcKind, MountKind, Workload};
use crate::lab::{
    dial::{Preset, Setting, Switch},
    limit::{Group, Seats},
    namespace::Namespace,
};

mod cgroup;
mod disk;
mod layers;
mod rights;

/// What a shell line depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// Whether the student is root on the host.
    pub root: bool,
    /// Where the controllers of cgroups are.
    pub seats: Seats,
}

/// The lines to type for a series of actions; `$BOX` is set in the student's shell.
///
/// One `unshare(1)` stands for several of our actions: new namespaces, the id maps, the clock offset and the fork.
pub fn shell_lines(actions: &[Action], scene: Scene) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = actions;
    while let Some((first, tail)) = rest.split_first() {
        match first {
            // The shell forks before it runs chroot(1), as before any program.
            Action::Clone { ns } if ns.is_empty() && matches!(tail, [Action::Chroot {}, ..]) => {}
            Action::Clone { ns } if ns.is_empty() => lines.push("sh".to_owned()),
            Action::Unshare { .. } | Action::Clone { .. } => {
                let (line, after) = unshare_line(rest);
                lines.push(line);
                rest = after;
                continue;
            }
            _ => lines.extend(single(first, scene)),
        }
        rest = tail;
    }
    lines
}

/// The `unshare(1)` that stands for the first action and those after it that it does as well; and the others.
fn unshare_line(actions: &[Action]) -> (String, &[Action]) {
    let mut words = vec!["unshare".to_owned()];
    let mut forks = false;
    let mut rest = actions;
    while let Some((first, tail)) = rest.split_first() {
        match first {
            Action::Unshare { ns } if words.len() == 1 => words.extend(options(ns)),
            Action::Clone { ns } if !forks && (ns.is_empty() || words.len() == 1) => {
                words.extend(options(ns));
                forks = true;
            }
            Action::MapIds { map } => {
                words.push("--map-root-user".to_owned());
                if *map == IdMap::Range {
                    words.push("--map-auto".to_owned());
                }
            }
            Action::TimeOffset { boottime } => words.push(format!("--boottime {boottime}")),
            _ => break,
        }
        rest = tail;
    }
    if forks {
        words.push("--fork".to_owned());
    }
    (words.join(" "), rest)
}

fn options(ns: &[Namespace]) -> Vec<String> {
    ns.iter().map(|n| n.unshare_option().to_owned()).collect()
}

/// What a student would ask a box about its kernel.
const COMPARE: &str =
    "korobka box --preset rootless -- sh -c 'uname -r; cat /proc/sys/kernel/random/boot_id'";

fn single(action: &Action, scene: Scene) -> Vec<String> {
    let line = match action {
        Action::SpawnWorkload { workload, at } => return started(*workload, *at, scene.seats),
        Action::EndWorkloads {} => "kill $(jobs -p)".to_owned(),
        Action::TryUnshare { ns } => {
            let drop = if scene.root { "setpriv --bounding-set=-all --inh-caps=-all " } else { "" };
            format!("{drop}unshare {} true", options(ns).join(" "))
        }
        Action::SetHostname { name } => format!("hostname {}", name.as_str()),
        Action::MakePrivate {} => "mount --make-rprivate /".to_owned(),
        Action::Mount { what, at } => {
            let path = at.path("$BOX");
            match what {
                MountKind::Proc => format!("mount -t proc proc \"{path}\""),
                MountKind::Tmpfs => format!("mount -t tmpfs -o size=16m tmpfs \"{path}\""),
                MountKind::LargeTmpfs => format!("mount -t tmpfs -o size=256m tmpfs \"{path}\""),
                MountKind::Overlay => overlay(&path),
                MountKind::Devpts => format!("{DEVPTS} \"{path}\""),
                MountKind::Bind => format!("mount --bind \"{path}\" \"{path}\""),
            }
        }
        Action::FurnishRoot {} => return furnish(),
        Action::Dial { preset, with, without } => box_line(*preset, with, without),
        Action::Compare {} => COMPARE.to_owned(),
        Action::Chroot {} => "chroot \"$BOX\"".to_owned(),
        Action::PivotRoot {} => "cd \"$BOX\" && pivot_root . . && umount -l . && cd /".to_owned(),
        Action::LoUp {} => "ip link set lo up".to_owned(),
        Action::CreateIpc { kind: IpcKind::Queue } => "ipcmk -Q".to_owned(),
        Action::CreateIpc { kind: IpcKind::Segment } => "ipcmk -M 4096".to_owned(),
        Action::EndChild {} => "exit".to_owned(),
        other => {
            return match other.area() {
                Area::Cgroups => cgroup::lines(other, scene.seats),
                Area::Disks => disk::lines(other),
                Area::Layers => layers::lines(other),
                Area::Rights => rights::shell(other),
                Area::Subject | Area::Boxes => Vec::new(),
            };
        }
    };
    vec![line]
}

/// The dial is this program's own: the same box, with a command in it.
fn box_line(preset: Preset, with: &[Switch], without: &[Switch]) -> String {
    let with = with.iter().map(|switch| format!(" --with {switch}"));
    let turned: String = with.chain(without.iter().map(|switch| format!(" --without {switch}"))).collect();
    format!("korobka box --preset {}{turned} -- sh", preset.name())
}

/// `docker run` with what takes a switch away, or adds one.
fn docker_box(setting: &Setting) -> Option<String> {
    let off = |switch| !setting.has(switch);
    if off(Switch::Root) {
        return None;
    }
    let flags = [
        (off(Switch::Uts), "--uts host"),
        (off(Switch::Pid), "--pid host"),
        (off(Switch::Net), "--network host"),
        (off(Switch::Cgroup), "--cgroupns host"),
        (off(Switch::Rights), "--privileged"),
    ];
    let mut words = vec!["docker run"];
    words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag));
    words.push("IMAGE");
    let line = words.join(" ");
    Some(if off(Switch::User) { line } else { format!("{USERNS_REMAP}; {line}") })
}

/// A workload, and the way into the group that it is to be in.
fn started(workload: Workload, at: Option<Group>, seats: Seats) -> Vec<String> {
    let start = std::iter::once(spawn(workload).to_owned());
    start.chain(at.map(|group| cgroup::join(group, "$!", seats))).collect()
}

/// What stands for a workload in a shell. In a cgroup, whatever a shell starts is in the shell's own.
const fn spawn(workload: Workload) -> &'static str {
    match workload {
        Workload::Heartbeat => "sleep 1000 &",
        // One process from the start, so that `$!` is all of it: `timeout` would have had its child already.
        Workload::Burner => {
            "taskset -c 0 sh -c 'ulimit -t 30; echo burner > /proc/self/comm; while :; do :; done' &"
        }
        Workload::Eater => "(ulimit -v 262144; tail /dev/zero) &",
        Workload::Reader => {
            "(exec 3<> \"$SCRATCH/read\"; rm \"$SCRATCH/read\"; head -c 96M /dev/zero >&3; cat /proc/self/fd/3 > /dev/null)"
        }
        Workload::Writer => {
            "(exec 3> \"$SCRATCH/write\"; rm \"$SCRATCH/write\"; \
             timeout 60 dd if=/dev/zero of=/proc/self/fd/3 bs=64k count=4096 oflag=direct status=none) &"
        }
        Workload::Filler => disk::FILL,
        Workload::Forker => "for n in $(seq 30); do sleep 5 & done",
        // In its name, as the panel shows it.
        Workload::Clock => {
            "(n=0; while sleep 0.1; do n=$((n+1)); echo \"clock $n\" > /proc/self/comm; done) &"
        }
    }
}

fn furnish() -> Vec<String> {
    [
        "mkdir -p \"$BOX\"/usr \"$BOX\"/proc \"$BOX\"/dev \"$BOX\"/tmp \"$BOX\"/etc",
        "mount --rbind /usr \"$BOX/usr\" && ln -s usr/bin usr/sbin usr/lib usr/lib64 \"$BOX\"",
        "for d in null zero tty; do touch \"$BOX/dev/$d\" && mount --bind /dev/$d \"$BOX/dev/$d\"; done",
        "mount -t proc proc \"$BOX/proc\"",
    ]
    .map(str::to_owned)
    .to_vec()
}

impl Action {
    /// The Docker flag, or the line of a Dockerfile or a compose file, that stands for it; none where Docker has no
    /// word for it.
    pub fn docker(&self) -> Option<String> {
        let line = match self {
            Self::SetLimit { limit, to, .. } => return limit.docker(to),
            Self::Freeze { .. } => "docker pause NAME".to_owned(),
            Self::Thaw { .. } => "docker unpause NAME".to_owned(),
            Self::KillCgroup { .. } => "docker kill NAME".to_owned(),
            Self::SpawnWorkload { .. } => "docker run IMAGE COMMAND".to_owned(),
            Self::Unshare { ns } | Self::Clone { ns } => return docker_namespaces(ns),
            Self::MapIds { .. } => USERNS_REMAP.to_owned(),
            Self::SetHostname { name } => format!("docker run --hostname {}", name.as_str()),
            Self::MakePrivate {} => "docker run --volume DIR:DIR:rprivate".to_owned(),
            Self::Mount { what: MountKind::Tmpfs | MountKind::LargeTmpfs, .. } => {
                "docker run --tmpfs DIR".to_owned()
            }
            Self::Mount { what: MountKind::Overlay, .. } => "dockerd --storage-driver overlay2".to_owned(),
            Self::Mount { what: MountKind::Bind, .. } => "docker run --volume DIR:DIR".to_owned(),
            Self::Mount { what: MountKind::Devpts, .. } => "docker run --tty".to_owned(),
            Self::FurnishRoot {} => "FROM IMAGE".to_owned(),
            _ if layers::docker(self).is_some() => return layers::docker(self),
            Self::MountImage { .. } | Self::SetQuota { .. } => return disk::docker(self),
            Self::PivotRoot {} => "docker run IMAGE".to_owned(),
            Self::Dial { preset, with, without } => {
                return docker_box(&Setting::turned(*preset, with, without));
            }
            _ => return rights::docker(self),
        };
        Some(line)
    }
}

const DEVPTS: &str = "mount -t devpts -o newinstance,ptmxmode=0666 devpts";

/// In a shell of its own, which leaves the directory again.
fn overlay(path: &str) -> String {
    let options = "lowerdir=lower,upperdir=upper,workdir=work,userxattr,index=off";
    format!("(cd \"{path}\" && mkdir lower upper work && mount -t overlay -o {options} overlay \"{path}\")")
}

const USERNS_REMAP: &str = "dockerd --userns-remap=default";

/// `docker run` makes a mount, a PID and a UTS namespace unasked, and `--pid host`, `--uts host` leave them out; a user
/// namespace is the daemon's affair, and of time namespaces it knows nothing.
fn docker_namespaces(ns: &[Namespace]) -> Option<String> {
    let asked = |ns: &Namespace| match ns {
        Namespace::Net => Some("--network none"),
        Namespace::Ipc => Some("--ipc private"),
        Namespace::Cgroup => Some("--cgroupns private"),
        _ => None,
    };
    let left_out = |ns: &Namespace| match ns {
        Namespace::Pid => Some("--pid host"),
        Namespace::Uts => Some("--uts host"),
        _ => None,
    };
    let mut lines = Vec::new();
    if ns.iter().any(|ns| !matches!(ns, Namespace::User | Namespace::Time)) {
        let mut words = vec!["docker run".to_owned()];
        words.extend(ns.iter().filter_map(asked).map(str::to_owned));
        let off: Vec<_> = ns.iter().filter_map(left_out).collect();
        if !off.is_empty() {
            words.push(format!("# unless {}", off.join(" ")));
        }
        lines.push(words.join(" "));
    }
    if ns.contains(&Namespace::User) {
        lines.push(USERNS_REMAP.to_owned());
    }
    if lines.is_empty() { None } else { Some(lines.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::action::{Hostname, Place, Workload};

    fn unshare(ns: &[Namespace]) -> Action {
        Action::Unshare { ns: ns.to_vec() }
    }

    fn fork() -> Action {
        Action::Clone { ns: Vec::new() }
    }

    fn name() -> Action {
        Action::SetHostname { name: Hostname::try_from("box".to_owned()).expect("good") }
    }

    fn lines(actions: &[Action]) -> Vec<String> {
        shell_lines(actions, Scene::default())
    }

    #[test]
    fn one_unshare_stands_for_namespaces_maps_offset_and_one_fork() {
        let map = |map| Action::MapIds { map };
        assert_eq!(
            lines(&[unshare(&[Namespace::User]), map(IdMap::Range), name()]),
            ["unshare --user --map-root-user --map-auto", "hostname box"]
        );
        assert_eq!(
            lines(&[unshare(&[Namespace::Time]), Action::TimeOffset { boottime: -60 }, fork(), fork()]),
            ["unshare --time --boottime -60 --fork", "sh"]
        );
        assert_eq!(
            lines(&[Action::Clone { ns: vec![Namespace::User] }, map(IdMap::Single)]),
            ["unshare --user --map-root-user --fork"]
        );
        assert_eq!(
            lines(&[unshare(&[Namespace::Uts]), unshare(&[Namespace::Ipc])]),
            ["unshare --uts", "unshare --ipc"]
        );
    }

    #[test]
    fn a_plain_fork_is_a_shell_in_the_shell() {
        assert_eq!(lines(&[fork()]), ["sh"]);
        assert_eq!(lines(&[fork(), Action::Chroot {}]), ["chroot \"$BOX\""], "which forks by itself");
    }

    #[test]
    fn root_gives_its_capabilities_away_before_it_tries_to_unshare() {
        let attempt = [Action::TryUnshare { ns: vec![Namespace::Uts] }];
        assert_eq!(lines(&attempt), ["unshare --uts true"]);
        assert_eq!(
            shell_lines(&attempt, Scene { root: true, ..Scene::default() }),
            ["setpriv --bounding-set=-all --inh-caps=-all unshare --uts true"]
        );
    }

    #[test]
    fn every_place_is_quoted() {
        for (what, at, line) in [
            (MountKind::Proc, Place::Proc, "mount -t proc proc \"/proc\""),
            (MountKind::Tmpfs, Place::Box, "mount -t tmpfs -o size=16m tmpfs \"$BOX\""),
            (
                MountKind::Overlay,
                Place::Box,
                "(cd \"$BOX\" && mkdir lower upper work && mount -t overlay -o \
                 lowerdir=lower,upperdir=upper,workdir=work,userxattr,index=off overlay \"$BOX\")",
            ),
            (MountKind::Bind, Place::Box, "mount --bind \"$BOX\" \"$BOX\""),
        ] {
            assert_eq!(lines(&[Action::Mount { what, at }]), [line]);
        }
    }

    #[test]
    fn docker_names_what_it_is_asked_for_and_what_leaves_it_out() {
        let docker = |ns: &[Namespace]| unshare(ns).docker();
        assert_eq!(docker(&[Namespace::Uts]).as_deref(), Some("docker run # unless --uts host"));
        assert_eq!(docker(&[Namespace::Mnt]).as_deref(), Some("docker run"));
        assert_eq!(docker(&[Namespace::Net]).as_deref(), Some("docker run --network none"));
        assert_eq!(docker(&[Namespace::User]).as_deref(), Some("dockerd --userns-remap=default"));
        assert_eq!(
            docker(&Namespace::ALL).as_deref(),
            Some(
                "docker run --network none --ipc private --cgroupns private # unless --pid host --uts host; \
                 dockerd --userns-remap=default"
            )
        );
    }

    #[test]
    fn docker_has_no_word_for_time_for_chroot_nor_for_an_attempt() {
        for action in [
            unshare(&[Namespace::Time]),
            fork(),
            Action::TimeOffset { boottime: 1 },
            Action::Chroot {},
            Action::TryUnshare { ns: vec![Namespace::Uts] },
        ] {
            assert_eq!(action.docker(), None, "{action:?}");
        }
        assert!(Action::SpawnWorkload { workload: Workload::Heartbeat, at: None }.docker().is_some());
    }
}
