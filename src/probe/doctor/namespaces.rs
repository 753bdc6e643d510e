//! The eight namespaces, each really tried, and the reason where one is refused.

use std::path::Path;

use nix::{
    errno::Errno,
    sys::prctl,
    unistd::{Gid, Uid, getegid, geteuid, getpid, setgroups, setresgid, setresuid},
};

use super::{Ability, Check, Verdict, am_root};
use crate::{
    kernel::{Call, Kernel, Linux, attempt::attempt},
    lab::namespace::Namespace,
};

/// Nobody: whom root plays to find out what others may do.
const NOBODY: u32 = 65534;

/// What the attempts gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trials {
    root: bool,
    /// An unprivileged user namespace with its maps.
    unprivileged: Attempted,
    /// Each kind, the way this user would come to it.
    each: Vec<(Namespace, Result<(), Errno>)>,
    way: Way,
    limits: Limits,
}

/// How this user comes to the other namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As root, directly.
    Direct,
    /// Through a user namespace first.
    User,
}

/// How far an unprivileged user namespace got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempted {
    unshare: Result<(), Errno>,
    maps: Result<(), Errno>,
    /// Whether it is worth anything: a mount namespace in it.
    usable: Result<(), Errno>,
}

/// The switches that forbid user namespaces; none where the kernel does not know them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Limits {
    max_user: Option<i64>,
    clone: Option<i64>,
    apparmor: Option<i64>,
}

/// Why user namespaces are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// `user.max_user_namespaces` is 0, or as many exist.
    MaxUserNamespaces,
    /// Debian's `kernel.unprivileged_userns_clone` is 0.
    UsernsClone,
    /// Ubuntu's `kernel.apparmor_restrict_unprivileged_userns` is 1.
    AppArmor,
    /// The kernel was built without.
    NotBuilt,
    /// A filter: a locked-down container, or another security module.
    Filtered,
    /// Something else.
    Other,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::MaxUserNamespaces,
        Self::UsernsClone,
        Self::AppArmor,
        Self::NotBuilt,
        Self::Filtered,
        Self::Other,
    ];

    /// Keys of the strings that say why, and what to do.
    pub const fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::MaxUserNamespaces => {
                ("doctor.cause.max_user_namespaces", "doctor.cure.max_user_namespaces")
            }
            Self::UsernsClone => ("doctor.cause.userns_clone", "doctor.cure.userns_clone"),
            Self::AppArmor => ("doctor.cause.apparmor", "doctor.cure.apparmor"),
            Self::NotBuilt => ("doctor.cause.not_built", "doctor.cure.kernel"),
            Self::Filtered => ("doctor.cause.filtered", "doctor.cure.filtered"),
            Self::Other => ("doctor.cause.other", "doctor.cure.sudo"),
        }
    }

    /// From which call failed, with what, and how the switches stand.
    fn of(tried: Attempted, limits: Limits) -> Option<Self> {
        let refused = |result: Result<(), Errno>| result.err();
        Some(match refused(tried.unshare) {
            Some(Errno::ENOSPC | Errno::EUSERS) => Self::MaxUserNamespaces,
            Some(Errno::EINVAL) => Self::NotBuilt,
            Some(Errno::EPERM) if limits.clone == Some(0) => Self::UsernsClone,
            Some(Errno::EPERM | Errno::EACCES) if limits.apparmor == Some(1) => Self::AppArmor,
            Some(Errno::EPERM | Errno::EACCES | Errno::ENOSYS) => Self::Filtered,
            Some(_) => Self::Other,
            None => match refused(tried.maps).or_else(|| refused(tried.usable))? {
                Errno::EPERM | Errno::EACCES if limits.apparmor == Some(1) => Self::AppArmor,
                Errno::EPERM | Errno::EACCES | Errno::ENOSYS => Self::Filtered,
                _ => Self::Other,
            },
        })
    }
}

impl Limits {
    fn read(proc_root: &Path) -> Self {
        let number = |path: &str| {
            std::fs::read_to_string(proc_root.join("sys").join(path)).ok().and_then(|t| t.trim().parse().ok())
        };
        Self {
            max_user: number("user/max_user_namespaces"),
            clone: number("kernel/unprivileged_userns_clone"),
            apparmor: number("kernel/apparmor_restrict_unprivileged_userns"),
        }
    }
}

impl Trials {
    pub(super) fn run(proc_root: &Path) -> Self {
        let root = am_root();
        let unprivileged = Attempted {
            unshare: attempt(|| become_nobody().and_then(|()| leave_for(Namespace::User))),
            maps: attempt(|| become_nobody().and_then(|()| enter_user())),
            usable: attempt(|| {
                become_nobody().and_then(|()| enter_user()).and_then(|()| leave_for(Namespace::Mnt))
            }),
        };
        let mut way = if root { Way::Direct } else { Way::User };
        let mut each = Self::each(way);
        if root && each.iter().any(|(_, result)| *result == Err(Errno::EPERM)) {
            // root of a container, without the capability
            way = Way::User;
            each = Self::each(way);
        }
        Self { root, unprivileged, each, way, limits: Limits::read(proc_root) }
    }

