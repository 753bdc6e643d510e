//! Extended attributes, `xattr(7)`: where an overlay keeps what a directory entry cannot say.

use std::{ffi::CString, os::unix::ffi::OsStrExt, path::Path};

use nix::{errno::Errno, libc};

/// Longer values are not read, in bytes.
const MOST: usize = 256;

/// The value of an attribute of a file, never of what a link leads to: `lgetxattr(2)`. `ENODATA` where it has none,
/// `EOPNOTSUPP` where the file system keeps none, `ERANGE` where it is longer than 256 bytes.
pub fn get(path: &Path, name: &str) -> Result<Vec<u8>, Errno> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_zero_byte| Errno::EINVAL)?;
    let name = CString::new(name).map_err(|_zero_byte| Errno::EINVAL)?;
    let mut value = vec![0_u8; MOST];
    // SAFETY: both strings end in a zero byte, and the buffer is as long as is said.
    #[expect(unsafe_code, reason = "no safe wrapper for extended attributes")]
    let length =
        unsafe { libc::lgetxattr(path.as_ptr(), name.as_ptr(), value.as_mut_ptr().cast(), value.len()) };
    let length = Errno::result(length)?;
    value.truncate(usize::try_from(length).map_err(|_impossible| Errno::EOVERFLOW)?);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_the_attribute_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let missing = get(dir.path(), "user.overlay.opaque").unwrap_err();
        assert!(matches!(missing, Errno::ENODATA | Errno::EOPNOTSUPP), "{missing:?}");
        assert_eq!(get(&dir.path().join("x"), "user.a"), Err(Errno::ENOENT));
        assert_eq!(get(Path::new("a\0b"), "user.a"), Err(Errno::EINVAL));
    }
}
