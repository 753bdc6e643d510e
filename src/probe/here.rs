//! What any process sees of the place it is in: the same questions on both sides of the wall.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use nix::sys::utsname::uname;

use super::{
    Facts, ipc,
    kept::{Buffer, read_now},
    namespace_inode,
    net::{self, Net},
    value::{list, missing, or_missing, text},
};
use crate::lab::{
    fact::{Fact, FactId},
    namespace::Namespace,
    observation::Value,
};

/// The most names of a root directory that are shown.
const MOST_NAMES: usize = 40;

/// Asks from where the reader is.
#[derive(Debug)]
pub(super) struct Here {
    pub(super) proc_root: PathBuf,
    pub(super) buffer: Buffer,
    port: Option<Port>,
}

/// A port of the host and its last answer: asked again only when the network could give another one.
#[derive(Debug)]
struct Port {
    number: u16,
    asked: Option<(Option<i64>, Net)>,
    answer: String,
}

impl Here {
    pub(super) fn new(proc_root: &Path, port: Option<u16>) -> Self {
        let port = port.map(|number| Port { number, asked: None, answer: String::new() });
        Self { proc_root: proc_root.to_owned(), buffer: Buffer::new(), port }
    }

    /// Host name, kernel, boot, process 1, root directory, network, IPC objects.
    pub(super) fn read(&mut self, side: fn(Fact) -> FactId, facts: &mut Facts) {
        facts.extend([
            (side(Fact::Hostname), uname_value(nix::sys::utsname::UtsName::nodename)),
            (side(Fact::Kernel), uname_value(nix::sys::utsname::UtsName::release)),
            (side(Fact::BootId), self.line("sys/kernel/random/boot_id")),
            (side(Fact::Pid1), self.line("1/comm")),
            (side(Fact::Root), or_missing(names_in(Path::new("/")), list)),
            (
                side(Fact::Ipc),
                or_missing(ipc::read(&self.proc_root).map(|all| shorten(all, MOST_NAMES)), list),
            ),
        ]);
        self.network(side, facts);
    }

    fn network(&mut self, side: fn(Fact) -> FactId, facts: &mut Facts) {
        let (interfaces, addresses) = match Net::read() {
            Ok(net) => {
                let few = |all: &[String]| list(shorten(all.to_vec(), MOST_NAMES));
                let seen = (few(&net.interfaces), few(&net.addresses));
                let inode = namespace_inode(&self.proc_root.join("self"), Namespace::Net).ok();
                if let Some(port) = &mut self.port {
                    facts.insert(side(Fact::HostPort), Value::Text(port.ask(inode, net)));
                }
                seen
            }
            Err(error) => (missing(&error), missing(&error)),
        };
        facts.insert(side(Fact::Interfaces), interfaces);
        facts.insert(side(Fact::Addresses), addresses);
    }

    /// The first line of a file under the /proc.
    pub(super) fn line(&mut self, path: &str) -> Value {
        let read = read_now(&self.proc_root.join(path), &mut self.buffer);
        or_missing(read, |bytes| text(String::from_utf8_lossy(bytes).trim_end()))
    }
}

impl Port {
    fn ask(&mut self, inode: Option<i64>, net: Net) -> String {
        let now = Some((inode, net));
        if self.asked != now {
            self.answer = net::port(self.number);
            self.asked = now;
        }
        self.answer.clone()
    }
}

fn uname_value(part: fn(&nix::sys::utsname::UtsName) -> &OsStr) -> Value {
    or_missing(uname().map_err(io::Error::from), |names| text(&part(&names).to_string_lossy()))
}

/// The sorted names in a directory; those that are too many are counted in the last item: `+7`.
fn names_in(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = std::fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(shorten(names, MOST_NAMES))
}

/// The first of many, and the number of the others in the last item: `+7`.
pub(super) fn shorten(mut items: Vec<String>, most: usize) -> Vec<String> {
    let more = items.len().saturating_sub(most);
    items.truncate(most);
    if more > 0 {
        items.push(format!("+{more}"));
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_those_too_many_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", "a"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(names_in(dir.path()).unwrap(), ["a", "b"]);
        let many = (0..43).map(|n| n.to_string()).collect();
        assert_eq!(shorten(many, 40).last().map(String::as_str), Some("+3"));
    }

    #[test]
    fn a_port_is_asked_again_only_when_the_network_changed() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let number = listener.local_addr().unwrap().port();
        let mut port = Port { number, asked: None, answer: String::new() };
        assert_eq!(port.ask(Some(1), Net::default()), "open");
        drop(listener);
        assert_eq!(port.ask(Some(1), Net::default()), "open", "the same network: not asked");
        assert_eq!(port.ask(Some(2), Net::default()), "ECONNREFUSED", "another namespace: asked");
    }
}
