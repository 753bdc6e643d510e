//! Rights in the words of the shell and of Docker.

use crate::lab::{
    action::{Action, Deed},
    capability::Capability,
    seccomp::{Arch, Denied, Filter},
};

/// What covers and uncovers the files; the lists are those of Docker, what a kernel has not is left out.
const MASK_FILES: &str = "for f in interrupts kcore keys latency_stats sched_debug timer_list timer_stats; do \
     [ -e /proc/$f ] && mount --bind /dev/null /proc/$f; done";
const MASK_DIRS: &str =
    "for d in acpi asound scsi; do [ -e /proc/$d ] && mount -t tmpfs -o ro tmpfs /proc/$d; done";
const READ_ONLY: &str = "for d in bus fs irq sys sysrq-trigger; do [ -e /proc/$d ] && \
     mount --rbind /proc/$d /proc/$d && mount -o remount,bind,ro /proc/$d; done";
const UNMASK: &str = "for f in acpi asound interrupts kcore keys latency_stats sched_debug scsi timer_list \
     timer_stats bus fs irq sys sysrq-trigger; do umount -q /proc/$f; done";

/// The lines to type.
pub(super) fn shell(action: &Action) -> Vec<String> {
    match action {
        Action::DropCapabilities { keep } => vec![setpriv(keep)],
        Action::NoNewPrivs {} => vec!["setpriv --no-new-privs sh".to_owned()],
        Action::Seccomp { deny } => filter(deny).into_iter().collect(),
        Action::ReadOnlyRoot {} => vec!["mount -o remount,bind,ro /".to_owned()],
        Action::MaskPaths {} => [MASK_FILES, MASK_DIRS, READ_ONLY].map(str::to_owned).to_vec(),
        Action::Uncover {} => vec![UNMASK.to_owned(), "mount -o remount,bind,rw /".to_owned()],
        Action::Try { what } => deed(*what).map(str::to_owned).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The Docker flag.
pub(super) fn docker(action: &Action) -> Option<String> {
    let flags = match action {
        Action::DropCapabilities { keep } => return Some(capabilities(keep)),
        Action::NoNewPrivs {} => "--security-opt no-new-privileges",
        Action::Seccomp { .. } => "--security-opt seccomp=FILE.json",
        Action::ReadOnlyRoot {} => "--read-only",
        Action::MaskPaths {} => "IMAGE # unless --privileged",
        Action::Uncover {} => "--privileged",
        _ => return None,
    };
    Some(format!("docker run {flags}"))
}

fn capabilities(keep: &[Capability]) -> String {
    if keep == crate::lab::capability::DOCKER {
        return "docker run IMAGE # unless --cap-add or --privileged".to_owned();
    }
    let add = keep.iter().map(|one| format!(" --cap-add {}", one.short()));
    format!("docker run --cap-drop ALL{}", add.collect::<String>())
}

fn setpriv(keep: &[Capability]) -> String {
    let kept = keep.iter().map(|one| format!("+{}", one.short().to_lowercase()));
    let set: Vec<String> = std::iter::once("-all".to_owned()).chain(kept).collect();
    format!("setpriv --bounding-set={} --inh-caps=-all sh", set.join(","))
}

/// No program of the shell installs a filter of one's own, but Perl can make any system call.
fn filter(deny: &[Denied]) -> Option<String> {
    let arch = Arch::own()?;
    let program = Filter::denying(deny, &arch).program;
    let words: Vec<String> =
        program.iter().map(|i| format!("{},{},{},{}", i.code, i.if_true, i.if_false, i.k)).collect();
    let [prctl, seccomp] = arch.installs;
    Some(format!(
        "perl -e 'syscall({prctl},38,1,0,0,0); $f=pack(\"(SCCL)*\",{}); \
         syscall({seccomp},1,0,pack(\"Sx6P\",{},$f)); exec \"sh\"'",
        words.join(", "),
        program.len(),
    ))
}

const fn deed(deed: Deed) -> Option<&'static str> {
    Some(match deed {
        Deed::Mknod => "mknod /tmp/null c 1 3",
        Deed::Chown => "chown 4000000000 /proc/self",
        Deed::Mkdir => "mkdir /tmp/try",
        Deed::Unmask => "umount /proc/timer_list",
        Deed::Remount => "mount -o remount,bind,rw /",
        Deed::SetClock | Deed::Filter | Deed::Exec => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::capability::DOCKER;

    #[test]
    fn capabilities_are_named_as_setpriv_and_docker_name_them() {
        let keep = vec![Capability::Chown, Capability::NetBindService];
        let drop = Action::DropCapabilities { keep };
        assert_eq!(shell(&drop), ["setpriv --bounding-set=-all,+chown,+net_bind_service --inh-caps=-all sh"]);
        assert_eq!(
            docker(&drop).as_deref(),
            Some("docker run --cap-drop ALL --cap-add CHOWN --cap-add NET_BIND_SERVICE")
        );
        let dockers = Action::DropCapabilities { keep: DOCKER.to_vec() };
        assert_eq!(docker(&dockers).as_deref(), Some("docker run IMAGE # unless --cap-add or --privileged"));
    }

    #[test]
    fn the_masks_of_the_shell_are_those_of_the_program() {
        let text = [MASK_FILES, MASK_DIRS, READ_ONLY].concat();
        for path in crate::probe::rights::MASKED.iter().chain(&crate::probe::rights::READ_ONLY) {
            let Some(name) = path.strip_prefix("/proc/") else { continue };
            assert!(text.contains(name) && UNMASK.contains(name), "{path}");
        }
    }
}