    fn each(way: Way) -> Vec<(Namespace, Result<(), Errno>)> {
        Namespace::ALL.into_iter().map(|ns| (ns, attempt(|| reach(ns, way)))).collect()
    }

    pub(super) const fn way(&self) -> Way {
        self.way
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let mut checks: Vec<_> = self.each.iter().map(|(ns, result)| self.check(*ns, *result)).collect();
        checks.push(self.unprivileged());
        checks
    }

    fn check(&self, ns: Namespace, result: Result<(), Errno>) -> Check {
        let (id, meaning) = keys(ns);
        let verdict = match result {
            Ok(()) => Verdict::Ok,
            Err(_) if needed(ns) => Verdict::No,
            Err(_) => Verdict::Warn,
        };
        let outcome = result.map_or_else(|errno| format!("-1 {errno:?}"), |()| "0".to_owned());
        let found = self.shut_out().unwrap_or_else(|| format!("unshare({}) = {outcome}", ns.flag()));
        let cure = result.err().map(|errno| match (self.cause(), errno) {
            (Some(cause), _) if self.way == Way::User => cause.keys().1,
            (_, Errno::EINVAL) => "doctor.cure.kernel",
            (_, Errno::ENOSPC) => "doctor.cure.max_namespaces",
            _ => "doctor.cure.filtered",
        });
        Check { id, verdict, found, meaning, cure }
    }

    /// The call that kept this user out of the user namespace that all others are behind, if one did.
    pub(super) fn shut_out(&self) -> Option<String> {
        let user = self.each.iter().find(|(ns, _)| *ns == Namespace::User);
        let refused = self.way == Way::User && user.is_some_and(|(_, result)| result.is_err());
        refused.then(|| self.last_call())
    }

    fn unprivileged(&self) -> Check {
        let cause = self.cause();
        let verdict = match cause {
            None => Verdict::Ok,
            Some(_) if self.way == Way::Direct => Verdict::Warn,
            Some(_) => Verdict::No,
        };
        Check {
            id: "userns",
            verdict,
            found: self.how_far(),
            meaning: cause.map_or("doctor.meaning.userns", |cause| cause.keys().0),
            cure: cause.map(|cause| cause.keys().1),
        }
    }

    /// The last thing that was refused, and the switches that the kernel has.
    fn how_far(&self) -> String {
        let switches = [
            ("user.max_user_namespaces", self.limits.max_user),
            ("kernel.unprivileged_userns_clone", self.limits.clone),
            ("kernel.apparmor_restrict_unprivileged_userns", self.limits.apparmor),
        ];
        let known = switches.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?)));
        std::iter::once(self.last_call()).chain(known).collect::<Vec<_>>().join(" · ")
    }

    fn last_call(&self) -> String {
        let Attempted { unshare, maps, usable } = self.unprivileged;
        match (unshare, maps, usable) {
            (Err(errno), ..) => format!("unshare(CLONE_NEWUSER) = -1 {errno:?}"),
            (_, Err(errno), _) => format!("write(/proc/self/uid_map) = -1 {errno:?}"),
            (.., Err(errno)) => format!("unshare(CLONE_NEWNS) = -1 {errno:?}"),
            (Ok(()), Ok(()), Ok(())) => "unshare(CLONE_NEWUSER) = 0".to_owned(),
        }
    }

    /// Why ordinary users are refused, if they are.
    pub(super) fn cause(&self) -> Option<Cause> {
        Cause::of(self.unprivileged, self.limits)
    }

    pub(super) fn ability(&self) -> Ability {
        let refused = self.each.iter().find(|(ns, result)| needed(*ns) && result.is_err());
        match (refused, self.root && self.way == Way::Direct) {
            (None, true) => Ability::LiveRoot,
            (None, false) => Ability::Live,
            (Some(_), _) => {
                let (cause, cure) = self.cause().unwrap_or(Cause::Filtered).keys();
                Ability::No { cause, cure }
            }
        }
    }
}

/// The lab can do without the two youngest.
const fn needed(ns: Namespace) -> bool {
    !matches!(ns, Namespace::Cgroup | Namespace::Time)
}

const fn keys(ns: Namespace) -> (&'static str, &'static str) {
    match ns {
        Namespace::User => ("ns.user", "doctor.meaning.ns_user"),
        Namespace::Mnt => ("ns.mnt", "doctor.meaning.ns_mnt"),
        Namespace::Pid => ("ns.pid", "doctor.meaning.ns_pid"),
        Namespace::Net => ("ns.net", "doctor.meaning.ns_net"),
        Namespace::Ipc => ("ns.ipc", "doctor.meaning.ns_ipc"),
        Namespace::Uts => ("ns.uts", "doctor.meaning.ns_uts"),
        Namespace::Cgroup => ("ns.cgroup", "doctor.meaning.ns_cgroup"),
        Namespace::Time => ("ns.time", "doctor.meaning.ns_time"),
    }
}

