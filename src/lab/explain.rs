//! Errors explained: what happened, why, what to try. The table is `assets/locales/<lang>/explain.toml`; its claims are
//! those of the ERRORS sections of the manual pages, and of `user_namespaces(7)` and `time_namespaces(7)` for the files
//! of /proc.

use super::trace::{Failure, Trace};
use crate::i18n::{Lang, fill, find};

/// A failure in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The call as it was made, and the error's name.
    pub what: String,
    /// Why the kernel says so.
    pub why: &'static str,
    /// What to try.
    pub try_next: &'static str,
}

/// Explains why an action did not succeed.
pub fn explain(lang: Lang, failure: &Failure) -> Explanation {
    let topic = match failure.operation.as_str() {
        // What systemd can delegate is v2.
        "delegate" if failure.arguments.iter().any(|argument| argument == "v1") => "delegate_v1",
        operation => topic(operation, failure.path.as_deref()),
    };
    let what = match failure.operation.as_str() {
        "guard" if topic == "guard_limit" => {
            fill(lang, "explain.what.guard_limit", &[("what", &failure.arguments.join(" "))])
        }
        "guard" if topic == "guard_lift" => {
            fill(lang, "explain.what.guard_lift", &[("what", &failure.arguments.join(" "))])
        }
        "controller" | "delegate" | "legacy" | "device" | "measure" | "quota" | "cgroup" => {
            let named = failure.arguments.join(" ");
            fill(lang, in_cage(topic), &[("what", &named), ("errno", &failure.errno)])
        }
        "guard" => fill(lang, "explain.what.guard", &[("call", &failure.arguments.join(" "))]),
        "subject" => fill(lang, "explain.what.subject", &[("detail", &failure.arguments.join(" "))]),
        "recording" => fill(lang, "explain.what.recording", &[("detail", &failure.arguments.join(" "))]),
        operation => {
            let line = format!("{operation}({}) = -1 {}", failure.arguments.join(", "), failure.errno);
            let unsaid = failure.path.as_deref().filter(|path| !line.contains(path));
            what(
                lang,
                &unsaid.map_or_else(|| line.clone(), |path| format!("{line} ({path})")),
                &failure.errno,
            )
        }
    };
    let (why, try_next) = reasons(lang, topic, &failure.errno);
    Explanation { what, why, try_next }
}

/// The sentence for what a cgroup cannot do here.
fn in_cage(topic: &str) -> &'static str {
    match topic {
        "controller" => "explain.what.controller",
        "delegate" | "delegate_v1" => "explain.what.delegate",
        "legacy" => "explain.what.legacy",
        "device" => "explain.what.device",
        "measure" => "explain.what.measure",
        "quota" => "explain.what.quota",
        _ => "explain.what.cgroup",
    }
}

/// Explains a call that failed; none for one that did not.
pub fn explain_trace(lang: Lang, trace: &Trace) -> Option<Explanation> {
    let errno = trace.errno.as_deref()?;
    let path = trace.args.iter().find(|arg| arg.contains('/')).map(String::as_str);
    let (why, try_next) = reasons(lang, topic(&trace.call, path), errno);
    Some(Explanation { what: what(lang, &trace.line(), errno), why, try_next })
}

fn what(lang: Lang, line: &str, errno: &str) -> String {
    match find(lang, &format!("explain.name.{errno}")) {
        Some(name) => format!("{line}: {name}"),
        None => line.to_owned(),
    }
}

/// The table that explains a call. Several calls share one; a file of /proc that is written to, and a helper that is
/// run, have their own.
fn topic<'a>(call: &'a str, path: Option<&'a str>) -> &'a str {
    let file = path.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let file = file.trim_end_matches(['"', '>']);
    match call {
        "clone" | "clone3" => "unshare",
        "umount2" => "umount",
        "sendto" | "sendmsg" | "recvfrom" | "recvmsg" => "netlink",
        "ioctl" if file.starts_with("loop") => "loop",
        "write" | "open" | "execve" => match file {
            "gid_map" => "uid_map",
            "newgidmap" => "newuidmap",
            file => file,
        },
        // What was refused was to let something greedy run without its limit.
        "guard" if file == "limit" => "guard_limit",
        // It runs already, and the limit would be none.
        "guard" if file == "lift" => "guard_lift",
        call => call,
    }
}

