//! The scratch directory for what is written to a disk, and the block device that it lies on.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use nix::sys::stat::{major, minor};

/// A directory that anybody may write to, on a block device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scratch {
    /// The directory.
    pub dir: PathBuf,
    /// `major:minor` of the whole disk: limits are of disks, not of partitions.
    pub device: String,
}

/// The first of the usual places that lies on a block device. None where all are in memory or in layers.
pub fn scratch() -> Option<Scratch> {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home != Path::new("/"));
    let places = [Some("/var/tmp".into()), Some("/tmp".into()), home];
    places.into_iter().flatten().find_map(|dir| {
        let device = disk_of(Path::new("/sys"), fs::metadata(&dir).ok()?.dev())?;
        Some(Scratch { dir, device })
    })
}

/// The whole disk that a device number belongs to.
fn disk_of(sys: &Path, device: u64) -> Option<String> {
    let at = fs::canonicalize(sys.join(format!("dev/block/{}:{}", major(device), minor(device)))).ok()?;
    let whole = if at.join("partition").exists() { at.parent()?.to_owned() } else { at };
    fs::read_to_string(whole.join("dev")).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::makedev;

    #[test]
    fn a_partition_belongs_to_its_disk_and_memory_to_none() {
        let sys = tempfile::tempdir().unwrap();
        let disk = sys.path().join("devices/sda");
        fs::create_dir_all(disk.join("sda1")).unwrap();
        fs::create_dir_all(sys.path().join("dev/block")).unwrap();
        fs::write(disk.join("dev"), "8:0\n").unwrap();
        fs::write(disk.join("sda1/dev"), "8:1\n").unwrap();
        fs::write(disk.join("sda1/partition"), "1\n").unwrap();
        std::os::unix::fs::symlink("../../devices/sda/sda1", sys.path().join("dev/block/8:1")).unwrap();
        std::os::unix::fs::symlink("../../devices/sda", sys.path().join("dev/block/8:0")).unwrap();
        assert_eq!(disk_of(sys.path(), makedev(8, 1)).as_deref(), Some("8:0"));
        assert_eq!(disk_of(sys.path(), makedev(8, 0)).as_deref(), Some("8:0"));
        assert_eq!(disk_of(sys.path(), makedev(0, 40)), None);
    }
}