fn reach(ns: Namespace, way: Way) -> Result<(), Errno> {
    match (way, ns) {
        (_, Namespace::User) => return enter_user(),
        (Way::User, _) => enter_user()?,
        (Way::Direct, _) => {}
    }
    leave_for(ns)?;
    if ns == Namespace::Pid {
        // It takes effect for children.
        return attempt(|| if getpid().as_raw() == 1 { Ok(()) } else { Err(Errno::ESRCH) });
    }
    Ok(())
}

pub(super) fn leave_for(ns: Namespace) -> Result<(), Errno> {
    Linux.call(&Call::Unshare(vec![ns])).map(|_| ())
}

/// A user namespace in which the caller is root, `user_namespaces(7)`.
pub(super) fn enter_user() -> Result<(), Errno> {
    let (uid, gid) = (geteuid(), getegid());
    leave_for(Namespace::User)?;
    for (file, text) in [
        ("uid_map", format!("0 {uid} 1")),
        ("setgroups", "deny".to_owned()),
        ("gid_map", format!("0 {gid} 1")),
    ] {
        Linux.call(&Call::Write { path: format!("/proc/self/{file}"), text })?;
    }
    Ok(())
}

/// Root gives itself away to learn what others may do; others are already themselves.
fn become_nobody() -> Result<(), Errno> {
    if !am_root() {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    setgroups(&[])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    prctl::set_dumpable(true) // else its own /proc files belong to root
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Attempted = Attempted { unshare: Ok(()), maps: Ok(()), usable: Ok(()) };

    fn refused(errno: Errno) -> Attempted {
        Attempted { unshare: Err(errno), maps: Err(errno), usable: Err(errno) }
    }

    #[test]
    fn each_prohibition_is_told_from_the_others() {
        let open = Limits { max_user: Some(9000), clone: Some(1), apparmor: Some(0) };
        let ubuntu = Limits { apparmor: Some(1), ..open };
        let debian = Limits { clone: Some(0), ..open };
        let late = |errno| Attempted { usable: Err(errno), ..FINE };
        let at_map = |errno| Attempted { maps: Err(errno), usable: Err(errno), ..FINE };
        for (tried, limits, cause) in [
            (FINE, open, None),
            (FINE, ubuntu, None),
            (refused(Errno::ENOSPC), Limits { max_user: Some(0), ..open }, Some(Cause::MaxUserNamespaces)),
            (refused(Errno::EPERM), debian, Some(Cause::UsernsClone)),
            (late(Errno::EPERM), ubuntu, Some(Cause::AppArmor)),
            (at_map(Errno::EACCES), ubuntu, Some(Cause::AppArmor)),
            (refused(Errno::EPERM), open, Some(Cause::Filtered)),
            (refused(Errno::ENOSYS), open, Some(Cause::Filtered)),
            (late(Errno::EPERM), open, Some(Cause::Filtered)),
            (refused(Errno::EINVAL), Limits::default(), Some(Cause::NotBuilt)),
            (refused(Errno::ENOMEM), open, Some(Cause::Other)),
        ] {
            assert_eq!(Cause::of(tried, limits), cause, "{tried:?} {limits:?}");
        }
    }

    #[test]
    fn the_ability_follows_from_what_was_refused() {
        let all =
            |result: fn(Namespace) -> Result<(), Errno>| Namespace::ALL.map(|ns| (ns, result(ns))).to_vec();
        let user = Trials {
            root: false,
            unprivileged: FINE,
            each: all(|_| Ok(())),
            way: Way::User,
            limits: Limits::default(),
        };
        assert_eq!(user.ability(), Ability::Live);
        let root = Trials { root: true, way: Way::Direct, ..user.clone() };
        assert_eq!(root.ability(), Ability::LiveRoot);
        let old = |ns| if ns == Namespace::Time { Err(Errno::EINVAL) } else { Ok(()) };
        assert_eq!(Trials { each: all(old), ..user.clone() }.ability(), Ability::Live, "without time");
        let forbidden =
            Trials { unprivileged: refused(Errno::ENOSPC), each: all(|_| Err(Errno::ENOSPC)), ..user };
        let (cause, cure) = Cause::MaxUserNamespaces.keys();
        assert_eq!(forbidden.ability(), Ability::No { cause, cure });
        for check in forbidden.checks() {
            assert_eq!((check.verdict == Verdict::Ok, check.cure), (false, Some(cure)), "{check:?}");
            assert!(
                check.found.starts_with("unshare(CLONE_NEWUSER) = -1 ENOSPC"),
                "what was refused: {check:?}"
            );
        }
        let by_root = Trials { unprivileged: refused(Errno::ENOSPC), ..root };
        assert_eq!(by_root.ability(), Ability::LiveRoot, "root does not need what is forbidden to others");
    }

    #[test]
    fn every_cause_has_its_words() {
        for cause in Cause::ALL {
            let (why, cure) = cause.keys();
            assert!(crate::i18n::find(crate::i18n::Lang::En, why).is_some(), "{why}");
            assert!(crate::i18n::find(crate::i18n::Lang::En, cure).is_some(), "{cure}");
        }
    }
}