/// Why, and what to try: for this call and error; for this call; for this error; for any.
fn reasons(lang: Lang, topic: &str, errno: &str) -> (&'static str, &'static str) {
    [(topic, errno), (topic, "any"), ("errno", errno), ("errno", "any")]
        .iter()
        .find_map(|(topic, errno)| {
            let key = format!("explain.{topic}.{errno}");
            Some((find(lang, &format!("{key}.why"))?, find(lang, &format!("{key}.try"))?))
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::trace::Actor;

    fn failure(operation: &str, arguments: &[&str], errno: &str, path: Option<&str>) -> Failure {
        Failure {
            operation: operation.to_owned(),
            arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
            errno: errno.to_owned(),
            path: path.map(str::to_owned),
        }
    }

    #[test]
    fn every_error_of_a_call_has_words_of_its_own_in_both_languages() {
        let table: &[(&str, Option<&str>, &str)] = &[
            ("unshare", None, "EPERM EACCES ENOSPC EINVAL EUSERS ENOSYS ENOMEM"),
            ("clone3", None, "EPERM ENOSPC EINVAL EUSERS ENOSYS"),
            ("fork", None, "EAGAIN ENOMEM"),
            ("write", Some("/proc/7/uid_map"), "EPERM EINVAL"),
            ("write", Some("/proc/7/gid_map"), "EPERM EINVAL"),
            ("write", Some("/proc/7/setgroups"), "EPERM EINVAL"),
            ("write", Some("/proc/7/timens_offsets"), "EPERM EACCES ERANGE EINVAL"),
            ("execve", Some("/usr/bin/newuidmap"), "EPERM ENOENT"),
            ("execve", Some("/usr/bin/newgidmap"), "EPERM ENOENT"),
            ("mount", None, "EPERM EBUSY ENOENT EINVAL ENODEV EACCES"),
            ("umount2", None, "EPERM EBUSY EINVAL"),
            ("pivot_root", None, "EBUSY EINVAL EPERM ENOTDIR"),
            ("chroot", None, "EPERM ENOENT ENOTDIR"),
            ("sethostname", None, "EPERM EINVAL"),
            ("msgget", None, "ENOSPC ENOSYS"),
            ("shmget", None, "ENOSPC ENOSYS"),
            ("mq_open", None, "EMFILE ENOSYS"),
            ("sendto", None, "EPERM ENODEV"),
            ("mkdir", None, "EIO"),
            ("rmdir", None, "EIO"),
            ("openat", None, "EROFS ENOSPC"),
            ("rename", None, "EXDEV"),
            ("capset", None, "EPERM"),
            ("prctl", None, "EPERM EINVAL"),
            ("seccomp", None, "EACCES EINVAL"),
            ("mkdir", None, "EROFS EPERM"),
            ("mknod", None, "EPERM EROFS"),
            ("clock_settime", None, "EPERM"),
            ("chown", None, "EINVAL EPERM"),
            ("controller", None, "EACCES EOPNOTSUPP ENOENT ENODEV"),
            ("delegate", None, "EACCES EPERM EROFS"),
            ("legacy", None, "EOPNOTSUPP"),
            ("device", None, "ENODEV"),
            ("measure", None, "ETIMEDOUT"),
            ("quota", None, "EINVAL ESRCH"),
            ("quotactl_fd", None, "EPERM ESRCH ENOSYS"),
            ("ioctl", Some("/dev/loop-control"), "EACCES EPERM ENOENT EBUSY EINVAL ENXIO"),
            ("cgroup", None, "ENOENT ETIMEDOUT"),
            ("write", Some("/sys/fs/cgroup/x/cgroup.procs"), "EBUSY EACCES ENOSPC"),
            ("write", Some("/sys/fs/cgroup/x/cgroup.subtree_control"), "EBUSY"),
            ("mkdir", None, "EEXIST"),
            ("rmdir", None, "EBUSY EIO"),
            ("guard", Some("limit"), "EPERM"),
            ("guard", Some("lift"), "EPERM"),
        ];
        for lang in Lang::ALL {
            let any = reasons(lang, "errno", "any");
            for (call, path, errors) in table {
                for errno in errors.split_whitespace() {
                    let (why, try_next) = reasons(lang, topic(call, *path), errno);
                    let by_errno = reasons(lang, "errno", errno);
                    assert!(why != any.0 && why != by_errno.0, "{}: {call} {path:?} {errno}", lang.code());
                    assert!(!try_next.is_empty());
                    assert!(find(lang, &format!("explain.name.{errno}")).is_some(), "name of {errno}");
                }
            }
        }
    }

    #[test]
    fn an_error_nobody_thought_of_is_still_explained() {
        for lang in Lang::ALL {
            for (operation, errno) in
                [("chdir", "EPERM"), ("unshare", "EIO"), ("frobnicate", "EXDEV"), ("", "")]
            {
                let said = explain(lang, &failure(operation, &[], errno, None));
                assert!(!said.why.is_empty() && !said.try_next.is_empty(), "{operation} {errno}");
            }
        }
    }

    #[test]
    fn where_no_subtree_can_be_delegated_none_is_advised() {
        for lang in Lang::ALL {
            let unified = explain(lang, &failure("delegate", &["mkdir"], "EACCES", None));
            let legacy = explain(lang, &failure("delegate", &["v1"], "EACCES", None));
            assert_eq!(unified.what, legacy.what);
            assert!(unified.try_next.contains("Delegate=yes"), "{}", unified.try_next);
            assert!(!legacy.try_next.contains("Delegate"), "{}", legacy.try_next);
            assert!(legacy.try_next.contains("sudo"), "{}", legacy.try_next);
        }
    }

    #[test]
    fn a_guard_and_a_lost_subject_are_explained_as_such() {
        let guard = explain(Lang::En, &failure("guard", &["sethostname"], "EPERM", None));
        assert_eq!(guard.what, "sethostname was not called: it would have changed the host");
        let gone = explain(Lang::En, &failure("subject", &["9"], "", None));
        assert!(gone.what.starts_with("the process in the box") && gone.what.contains('9'), "{}", gone.what);
        assert_ne!(guard.why, gone.why);
    }

    #[test]
    fn what_happened_is_the_line_of_the_trace_and_the_name_of_the_error() {
        let trace = Trace {
            actor: Actor::Stage,
            call: "write".to_owned(),
            args: vec!["</proc/7/gid_map>".to_owned(), "\"0 1000 1\"".to_owned(), "8".to_owned()],
            result: -1,
            errno: Some("EPERM".to_owned()),
            us: 3,
        };
        let said = explain_trace(Lang::En, &trace).expect("it failed");
        assert_eq!(
            said.what,
            "write(</proc/7/gid_map>, \"0 1000 1\", 8) = -1 EPERM: operation not permitted"
        );
        assert_eq!(Some(said.why), find(Lang::En, "explain.uid_map.EPERM.why"));
        let same = explain(
            Lang::En,
            &failure("write", &["</proc/7/gid_map>", "\"0 1000 1\"", "8"], "EPERM", Some("/proc/7/gid_map")),
        );
        assert_eq!(same, said);
        assert_eq!(explain_trace(Lang::En, &Trace { errno: None, result: 8, ..trace }), None);
    }
}
