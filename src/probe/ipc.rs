//! System V objects (`/proc/sysvipc`, `sysvipc(7)`) and POSIX message queues (`mq_overview(7)`) of the reader's own
//! IPC namespace.

use std::{io, path::Path};

use nix::{
    errno::Errno,
    mqueue::{MQ_OFlag, mq_close, mq_open},
    sys::stat::Mode,
};

use super::kept::{Buffer, read_now};

/// Where message queues are listed, if anywhere.
const QUEUES: &str = "/dev/mqueue";

/// Every object: `msg 0x2a #0` (key and id), `mq /name`.
pub fn read(proc_root: &Path) -> io::Result<Vec<String>> {
    let (mut objects, mut buffer) = (Vec::new(), Buffer::new());
    for kind in ["msg", "sem", "shm"] {
        let table = read_now(&proc_root.join("sysvipc").join(kind), &mut buffer)?;
        objects.extend(parse(kind, table));
    }
    objects.extend(queues(Path::new(QUEUES)));
    Ok(objects)
}

/// Reads one table of /proc/sysvipc: a heading, then a line an object that starts with its key and id.
pub fn parse(kind: &str, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let object = |line: &str| {
        let mut fields = line.split_whitespace();
        let (key, id): (i32, i32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(format!("{kind} {key:#x} #{id}"))
    };
    text.lines().skip(1).filter_map(object).collect()
}

/// A mqueue file system shows the namespace that mounted it, not the reader's: each name is really opened.
fn queues(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| format!("/{}", entry.file_name().to_string_lossy()))
        .filter(|name| exists(name))
        .map(|name| format!("mq {name}"))
        .collect();
    names.sort();
    names
}

fn exists(name: &str) -> bool {
    match mq_open(name, MQ_OFlag::O_RDONLY, Mode::empty(), None) {
        Ok(queue) => mq_close(queue).is_ok(),
        Err(errno) => errno == Errno::EACCES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_by_key_and_id() {
        let table =
            b"       key      msqid perms\n        42          0   644\n-559038737          3   600\n";
        assert_eq!(parse("msg", table), ["msg 0x2a #0", "msg 0xdeadbeef #3"]);
        assert_eq!(parse("sem", b"       key      semid\n"), Vec::<String>::new());
    }

    #[test]
    fn a_machine_without_proc_says_so() {
        assert_eq!(read(Path::new("/nonexistent")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            parse("shm", &bytes);
        }
    }
}
