//! A call of a plan in the other two notations: the shell line that does the same, and Docker's word for it.

use nix::mount::MsFlags;

use crate::{
    kernel::Call,
    lab::{
        limit::{Hierarchy, Limit},
        namespace::Namespace,
    },
};

/// The line to type; none where no program of the shell does it.
pub fn shell(call: &Call) -> Option<String> {
    Some(match call {
        Call::Clone(ns) | Call::Unshare(ns) => {
            let options: Vec<_> = ns.iter().map(|ns| ns.unshare_option()).collect();
            let fork = if matches!(call, Call::Clone(_)) { " --fork" } else { "" };
            format!("unshare {}{fork}", options.join(" "))
        }
        Call::Write { path, text } => format!("echo {text} > {path}"),
        Call::Create { path, text } if text.is_empty() => format!("touch {path}"),
        Call::Create { path, text } => format!("printf {text:?} > {path}"),
        Call::Mkdir(path) => format!("mkdir {path}"),
        Call::Chmod { path, mode } => format!("chmod {mode:o} {path}"),
        Call::Rmdir(path) => format!("rmdir {path}"),
        Call::Symlink { target, link } => format!("ln -s {target} {link}"),
        Call::Mount { source, target, fstype, flags, data } => mount(source, target, fstype, *flags, data),
        Call::Umount { target, .. } => format!("umount --lazy {target}"),
        Call::PivotRoot { new_root, put_old } => format!("pivot_root {new_root} {put_old}"),
        Call::Chroot(path) => format!("chroot {path}"),
        Call::Chdir(path) => format!("cd {path}"),
        Call::SetHostname(name) => format!("hostname {name}"),
        Call::LinkUp(name) => format!("ip link set {name} up"),
        Call::DropBounding(one) => format!("setpriv --bounding-set=-{}", one.short().to_lowercase()),
        Call::NoNewPrivs => "setpriv --no-new-privs".to_owned(),
        _ => return None,
    })
}

fn mount(source: &str, target: &str, fstype: &str, flags: MsFlags, data: &str) -> String {
    if flags.contains(MsFlags::MS_PRIVATE) {
        return format!("mount --make-rprivate {target}");
    }
    let names = [
        (MsFlags::MS_REMOUNT, "remount"),
        (MsFlags::MS_BIND, "bind"),
        (MsFlags::MS_RDONLY, "ro"),
        (MsFlags::MS_NOSUID, "nosuid"),
        (MsFlags::MS_NODEV, "nodev"),
        (MsFlags::MS_NOEXEC, "noexec"),
    ];
    let mut options: Vec<&str> =
        names.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name).collect();
    if flags.contains(MsFlags::MS_REMOUNT) {
        return format!("mount -o {} {target}", options.join(","));
    }
    if flags.contains(MsFlags::MS_BIND) {
        let how = if flags.contains(MsFlags::MS_REC) { "--rbind" } else { "--bind" };
        return format!("mount {how} {source} {target}");
    }
    options.extend(Some(data).filter(|data| !data.is_empty()));
    let options = if options.is_empty() { String::new() } else { format!(" -o {}", options.join(",")) };
    format!("mount -t {fstype}{options} {source} {target}")
}

/// Docker's flag, or what stands for the call in its world; none where it has no word for it.
pub fn docker(call: &Call) -> Option<String> {
    Some(match call {
        Call::Clone(ns) if ns.contains(&Namespace::User) => {
            "dockerd --userns-remap=default; docker run".to_owned()
        }
        Call::Clone(ns) if !ns.is_empty() => "docker run".to_owned(),
        Call::Unshare(ns) if ns.contains(&Namespace::Cgroup) => "docker run --cgroupns private".to_owned(),
        Call::Write { path, .. } if path.ends_with("/uid_map") || path.ends_with("/gid_map") => {
            "dockerd --userns-remap=default".to_owned()
        }
        Call::Write { path, text } => return limit(path, text),
        Call::Create { path, .. } if path.ends_with("/hosts") => "docker run --add-host NAME:IP".to_owned(),
        Call::Mount { fstype, .. } if fstype == "overlay" => "docker run IMAGE".to_owned(),
        Call::Mount { fstype, flags, .. } if fstype == "tmpfs" && !flags.contains(MsFlags::MS_RDONLY) => {
            "docker run --tmpfs DIR".to_owned()
        }
        Call::Mount { fstype, .. } if fstype == "devpts" => "docker run --tty".to_owned(),
        Call::Mount { source, target, flags, .. }
            if flags.contains(MsFlags::MS_BIND | MsFlags::MS_REC) && target.ends_with(source.as_str()) =>
        {
            format!("docker run --volume {source}:{source}")
        }
        Call::PivotRoot { .. } => "docker run IMAGE".to_owned(),
        Call::SetHostname(name) => format!("docker run --hostname {name}"),
        Call::LinkUp(_) => "docker run --network none".to_owned(),
        Call::DropBounding(one) => format!("docker run --cap-drop {}", one.short()),
        Call::NoNewPrivs => "docker run --security-opt no-new-privileges".to_owned(),
        Call::SeccompFilter(_) => "docker run --security-opt seccomp=PROFILE.json".to_owned(),
        _ => return None,
    })
}

/// A limit is known by its file and its text.
fn limit(path: &str, text: &str) -> Option<String> {
    let file = path.rsplit('/').next()?;
    let flag = |limit: &Limit| {
        let known = [Hierarchy::V1, Hierarchy::V2].iter().any(|kind| limit.file(*kind) == Some(file));
        known.then_some(match limit {
            Limit::MemoryMax => Some(format!("docker run --memory {text}")),
            Limit::PidsMax => Some(format!("docker run --pids-limit {text}")),
            Limit::CpuMax => Some("docker run --cpus N".to_owned()),
            _ => None,
        })?
    };
    Limit::ALL.iter().find_map(flag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::call::make_private;

    #[test]
    fn a_call_reads_as_a_line_of_the_shell_and_as_a_flag() {
        let limit =
            |file: &str| Call::Write { path: format!("/sys/fs/cgroup/x/{file}"), text: "64".to_owned() };
        for (call, line, flag) in [
            (make_private(), Some("mount --make-rprivate /"), None),
            (
                Call::Clone(vec![Namespace::Uts, Namespace::Pid]),
                Some("unshare --uts --pid --fork"),
                Some("docker run"),
            ),
            (
                limit("pids.max"),
                Some("echo 64 > /sys/fs/cgroup/x/pids.max"),
                Some("docker run --pids-limit 64"),
            ),
            (
                limit("memory.limit_in_bytes"),
                Some("echo 64 > /sys/fs/cgroup/x/memory.limit_in_bytes"),
                Some("docker run --memory 64"),
            ),
            (limit("cgroup.procs"), Some("echo 64 > /sys/fs/cgroup/x/cgroup.procs"), None),
            (Call::Chroot("/x".to_owned()), Some("chroot /x"), None),
            (Call::SetCapabilities(0), None, None),
        ] {
            assert_eq!((shell(&call).as_deref(), docker(&call).as_deref()), (line, flag), "{call:?}");
        }
    }
}
