//! Disks of the box's own in the shell and in Docker's words.

use super::Action;

/// Without the right to pass quotas, which root has; a box of Docker's has it not.
pub(super) const FILL: &str = "setpriv --bounding-set=-sys_resource dd if=/dev/zero of=\"$BOX/fill\" bs=64k count=1024; sync \"$BOX/fill\"";

/// The lines to type. `mount -o loop` attaches the device as well, and lets it clear itself.
pub(super) fn lines(action: &Action) -> Vec<String> {
    match action {
        Action::AttachImage { quota } => {
            let features = if *quota { "^has_journal,quota,project" } else { "^has_journal" };
            vec![
                "rm -f \"$BOX/../image\"; truncate -s 16M \"$BOX/../image\"".to_owned(),
                format!("mkfs.ext4 -qF -m 0 -O {features} \"$BOX/../image\""),
            ]
        }
        Action::MountImage { quota } => {
            let options = if *quota { "loop,prjquota" } else { "loop" };
            vec![format!("mount -o {options} \"$BOX/../image\" \"$BOX\"")]
        }
        Action::SetQuota { to } => vec![
            "chattr +P -p 7 \"$BOX\"".to_owned(),
            format!("setquota -P 7 0 {} 0 0 \"$BOX\"", to.number() >> 10),
        ],
        _ => Vec::new(),
    }
}

/// Docker's words: it limits a container's disk by a project quota; a disk apart can only be a volume.
pub(super) fn docker(action: &Action) -> Option<String> {
    match action {
        Action::MountImage { .. } => {
            Some("docker volume create --opt type=ext4 --opt device=/dev/loopN NAME".to_owned())
        }
        Action::SetQuota { to } => {
            Some(format!("docker run --storage-opt size={}", to.to_string().to_lowercase()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::limit::Amount;

    #[test]
    fn a_quota_is_typed_in_kibibytes_and_is_dockers_size() {
        let quota = Action::SetQuota { to: Amount::try_from("4M".to_owned()).unwrap() };
        assert_eq!(lines(&quota), ["chattr +P -p 7 \"$BOX\"", "setquota -P 7 0 4096 0 0 \"$BOX\""]);
        assert_eq!(docker(&quota).as_deref(), Some("docker run --storage-opt size=4m"));
        assert_eq!(
            lines(&Action::MountImage { quota: true }),
            ["mount -o loop,prjquota \"$BOX/../image\" \"$BOX\""]
        );
    }
}
