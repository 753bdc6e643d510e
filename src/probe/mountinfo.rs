//! `/proc/PID/mountinfo`, `proc_pid_mountinfo(5)`.

use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::Path, path::PathBuf};

use super::kept::{Buffer, read_now};

/// One mount, as seen from the root of the process whose file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Which directory of its file system is mounted.
    pub root: PathBuf,
    /// Where, relative to the root of the process.
    pub point: PathBuf,
    /// Whether this mount is read-only, whatever its file system is.
    pub read_only: bool,
    /// How mounts below it spread, `mount_namespaces(7)`: `shared`, `slave`, `shared slave`, `private`, `unbindable`.
    pub propagation: &'static str,
    /// File system type: `overlay`.
    pub fstype: String,
    /// Options of the file system, where v1 cgroup mounts name their controllers: `rw,memory`.
    pub super_options: String,
}

/// The mounts that this process sees; none where /proc is not there to be asked.
pub fn own() -> Vec<Mount> {
    read_now(Path::new("/proc/self/mountinfo"), &mut Buffer::new()).map(parse).unwrap_or_default()
}

/// Reads a mountinfo file; lines that are not mounts are left out.
pub fn parse(bytes: &[u8]) -> Vec<Mount> {
    bytes.split(|b| *b == b'\n').filter_map(parse_line).collect()
}

/// The file system type that is mounted on a path: the last mount there covers the others.
pub fn fstype_at<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a str> {
    at(mounts, path).map(|mount| mount.fstype.as_str())
}

/// How mounts below the root spread. `None` where the root is no mount point: after a plain `chroot(2)`.
pub fn root_propagation(mounts: &[Mount]) -> Option<&'static str> {
    at(mounts, Path::new("/")).map(|mount| mount.propagation)
}

/// Whether a path that is a mount point may not be written through it; none where nothing is mounted there.
pub fn read_only_at(mounts: &[Mount], path: &Path) -> Option<bool> {
    at(mounts, path).map(Mount::unwritable)
}

/// The mounts below a directory, not those on it, as far as a path still leads there: what a later mount covers is left
/// out. A recursive bind mount of the directory takes them along, and what is asked of it is not asked of them.
pub fn below<'a>(mounts: &'a [Mount], dir: &'a Path) -> impl Iterator<Item = &'a Mount> {
    let under = |point: &Path, dir: &Path| point != dir && point.starts_with(dir);
    let covered = move |(at, mount): (usize, &Mount)| {
        mounts.iter().skip(at + 1).any(|later| under(&mount.point, &later.point))
    };
    let found = mounts.iter().enumerate().filter(move |(_, mount)| under(&mount.point, dir));
    found.filter(move |found| !covered(*found)).map(|(_, mount)| mount)
}

impl Mount {
    /// Whether nothing can be written through it: it is read-only, or its file system is.
    pub fn unwritable(&self) -> bool {
        self.read_only || self.super_options.split(',').any(|option| option == "ro")
    }
}

fn at<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a Mount> {
    mounts.iter().rev().find(|mount| mount.point == path)
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|b| *b == b' ').filter(|field| !field.is_empty());
    let root = path(fields.nth(3)?);
    let point = path(fields.next()?);
    let (mut shared, mut slave, mut unbindable) = (false, false, false);
    let read_only = fields.next()?.split(|b| *b == b',').any(|option| option == b"ro");
    for optional in fields.by_ref().take_while(|field| *field != b"-") {
        shared |= optional.starts_with(b"shared:");
        slave |= optional.starts_with(b"master:");
        unbindable |= optional == b"unbindable";
    }
    let propagation = match (shared, slave, unbindable) {
        (true, true, _) => "shared slave",
        (true, false, _) => "shared",
        (false, true, _) => "slave",
        (false, false, true) => "unbindable",
        (false, false, false) => "private",
    };
    let text = |field: &[u8]| String::from_utf8_lossy(&unescape(field)).into_owned();
    let fstype = text(fields.next()?);
    let super_options = text(fields.nth(1)?);
    Some(Mount { root, point, read_only, propagation, fstype, super_options })
}

