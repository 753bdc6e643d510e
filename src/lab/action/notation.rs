//! The other two notations of actions: shell lines and Docker's words. (The first, the system calls, is the trace.)

use super::{Action, IdMap, IpcKind, MountKind};
use crate::lab::namespace::Namespace;

/// What a shell line depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// Whether the student is root on the host.
    pub root: bool,
}

/// The lines to type for a series of actions; `$BOX` is set in the student's shell.
///
/// One `unshare(1)` stands for several of our actions: new namespaces, the id maps, the clock offset and the fork.
pub fn shell_lines(actions: &[Action], scene: Scene) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = actions;
    while let Some((first, tail)) = rest.split_first() {
        if matches!(first, Action::Unshare { .. } | Action::Clone { .. }) {
            let group = 1 + tail.iter().take_while(|action| joins_unshare(action)).count();
            let (one_line, after) = rest.split_at(group);
            lines.push(unshare_line(one_line));
            rest = after;
        } else {
            lines.extend(single(first, scene));
            rest = tail;
        }
    }
    lines
}

fn joins_unshare(action: &Action) -> bool {
    matches!(action, Action::MapIds { .. } | Action::TimeOffset { .. })
        || matches!(action, Action::Clone { ns } if ns.is_empty())
}

fn unshare_line(group: &[Action]) -> String {
    let mut words = vec!["unshare".to_owned()];
    for action in group {
        match action {
            Action::Unshare { ns } => words.extend(options(ns)),
            Action::Clone { ns } if ns.is_empty() && words.len() == 1 => return "sh".to_owned(),
            Action::Clone { ns } => {
                words.extend(options(ns));
                words.push("--fork".to_owned());
            }
            Action::MapIds { map } => {
                words.push("--map-root-user".to_owned());
                if *map == IdMap::Range {
                    words.push("--map-auto".to_owned());
                }
            }
            Action::TimeOffset { boottime } => words.push(format!("--boottime {boottime}")),
            _ => {}
        }
    }
    words.join(" ")
}

fn options(ns: &[Namespace]) -> Vec<String> {
    ns.iter().map(|n| n.unshare_option().to_owned()).collect()
}

fn single(action: &Action, scene: Scene) -> Vec<String> {
    let line = match action {
        Action::SpawnWorkload { .. } => "sleep 1000 &".to_owned(),
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
                MountKind::Tmpfs => format!("mount -t tmpfs tmpfs \"{path}\""),
                MountKind::Devpts => {
                    format!("mount -t devpts -o newinstance,ptmxmode=0666 devpts \"{path}\"")
                }
                MountKind::Bind => format!("mount --bind \"{path}\" \"{path}\""),
            }
        }
        Action::FurnishRoot {} => return furnish(),
        Action::Chroot {} => "chroot \"$BOX\"".to_owned(),
        Action::PivotRoot {} => "cd \"$BOX\" && pivot_root . . && umount -l . && cd /".to_owned(),
        Action::LoUp {} => "ip link set lo up".to_owned(),
        Action::CreateIpc { kind: IpcKind::Queue } => "ipcmk -Q".to_owned(),
        Action::CreateIpc { kind: IpcKind::Segment } => "ipcmk -M 4096".to_owned(),
        Action::CreateIpc { kind: IpcKind::PosixQueue }
        | Action::EndChild {}
        | Action::Fresh {}
        | Action::Unshare { .. }
        | Action::Clone { .. }
        | Action::MapIds { .. }
        | Action::TimeOffset { .. } => return Vec::new(),
    };
    vec![line]
}

fn furnish() -> Vec<String> {
    [
        "mkdir -p \"$BOX\"/usr \"$BOX\"/proc \"$BOX\"/dev \"$BOX\"/tmp \"$BOX\"/etc",
        "mount --rbind /usr \"$BOX/usr\" && ln -s usr/bin usr/sbin usr/lib usr/lib64 \"$BOX\"",
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
            Self::SpawnWorkload { .. } => "docker run … IMAGE COMMAND".to_owned(),
            Self::Unshare { ns } | Self::Clone { ns } => {
                let flags: Vec<_> = ns.iter().filter_map(|n| docker_namespace(*n)).collect();
                if flags.is_empty() {
                    return None;
                }
                flags.join(" ")
            }
            Self::MapIds { .. } => "dockerd --userns-remap=default".to_owned(),
            Self::SetHostname { name } => format!("docker run --hostname {}", name.as_str()),
            Self::Mount { what: MountKind::Tmpfs, .. } => "docker run --tmpfs DIR".to_owned(),
            Self::Mount { what: MountKind::Bind, .. } => "docker run --volume DIR:DIR".to_owned(),
            Self::FurnishRoot {} => "FROM IMAGE".to_owned(),
            Self::PivotRoot {} => "docker run IMAGE".to_owned(),
            Self::CreateIpc { .. } => "docker run --ipc private".to_owned(),
            _ => return None,
        };
        Some(line)
    }
}

const fn docker_namespace(ns: Namespace) -> Option<&'static str> {
    match ns {
        Namespace::User => Some("--userns (host turns it off)"),
        Namespace::Pid => Some("--pid (host turns it off)"),
        Namespace::Net => Some("--network none"),
        Namespace::Ipc => Some("--ipc private"),
        Namespace::Uts => Some("--uts (host turns it off)"),
        Namespace::Cgroup => Some("--cgroupns private"),
        Namespace::Mnt | Namespace::Time => None,
    }
}
