//! A position of the dial in the words of the shell, of Docker and of this program.

use super::{Setting, Switch};
use crate::lab::dial::Preset;

/// The `unshare(1)` that makes the namespaces of a position; none where there are none. Its root, its layers, its limits
/// and its rights take more than one line.
pub fn shell_line(setting: &Setting) -> Option<String> {
    let options: Vec<&str> = Switch::ALL
        .into_iter()
        .filter(|switch| setting.has(*switch))
        .filter_map(|switch| match switch {
            Switch::Uts => Some("--uts"),
            Switch::Pid => Some("--pid --fork"),
            Switch::Proc => Some("--mount-proc"),
            Switch::Root => Some("--mount"),
            Switch::User => Some("--user --map-root-user"),
            Switch::Net => Some("--net"),
            Switch::Cgroup => Some("--cgroup"),
            Switch::Overlay | Switch::Rights => None,
        })
        .collect();
    if options.is_empty() { None } else { Some(format!("unshare {}", options.join(" "))) }
}

/// What Docker calls a position; empty where it has no word for it: it knows no container without a root of its own.
pub fn docker_lines(setting: &Setting) -> Vec<String> {
    if !setting.has(Switch::Root) || !setting.has(Switch::Proc) || !setting.has(Switch::Overlay) {
        return Vec::new();
    }
    let mut words = vec!["docker run"];
    for (switch, on, off) in [
        (Switch::Uts, None, Some("--uts host")),
        (Switch::Pid, None, Some("--pid host")),
        (Switch::Net, Some("--network none"), Some("--network host")),
        (Switch::Cgroup, Some("--memory 100m --pids-limit 64"), None),
        (Switch::Rights, None, Some("--privileged")),
    ] {
        words.extend(if setting.has(switch) { on } else { off });
    }
    words.push("IMAGE");
    let mut lines = vec![words.join(" ")];
    if setting.has(Switch::User) {
        lines.push("dockerd --userns-remap=default".to_owned());
    }
    lines
}

/// The `korobka box` that starts a box at a position; none where the command has no words for it: a `chroot(2)` with
/// anything else.
pub fn box_line(setting: &Setting) -> Option<String> {
    if let Some(preset) = setting.preset() {
        let name = preset.name();
        return Some(match preset {
            Preset::Privileged => "korobka box --preset docker --without rights -- sh".to_owned(),
            _ => format!("korobka box --preset {name} -- sh"),
        });
    }
    if setting.chroot {
        return None;
    }
    let off = Switch::ALL.into_iter().filter(|switch| !setting.has(*switch));
    let off: String = off.fold(String::new(), |line, switch| format!("{line} --without {switch}"));
    Some(format!("korobka box --preset rootless{off} -- sh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notation_says_what_is_on() {
        let rootless = Preset::Rootless.setting();
        assert_eq!(
            shell_line(&rootless).as_deref(),
            Some("unshare --uts --pid --fork --mount-proc --mount --user --map-root-user --net --cgroup")
        );
        assert_eq!(
            docker_lines(&Preset::Privileged.setting()),
            ["docker run --network none --memory 100m --pids-limit 64 --privileged IMAGE"]
        );
        assert_eq!(docker_lines(&rootless).len(), 2);
        assert_eq!(
            box_line(&rootless.flipped(Switch::Net)).as_deref(),
            Some("korobka box --preset rootless --without net -- sh")
        );
    }

    #[test]
    fn what_has_no_word_gets_none() {
        assert_eq!(shell_line(&Setting::default()), None);
        assert!(docker_lines(&Preset::Chroot.setting()).is_empty());
        let odd = Setting { chroot: true, ..Setting::of([Switch::Uts]) };
        assert_eq!(box_line(&odd), None);
    }
}