fn path(field: &[u8]) -> PathBuf {
    OsString::from_vec(unescape(field)).into()
}

/// Undoes `\040` for a space, `\011`, `\012`, `\134`.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, octal(after)) {
            (b'\\', Some(byte)) => {
                plain.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            _ => plain.push(first),
        }
    }
    plain
}

fn octal(digits: &[u8]) -> Option<u8> {
    digits.get(..3)?.iter().try_fold(0_u8, |sum, digit| {
        let digit = digit.checked_sub(b'0').filter(|d| *d < 8)?;
        sum.checked_mul(8)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &[u8] = include_bytes!("../../tests/fixtures/proc/v2/6974/mountinfo");

    #[test]
    fn mounts_have_a_place_a_type_and_a_propagation() {
        let mounts = parse(V2);
        assert_eq!(mounts.len(), 6);
        assert_eq!(root_propagation(&mounts), Some("shared"));
        assert_eq!(fstype_at(&mounts, Path::new("/home/student/my box")), Some("tmpfs"), "an escaped space");
        assert_eq!(fstype_at(&mounts, Path::new("/proc")), Some("proc"));
        assert_eq!(fstype_at(&mounts, Path::new("/nowhere")), None);
    }

    #[test]
    fn the_last_mount_on_a_path_covers_the_others() {
        let mounts = parse(b"1 0 0:1 / /x rw - tmpfs a rw\n2 0 0:2 / /x rw master:3 - overlay b rw\n");
        assert_eq!(fstype_at(&mounts, Path::new("/x")), Some("overlay"));
        assert_eq!(root_propagation(&mounts), None);
        assert_eq!(read_only_at(&mounts, Path::new("/x")), Some(false));
        let mounts = parse(b"1 0 0:1 / / ro,nosuid - tmpfs a rw\n2 1 0:2 / /p rw - proc proc ro\n");
        assert_eq!(mounts.iter().map(Mount::unwritable).collect::<Vec<_>>(), [true, true]);
        assert_eq!(read_only_at(&mounts, Path::new("/q")), None);
    }

    #[test]
    fn mounts_below_a_directory_are_found_unless_they_are_covered() {
        let mounts = parse(
            b"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /usr rw - ext4 a rw\n3 2 0:3 / /usr/local rw - ext4 b rw\n\
              4 2 0:4 / /usr/src rw - ext4 c rw\n5 4 0:5 / /usr/src/x rw - ext4 d rw\n6 2 0:6 / /usr/src rw - ext4 e rw\n\
              7 1 0:7 / /usrx rw - ext4 f rw\n",
        );
        let points = |dir: &str| -> Vec<_> {
            below(&mounts, Path::new(dir)).map(|mount| mount.point.to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(points("/usr"), ["/usr/local", "/usr/src", "/usr/src"]);
        assert!(points("/usr/local").is_empty());
    }

    #[test]
    fn every_propagation_is_told() {
        let of = |optional: &str| {
            let line = format!("1 0 0:1 / / rw {optional}- ext4 /dev/sda rw");
            root_propagation(&parse(line.as_bytes()))
        };
        assert_eq!(of(""), Some("private"));
        assert_eq!(of("shared:1 "), Some("shared"));
        assert_eq!(of("master:1 "), Some("slave"));
        assert_eq!(of("master:1 propagate_from:2 "), Some("slave"));
        assert_eq!(of("shared:1 master:2 "), Some("shared slave"));
        assert_eq!(of("unbindable "), Some("unbindable"));
    }

    #[test]
    fn escapes_are_undone_and_what_is_none_stays() {
        assert_eq!(unescape(br"a\040b\134c"), br"a b\c");
        assert_eq!(unescape(br"\04"), br"\04");
        assert_eq!(unescape(br"\999\400"), br"\999\400");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, words in proptest::collection::vec("[-\\\\0-9a-z:/]{0,6}", 0..14)) {
            parse(&bytes);
            parse(words.join(" ").as_bytes());
        }
    }
}
