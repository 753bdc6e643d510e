//! A try that the kernel refuses: a throw-away child without any capability asks for new namespaces. As a plain user it
//! never had one; as root it gives them up first, and is refused just the same: not the uid decides, the capability does.

use std::{fs::File, io::Read};

use super::{Call, Failure, Kernel, fork, local_failure};
use crate::{
    kernel::{Linux, Traced},
    lab::{
        namespace::Namespace,
        trace::{Actor, Trace},
    },
};

/// Forks, tries in the child, and returns the child's calls.
pub fn act(kernel: &mut dyn Kernel, ns: &[Namespace], privileged: bool) -> Result<Vec<Trace>, Failure> {
    let (read, write) =
        nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|errno| local_failure("pipe", errno))?;
    fork(kernel, move |_| in_child(ns, privileged, File::from(write)))?;
    let mut text = String::new();
    let complete = File::from(read).read_to_string(&mut text).is_ok();
    Ok(if complete { serde_json::from_str(&text).unwrap_or_default() } else { Vec::new() })
}

fn in_child(ns: &[Namespace], privileged: bool, answer: File) -> i32 {
    let mut kernel = Traced::new(Linux, Actor::Subject);
    let dropped = if privileged { kernel.call(&Call::DropCapabilities) } else { Ok(0) };
    // Whatever the second call returns is what the student came to see.
    let tried = dropped.and_then(|_| kernel.call(&Call::Unshare(ns.to_vec())));
    let told = serde_json::to_writer(answer, &kernel.into_traces());
    i32::from(told.is_err() || tried.is_ok())
}
