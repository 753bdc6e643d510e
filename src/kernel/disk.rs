//! Disks of the box's own: an image in a file, a loop device on it, and project quotas. `loop(4)`, `quotactl(2)`,
//! `ioctl_xfs_fsgetxattr(2)`.

use std::{
    cell::RefCell,
    fs::{File, OpenOptions},
    io::Read,
    os::{
        fd::{AsRawFd, RawFd},
        unix::fs::{FileExt, OpenOptionsExt},
    },
    path::Path,
};

use flate2::read::GzDecoder;
use nix::{errno::Errno, libc};

use super::{
    call::disk::{CONTROL, DiskCall, QUOTA_BLOCK, device_path},
    errno_of,
};

/// The name of the image, beside the box directory.
pub const IMAGE: &str = "image";
/// Its length, in bytes.
pub const IMAGE_BYTES: u64 = 16 << 20;

/// Empty file systems of that length, without the zeros at their end: `assets/disk/make`.
const PLAIN: &[u8] = include_bytes!("../../assets/disk/plain.ext4.gz");
const WITH_QUOTA: &[u8] = include_bytes!("../../assets/disk/quota.ext4.gz");

/// A block of theirs, in bytes: one of zeros is not written, and takes no space.
const BLOCK: usize = 4096;

/// `linux/loop.h`.
const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4C82;
const LOOP_CONFIGURE: libc::c_ulong = 0x4C0A;
const LO_FLAGS_AUTOCLEAR: u32 = 4;

/// `linux/fs.h`: `_IOR('X', 31, struct fsxattr)`, `_IOW('X', 32, struct fsxattr)`.
const FS_IOC_FSGETXATTR: libc::c_ulong = 0x801C_581F;
const FS_IOC_FSSETXATTR: libc::c_ulong = 0x401C_5820;
const FS_XFLAG_PROJINHERIT: u32 = 0x200;

/// `linux/quota.h`: `QCMD(Q_GETQUOTA, PRJQUOTA)`, `QCMD(Q_SETQUOTA, PRJQUOTA)`.
const GET_PROJECT_QUOTA: libc::c_uint = 0x80_0007 << 8 | 2;
const SET_PROJECT_QUOTA: libc::c_uint = 0x80_0008 << 8 | 2;
const QIF_BLIMITS: u32 = 1;

/// `struct loop_info64`.
#[repr(C)]
struct LoopInfo {
    numbers: [u64; 5],
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

/// `struct fsxattr`.
#[repr(C)]
#[derive(Default)]
struct FsXattr {
    xflags: u32,
    extsize: u32,
    nextents: u32,
    projid: u32,
    cowextsize: u32,
    pad: [u8; 8],
}

/// `struct if_dqblk`.
#[repr(C)]
#[derive(Default)]
struct Dqblk {
    bhardlimit: u64,
    bsoftlimit: u64,
    curspace: u64,
    ihardlimit: u64,
    isoftlimit: u64,
    curinodes: u64,
    btime: u64,
    itime: u64,
    valid: u32,
}

thread_local! {
    /// The loop device that this process has attached and nobody has mounted yet.
    static HELD: RefCell<Option<(i64, File)>> = const { RefCell::new(None) };
}

/// The number of the loop device that this process has attached and still holds.
pub fn held() -> Option<i64> {
    HELD.with_borrow(|held| held.as_ref().map(|(number, _)| *number))
}

/// Closes that device: from now on only what is mounted from it keeps it.
pub fn let_go() {
    HELD.set(None);
}

/// Carries one out.
pub(super) fn call(call: &DiskCall) -> Result<i64, Errno> {
    match call {
        DiskCall::Sparse { path, bytes } => sparse(path, *bytes),
        DiskCall::Format { path, quota } => format(path, if *quota { WITH_QUOTA } else { PLAIN }),
        DiskCall::FreeLoop => ioctl_number(&open(CONTROL, true)?, LOOP_CTL_GET_FREE, 0),
        DiskCall::Attach { device, file } => attach(*device, file),
        DiskCall::Project { dir, project } => set_project(dir, *project),
        DiskCall::Quota { dir, project, bytes } => set_quota(dir, *project, *bytes),
    }
}

fn open(path: &str, write: bool) -> Result<File, Errno> {
    let mut options = OpenOptions::new();
    options.read(true).write(write).custom_flags(libc::O_CLOEXEC | libc::O_NOFOLLOW);
    options.open(path).map_err(|error| errno_of(&error))
}

fn sparse(path: &str, bytes: u64) -> Result<i64, Errno> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|file| file.set_len(bytes)).map(|()| 0).map_err(|error| errno_of(&error))
}

fn format(path: &str, packed: &[u8]) -> Result<i64, Errno> {
    let mut empty = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut empty).map_err(|error| errno_of(&error))?;
    let file = open(path, true)?;
    let mut written = 0;
    let blocks = empty.chunks(BLOCK).zip((0_u64..).step_by(BLOCK));
    for (block, at) in blocks.filter(|(block, _)| block.iter().any(|byte| *byte != 0)) {
        file.write_all_at(block, at).map_err(|error| errno_of(&error))?;
        written += block.len();
    }
    i64::try_from(written).map_err(|_too_large| Errno::EOVERFLOW)
}

