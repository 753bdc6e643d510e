//! Calls about a disk of the box's own: an image in a file, a loop device on it, a project quota.

use super::quoted;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskCall {
    /// `ftruncate(2)` of a new file: it has a length and takes no space yet.
    Sparse {
        /// The file, which must not exist.
        path: String,
        /// Its length, in bytes.
        bytes: u64,
    },
    /// `pwrite(2)`: an empty ext4, as `mkfs.ext4` would leave it. Returns the number of bytes.
    Format {
        /// The file.
        path: String,
        /// Whether it keeps an account of projects.
        quota: bool,
    },
    /// `ioctl(LOOP_CTL_GET_FREE)`, `loop(4)`. Returns the number of a loop device that nobody uses.
    FreeLoop,
    /// `ioctl(LOOP_CONFIGURE)`: the device stands for the file, until nobody has it open. Whoever calls has it open until
    /// [`crate::kernel::disk::let_go`], or its own end.
    Attach {
        /// The number of the device.
        device: i64,
        /// The file.
        file: String,
    },
    /// `ioctl(FS_IOC_FSSETXATTR)`: the directory, and what will be made in it, belongs to a project.
    Project {
        /// The directory.
        dir: String,
        /// The project's number.
        project: u32,
    },
    /// `quotactl_fd(Q_SETQUOTA)`: so much may the project have of the file system.
    Quota {
        /// A directory of the file system.
        dir: String,
        /// The project's number.
        project: u32,
        /// How much, in bytes.
        bytes: u64,
    },
}

impl DiskCall {
    /// The name of its manual page.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Sparse { .. } => "ftruncate",
            Self::Format { .. } => "pwrite64",
            Self::FreeLoop | Self::Attach { .. } | Self::Project { .. } => "ioctl",
            Self::Quota { .. } => "quotactl_fd",
        }
    }

    /// Its arguments, as strace writes them.
    pub(super) fn args(&self) -> Vec<String> {
        let open = |path: &str| format!("<{path}>");
        match self {
            Self::Sparse { path, bytes } => vec![open(path), bytes.to_string()],
            Self::Format { path, quota } => {
                let what = if *quota { "ext4, quota,project" } else { "ext4" };
                vec![open(path), format!("{}...", quoted(what)), "0".to_owned()]
            }
            Self::FreeLoop => vec![open(CONTROL), "LOOP_CTL_GET_FREE".to_owned()],
            Self::Attach { device, file } => vec![
                open(&device_path(*device)),
                "LOOP_CONFIGURE".to_owned(),
                format!("{{fd=<{file}>, lo_flags=LO_FLAGS_AUTOCLEAR}}"),
            ],
            Self::Project { dir, project } => vec![
                open(dir),
                "FS_IOC_FSSETXATTR".to_owned(),
                format!("{{fsx_xflags=FS_XFLAG_PROJINHERIT, fsx_projid={project}}}"),
            ],
            Self::Quota { dir, project, bytes } => vec![
                open(dir),
                "QCMD(Q_SETQUOTA, PRJQUOTA)".to_owned(),
                project.to_string(),
                format!("{{dqb_bhardlimit={}}}", bytes / QUOTA_BLOCK),
            ],
        }
    }

    /// The path it is about.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Sparse { path, .. } | Self::Format { path, .. } => path,
            Self::FreeLoop | Self::Attach { .. } => CONTROL,
            Self::Project { dir, .. } | Self::Quota { dir, .. } => dir,
        }
    }
}

/// What gives loop devices out.
pub const CONTROL: &str = "/dev/loop-control";

/// What quotas are counted in, in bytes: `QIF_DQBLKSIZE` of `quotactl(2)`.
pub const QUOTA_BLOCK: u64 = 1024;

/// The path of a loop device.
pub fn device_path(number: i64) -> String {
    format!("/dev/loop{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reads_as_strace_writes_it() {
        let said = |call: DiskCall| format!("{}({})", call.name(), call.args().join(", "));
        assert_eq!(said(DiskCall::FreeLoop), "ioctl(</dev/loop-control>, LOOP_CTL_GET_FREE)");
        assert_eq!(
            said(DiskCall::Attach { device: 3, file: "/run/image".to_owned() }),
            "ioctl(</dev/loop3>, LOOP_CONFIGURE, {fd=</run/image>, lo_flags=LO_FLAGS_AUTOCLEAR})"
        );
        assert_eq!(
            said(DiskCall::Quota { dir: "/run/box".to_owned(), project: 7, bytes: 4 << 20 }),
            "quotactl_fd(</run/box>, QCMD(Q_SETQUOTA, PRJQUOTA), 7, {dqb_bhardlimit=4096})"
        );
    }
}
