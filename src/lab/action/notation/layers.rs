//! Layers, files and volumes in the shell and in Docker's words.

use super::Action;
use crate::lab::action::file::{FileOp, Tree};

/// What the shell types for the layers of the lab, one line a thought.
const FURNISH: [&str; 6] = [
    "cd \"$BOX\" && mkdir -p lower1/etc/app lower1/usr lower1/opt upper work merged",
    "mkdir -p lower2/etc lower2/srv/static lower2/data && echo app | tee lower2/etc/motd > lower2/srv/app.py",
    "echo logo > lower2/srv/static/logo; echo base > lower1/etc/release; echo welcome > lower1/etc/motd",
    "echo a > lower1/etc/app/a.conf; echo b > lower1/etc/app/b.conf",
    "yes | head -c 64K > lower1/usr/gunzip; ln lower1/usr/gunzip lower1/usr/uncompress",
    "yes | head -c 8M | tee lower1/opt/cache.bin > lower1/opt/index.bin; yes | head -c 64M > lower1/opt/model.bin",
];

/// The lines to type.
pub(super) fn lines(action: &Action) -> Vec<String> {
    let lines: Vec<String> = match action {
        Action::FurnishLayers {} => FURNISH.map(str::to_owned).to_vec(),
        Action::MountOverlay { tree: Tree::Second } => {
            vec!["cd \"$BOX\" && mkdir upper2 work2 merged2".to_owned(), mount("lower2:lower1", "2")]
        }
        Action::MountOverlay { .. } => vec!["cd \"$BOX\"".to_owned(), mount("lower2:lower1", "")],
        Action::File(file) | Action::TryFile(file) => vec![file.shell_line()],
        Action::Commit {} => vec![
            "cd \"$BOX\" && umount -l merged && mv upper lower3 && mkdir upper".to_owned(),
            mount("lower3:lower2:lower1", ""),
        ],
        Action::MountVolume { read_only } => {
            let option = if *read_only { " -o ro" } else { "" };
            vec![format!("cd \"$BOX\" && mkdir -p volume && mount --bind{option} volume merged/data")]
        }
        Action::RemoveBox {} => vec!["cd \"$BOX\" && umount -R -l merged && rm -rf upper work".to_owned()],
        _ => Vec::new(),
    };
    lines
}

fn mount(lowers: &str, box_number: &str) -> String {
    format!(
        "mount -t overlay overlay -o lowerdir={lowers},upperdir=upper{box_number},workdir=work{box_number},\
         userxattr,index=off merged{box_number}"
    )
}

/// Docker's words.
pub(super) fn docker(action: &Action) -> Option<String> {
    let line = match action {
        Action::FurnishLayers {} => "docker pull IMAGE",
        Action::MountOverlay { .. } => "docker create IMAGE",
        Action::Commit {} => "docker commit CONTAINER IMAGE",
        Action::MountVolume { read_only: true } => "docker run --volume VOLUME:/data:ro IMAGE",
        Action::MountVolume { read_only: false } => "docker run --volume VOLUME:/data IMAGE",
        Action::RemoveBox {} => "docker rm CONTAINER",
        Action::File(file) | Action::TryFile(file) => {
            let to = file.to.as_ref().map(|to| format!(" /{to}")).unwrap_or_default();
            let command = match file.op {
                FileOp::Create | FileOp::Overwrite => {
                    return Some(format!("docker exec CONTAINER sh -c 'echo hello > /{}'", file.path));
                }
                FileOp::Append => {
                    return Some(format!("docker exec CONTAINER sh -c 'echo hello >> /{}'", file.path));
                }
                FileOp::Delete => "rm -r",
                FileOp::Rename => "mv",
                FileOp::Chmod => "chmod 600",
                FileOp::Mkdir => "mkdir",
                FileOp::Link => "ln",
                FileOp::Read => "cat",
            };
            return Some(format!("docker exec CONTAINER {command} /{}{to}", file.path));
        }
        _ => return None,
    };
    Some(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_for_reading_only_says_so_in_both_notations() {
        let ro = Action::MountVolume { read_only: true };
        assert_eq!(lines(&ro), ["cd \"$BOX\" && mkdir -p volume && mount --bind -o ro volume merged/data"]);
        assert_eq!(docker(&ro).as_deref(), Some("docker run --volume VOLUME:/data:ro IMAGE"));
    }

    #[test]
    fn the_second_box_has_its_own_upper_and_the_same_lowers() {
        let [first, second] =
            [Tree::Merged, Tree::Second].map(|tree| lines(&Action::MountOverlay { tree }).join("\n"));
        for line in [&first, &second] {
            assert!(line.contains("lowerdir=lower2:lower1,"), "{line}");
        }
        assert!(
            first.ends_with("merged") && second.contains("upperdir=upper2,") && second.ends_with("merged2")
        );
    }
}
