//! The id maps of a user namespace, written from outside by the stage: which id inside is which id outside,
//! `user_namespaces(7)`. A plain user may map one id, its own, and only after giving up `setgroups(2)`; a whole range
//! takes the setuid helpers `newuidmap(1)` and `newgidmap(1)`, which look it up in /etc/subuid and /etc/subgid.

use nix::errno::Errno;

use super::{Call, Failure, Kernel, call};
use crate::lab::action::IdMap;

/// Who is mapped, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The subject, as the host numbers it.
    pub pid: i32,
    /// The student's user id.
    pub uid: u32,
    /// The student's group id.
    pub gid: u32,
    /// The first subordinate user id and their count, where there are any.
    pub subuid: Option<(u32, u32)>,
    /// Likewise of groups.
    pub subgid: Option<(u32, u32)>,
}

/// Writes both maps.
pub fn act(kernel: &mut dyn Kernel, map: IdMap, owner: &Owner) -> Result<(), Failure> {
    match map {
        IdMap::Single => single(kernel, owner),
        IdMap::Range => range(kernel, owner),
    }
}

fn single(kernel: &mut dyn Kernel, owner: &Owner) -> Result<(), Failure> {
    let Owner { pid, uid, gid, .. } = owner;
    let mut write = |file: &str, text: String| {
        call(kernel, &Call::Write { path: format!("/proc/{pid}/{file}"), text }).map(|_| ())
    };
    write("setgroups", "deny".to_owned())?;
    write("uid_map", format!("0 {uid} 1"))?;
    write("gid_map", format!("0 {gid} 1"))
}

fn range(kernel: &mut dyn Kernel, owner: &Owner) -> Result<(), Failure> {
    helper(kernel, "newuidmap", owner.pid, owner.uid, owner.subuid)?;
    helper(kernel, "newgidmap", owner.pid, owner.gid, owner.subgid)
}

fn helper(
    kernel: &mut dyn Kernel,
    name: &str,
    pid: i32,
    own: u32,
    sub: Option<(u32, u32)>,
) -> Result<(), Failure> {
    let Some((first, count)) = sub else {
        let file = if name == "newuidmap" { "/etc/subuid" } else { "/etc/subgid" };
        return Err(Failure {
            operation: name.to_owned(),
            arguments: vec![pid.to_string()],
            errno: format!("{:?}", Errno::ENOENT),
            path: Some(file.to_owned()),
        });
    };
    let numbers = [0, own, 1, 1, first, count].map(|n| n.to_string());
    let args = std::iter::once(pid.to_string()).chain(numbers).collect();
    call(kernel, &Call::Run { program: format!("/usr/bin/{name}"), args }).map(|_| ())
}

/// The first subordinate range of a user in the text of /etc/subuid or /etc/subgid, by name or number, `subuid(5)`.
pub fn subordinate(text: &str, name: &str, id: u32) -> Option<(u32, u32)> {
    text.lines().find_map(|line| {
        let mut parts = line.split(':');
        let who = parts.next()?;
        let range = (parts.next()?.parse().ok()?, parts.next()?.trim().parse().ok()?);
        (who == name || who == id.to_string()).then_some(range)
    })
}
