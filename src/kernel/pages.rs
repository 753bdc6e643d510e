//! How much memory files take that are mapped several times: the kernel's own account, `proc_pid_smaps(5)`.

use std::{fs, io, num::NonZeroUsize, os::unix::fs::OpenOptionsExt, path::Path, ptr::NonNull};

use nix::{
    libc::{self, c_void},
    sys::mman::{MapFlags, ProtFlags, mmap, munmap},
};

/// No more of a file is mapped, in bytes.
const MOST: u64 = 1024 * 1024;
const PAGE: usize = 4096;

/// What mapped files take up, in kibibytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Mapped pages, each mapping counted by itself (`Rss`).
    pub mapped: u64,
    /// The same with each page divided among those who map it (`Pss`): what is there in memory.
    pub held: u64,
}

/// A file in memory until it is dropped.
struct Mapping {
    start: NonNull<c_void>,
    length: usize,
}

impl Mapping {
    fn of(path: &Path) -> io::Result<Self> {
        // Whoever is in the box may have put a pipe there, which would be waited for, or a link out.
        let mut options = fs::File::options();
        let file = options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(path)?;
        let length = usize::try_from(file.metadata()?.len().min(MOST)).unwrap_or_default();
        let room = NonZeroUsize::new(length).ok_or(io::ErrorKind::InvalidInput)?;
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_POPULATE;
        // SAFETY: a new mapping for reading, at an address the kernel chooses; nobody but `drop` knows it.
        #[expect(unsafe_code, reason = "only a mapping is counted by the kernel")]
        let start = unsafe { mmap(None, room, ProtFlags::PROT_READ, flags, &file, 0) }?;
        Ok(Self { start, length })
    }

    /// How `smaps` begins the paragraph about it: `7f1c2a400000-`.
    fn head(&self) -> String {
        format!("{:x}-", self.start.as_ptr().addr())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this mapping was made by `of` with this length, and nothing refers to it.
        #[expect(unsafe_code, reason = "the counterpart of mmap")]
        let unmapped = unsafe { munmap(self.start, self.length.next_multiple_of(PAGE)) };
        if let Err(errno) = unmapped {
            tracing::debug!(%errno, "a mapping stays until the process ends");
        }
    }
}

/// Maps these files, all at once, and reads what the kernel counts for them.
///
/// Where another process maps the same pages, they are counted as shared with it.
pub fn account(files: &[&Path]) -> io::Result<Account> {
    let mappings = files.iter().map(|path| Mapping::of(path)).collect::<io::Result<Vec<_>>>()?;
    let heads: Vec<String> = mappings.iter().map(Mapping::head).collect();
    let text = fs::read_to_string("/proc/self/smaps")?;
    Ok(sum(&text, &heads))
}

fn sum(smaps: &str, heads: &[String]) -> Account {
    let mut account = Account::default();
    let mut ours = false;
    for line in smaps.lines() {
        let Some((name, value)) = line.split_once(':').filter(|(name, _)| !name.contains('-')) else {
            ours = heads.iter().any(|head| line.starts_with(head.as_str()));
            continue;
        };
        let kib = || value.trim().strip_suffix(" kB").and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        match name {
            "Rss" if ours => account.mapped += kib(),
            "Pss" if ours => account.held += kib(),
            _ => {}
        }
    }
    account
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_mappings_of_one_file_hold_its_pages_once() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&a, vec![1; 16 * PAGE]).unwrap();
        fs::write(&b, vec![1; 16 * PAGE]).unwrap();
        assert_eq!(account(&[&a, &a]).unwrap(), Account { mapped: 128, held: 64 });
        assert_eq!(account(&[&a, &b]).unwrap(), Account { mapped: 128, held: 128 }, "two files, alike");
        assert!(account(&[&a, &dir.path().join("none")]).is_err());
    }

    /// Nobody writes to it, so to open it as a file would wait for ever.
    #[test]
    fn a_pipe_in_place_of_a_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).unwrap();
        assert!(account(&[&pipe]).is_err());
        assert!(account(&[&dir.path().join("link")]).is_err());
    }

    #[test]
    fn only_the_paragraphs_asked_for_are_counted() {
        let text = "1000-2000 r--s 00000000 00:2a 5   /x y: z\nSize: 4 kB\nRss:   64 kB\nPss:  32 kB\n\
                    3000-4000 r--s 00000000 00:2a 5\nRss:  8 kB\nPss: 8 kB\n";
        assert_eq!(sum(text, &["1000-".to_owned()]), Account { mapped: 64, held: 32 });
        assert_eq!(sum(text, &[]), Account::default());
    }
}