fn attach(device: i64, path: &str) -> Result<i64, Errno> {
    let file = open(path, true)?;
    let device_file = open(&device_path(device), true)?;
    let info = LoopInfo {
        numbers: [0; 5],
        number: 0,
        encrypt_type: 0,
        encrypt_key_size: 0,
        flags: LO_FLAGS_AUTOCLEAR,
        file_name: [0; 64],
        crypt_name: [0; 64],
        encrypt_key: [0; 32],
        init: [0; 2],
    };
    let fd = u32::try_from(file.as_raw_fd()).map_err(|_negative| Errno::EBADF)?;
    let config = LoopConfig { fd, block_size: 0, info, reserved: [0; 8] };
    // SAFETY: the structure is the kernel's, and lives until the call returns.
    #[expect(unsafe_code, reason = "no safe wrapper for loop devices")]
    let result = unsafe { libc::ioctl(device_file.as_raw_fd(), LOOP_CONFIGURE as _, &raw const config) };
    Errno::result(result)?;
    HELD.set(Some((device, device_file)));
    Ok(0)
}

fn ioctl_number(file: &File, request: libc::c_ulong, argument: libc::c_ulong) -> Result<i64, Errno> {
    // SAFETY: this request takes an integer.
    #[expect(unsafe_code, reason = "no safe wrapper for loop devices")]
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request as _, argument) };
    Errno::result(result).map(i64::from)
}

fn fs_xattr(file: &File, request: libc::c_ulong, attributes: &mut FsXattr) -> Result<(), Errno> {
    // SAFETY: the structure is the kernel's, it lives until the call returns, and either request fits it.
    #[expect(unsafe_code, reason = "no safe wrapper for these attributes")]
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request as _, &raw mut *attributes) };
    Errno::result(result).map(drop)
}

fn set_project(dir: &str, project: u32) -> Result<i64, Errno> {
    let file = open(dir, false)?;
    let mut attributes = FsXattr::default();
    fs_xattr(&file, FS_IOC_FSGETXATTR, &mut attributes)?;
    attributes.projid = project;
    attributes.xflags |= FS_XFLAG_PROJINHERIT;
    fs_xattr(&file, FS_IOC_FSSETXATTR, &mut attributes).map(|()| 0)
}

/// `quotactl_fd(2)`, Linux 5.14: the file system is that of an open file.
fn quotactl(fd: RawFd, command: libc::c_uint, project: u32, block: &mut Dqblk) -> Result<i64, Errno> {
    // SAFETY: the structure is the kernel's, and lives until the call returns.
    #[expect(unsafe_code, reason = "the C library has no wrapper for quotactl_fd")]
    let result = unsafe { libc::syscall(libc::SYS_quotactl_fd, fd, command, project, &raw mut *block) };
    Errno::result(result)
}

fn set_quota(dir: &str, project: u32, bytes: u64) -> Result<i64, Errno> {
    let mut block = Dqblk { bhardlimit: bytes / QUOTA_BLOCK, valid: QIF_BLIMITS, ..Dqblk::default() };
    quotactl(open(dir, false)?.as_raw_fd(), SET_PROJECT_QUOTA, project, &mut block)
}

/// How many bytes the project that a directory belongs to may have; none where it belongs to no project, or to one
/// without a limit.
pub fn project_limit(dir: &Path) -> Result<Option<u64>, Errno> {
    let file = open(&dir.to_string_lossy(), false)?;
    let mut attributes = FsXattr::default();
    let asked = fs_xattr(&file, FS_IOC_FSGETXATTR, &mut attributes);
    if asked.is_err() || attributes.projid == 0 {
        // Many file systems know of no projects.
        return Ok(None);
    }
    let mut block = Dqblk::default();
    quotactl(file.as_raw_fd(), GET_PROJECT_QUOTA, attributes.projid, &mut block)?;
    Ok(Some(block.bhardlimit * QUOTA_BLOCK).filter(|bytes| *bytes > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn the_structures_are_as_long_as_the_kernels() {
        assert_eq!(size_of::<LoopInfo>(), 232);
        assert_eq!(size_of::<LoopConfig>(), 304);
        assert_eq!(size_of::<FsXattr>(), 28);
        assert_eq!(size_of::<Dqblk>(), 72);
    }

    #[test]
    fn an_image_is_an_empty_ext4_and_takes_next_to_no_space() {
        let dir = tempfile::tempdir().unwrap();
        for (name, quota) in [("plain", false), ("quota", true)] {
            let path = dir.path().join(name).to_str().unwrap().to_owned();
            let format = DiskCall::Format { path: path.clone(), quota };
            assert_eq!(call(&format), Err(Errno::ENOENT));
            assert_eq!(call(&DiskCall::Sparse { path: path.clone(), bytes: IMAGE_BYTES }), Ok(0));
            let again = DiskCall::Sparse { path: path.clone(), bytes: IMAGE_BYTES };
            assert_eq!(call(&again), Err(Errno::EEXIST), "what is there is not cut");
            assert!(call(&format).unwrap() > 0);
            let meta = std::fs::metadata(&path).unwrap();
            assert_eq!(meta.len(), IMAGE_BYTES);
            assert!(meta.blocks() * 512 < IMAGE_BYTES / 16, "{} sectors", meta.blocks());
            // s_magic, s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_PROJECT, s_log_block_size
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(bytes[1024 + 0x38..1024 + 0x3A], [0x53, 0xEF]);
            assert_eq!(bytes[1024 + 0x65] & 0x20 != 0, quota, "{name}");
        }
    }

    #[test]
    fn what_belongs_to_no_project_has_no_limit() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(project_limit(dir.path()), Ok(None));
        assert_eq!(project_limit(Path::new("/proc")), Ok(None));
        assert!(project_limit(&dir.path().join("x")).is_err());
    }
}
