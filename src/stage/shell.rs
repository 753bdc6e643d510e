//! The student's shell: in the box, as a child of the subject, or beside it, as a child of a second bare process.

use std::{
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

use nix::errno::Errno;

use super::{
    act,
    member::{Ended, Member, Refusal},
    order::{Answer, Order},
    protocol::ShellPlace,
    troupe::{Setting, Troupe},
};
use crate::{
    kernel::{descent, descent::Known, guard, process},
    lab::{namespace::Namespace, trace::Failure},
    probe::status::Status,
};

/// What a root shell beside the box must not share with the host.
const APART: [Namespace; 4] = [Namespace::Mnt, Namespace::Net, Namespace::Uts, Namespace::Ipc];

/// A running shell.
#[derive(Debug)]
pub struct Shell {
    place: ShellPlace,
    /// Of the order that started it.
    number: u64,
    process: Known,
    /// The bare process above a shell beside the box.
    companion: Option<Member>,
}

impl Shell {
    /// Starts one on a terminal.
    pub fn start(
        place: ShellPlace,
        troupe: &mut Troupe,
        setting: &Setting,
        terminal: BorrowedFd<'_>,
    ) -> Result<Self, Failure> {
        let mut words = environment(&setting.box_dir.to_string_lossy());
        words.extend(troupe.cage().environment());
        let mut companion = match place {
            ShellPlace::Inside => None,
            ShellPlace::Beside => Some(Member::start()?),
        };
        let parent = match &mut companion {
            Some(member) => member,
            None => troupe.subject()?,
        };
        let number = parent.next_number();
        let order = Order::Shell { number, environment: words, apart: apart(parent.pid(), setting) };
        let answer = parent.ask(&order, Some(terminal))?;
        let pid = match answer {
            Answer::Shell { pid, .. } => child_numbered(parent.pid(), pid),
            Answer::Done { failure: Some(failure), .. } => return Err(failure),
            _ => None,
        };
        let process = pid.and_then(|pid| Known::open(pid).ok());
        let process = process.ok_or_else(|| act::local_failure("shell", Errno::ESRCH))?;
        Ok(Self { place, number, process, companion })
    }

    /// Its process, as the stage's /proc numbers it.
    pub const fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// Whether it lives.
    pub fn lives(&self) -> bool {
        self.process.lives()
    }

    /// The number of the order that started it.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The bare process above a shell beside the box.
    pub fn companion(&self) -> Option<i32> {
        self.companion.as_ref().map(Member::pid)
    }

    /// Where it runs.
    pub const fn place(&self) -> ShellPlace {
        self.place
    }

    /// What to wait on, for a shell beside the box.
    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.companion.as_ref().map(AsFd::as_fd)
    }

    /// The status of a shell beside the box that has ended.
    pub fn listen(&mut self) -> Option<Ended> {
        match self.companion.as_mut()?.listen() {
            Ok(ended) => ended,
            Err(Refusal::Gone) => Some((self.number, 137)),
            Err(Refusal::Silent | Refusal::Failed(_)) => None,
        }
    }

    /// The shell and everything below it.
    pub fn processes(&self) -> Vec<i32> {
        std::iter::once(self.pid()).chain(descent::below(self.pid())).collect()
    }

    /// Ends it and everything below it, and with it what was started beside the box.
    pub fn end(self) {
        self.process.end();
        if let Some(companion) = self.companion {
            descent::end_below(companion.pid());
            descent::end_one(companion.pid());
        }
    }
}

/// The child of a process that numbers itself so in the innermost PID namespace.
fn child_numbered(parent: i32, innermost: i32) -> Option<i32> {
    descent::children(parent).into_iter().find(|child| {
        let status = std::fs::read(format!("/proc/{child}/status")).ok();
        let status = status.as_deref().and_then(Status::parse);
        status.is_some_and(|status| status.nspid.last() == Some(&innermost))
    })
}

/// Those of [`APART`] that a process shares with the host while being root there.
fn apart(pid: i32, setting: &Setting) -> Vec<Namespace> {
    if !nix::unistd::geteuid().is_root() {
        return Vec::new();
    }
    let own = guard::namespaces_of(&format!("/proc/{pid}"));
    let shared = |ns: &Namespace| {
        let at = Namespace::ALL.iter().position(|other| other == ns);
        at.is_none_or(|at| own.get(at) == setting.host.get(at))
    };
    if shared(&Namespace::User) { APART.into_iter().filter(shared).collect() } else { Vec::new() }
}

/// Where a shell looks for programs: this one may be typed as well, wherever it lies.
fn path(own: Option<&Path>) -> String {
    let usual = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
    let own = own.and_then(Path::parent).and_then(Path::to_str).filter(|dir| !dir.contains(':'));
    match own.filter(|dir| !usual.split(':').any(|known| known == *dir)) {
        Some(dir) => format!("{usual}:{dir}"),
        None => usual.to_owned(),
    }
}

/// A short and predictable environment: no start-up files, no history.
fn environment(box_dir: &str) -> Vec<(String, String)> {
    let language =
        std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_else(|_| "C.UTF-8".to_owned());
    let path = path(std::env::current_exe().ok().as_deref());
    [
        ("PATH", path.as_str()),
        ("TERM", "xterm-256color"),
        ("LANG", &language),
        ("HOME", "/"),
        ("SHELL", process::shell().0),
        ("HISTFILE", "/dev/null"),
        ("PS1", "\\h:\\w\\$ "),
        ("BOX", box_dir),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_itself_is_found_wherever_it_lies() {
        let last = |own: Option<&str>| path(own.map(Path::new)).rsplit(':').next().map(str::to_owned);
        assert_eq!(last(Some("/home/me/my bin/korobka")).as_deref(), Some("/home/me/my bin"));
        for usual in [Some("/usr/bin/korobka"), Some("/a:b/korobka"), None] {
            assert_eq!(last(usual).as_deref(), Some("/sbin"));
        }
    }
}
