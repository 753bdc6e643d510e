//! What a stage would say: observations made by hand, in the shape of real ones.

use crate::{
    lab::{
        fact::{Fact, FactId},
        observation::{Observation, Value, Whose},
        trace::{Actor, Failure, Trace},
    },
    stage::protocol::{Event, HostInfo, VERSION},
    tui::{effect::Effect, message::Msg, tests::support::Bench},
};

/// A bare process: both sides say the same.
pub(super) fn bare() -> Observation {
    let text = |t: &str| Value::Text(t.to_owned());
    let list = |items: &[&str]| Value::List(items.iter().map(|i| (*i).to_owned()).collect());
    let mut seen = Observation { pid: 6974, ..Observation::default() };
    let both = [
        (Fact::NsUser, Value::Number(4_026_531_837)),
        (Fact::NsMnt, Value::Number(4_026_531_841)),
        (Fact::NsPid, Value::Number(4_026_531_836)),
        (Fact::NsNet, Value::Number(4_026_531_840)),
        (Fact::NsUts, Value::Number(4_026_531_838)),
        (Fact::Pid, Value::Number(6974)),
        (Fact::Uid, Value::Number(1000)),
        (Fact::UidMap, text("0 0 4294967295")),
        (Fact::Hostname, text("laptop")),
        (Fact::Pid1, text("systemd")),
        (Fact::SeesHost, text("yes")),
        (Fact::Mounts, Value::Number(41)),
        (Fact::Propagation, text("shared")),
        (Fact::Root, list(&["bin", "boot", "dev", "etc", "home", "lib", "proc", "root", "usr", "var"])),
        (Fact::Interfaces, list(&["lo UP", "wlan0 UP"])),
        (Fact::Addresses, list(&["lo 127.0.0.1", "wlan0 192.168.1.20"])),
        (Fact::Ipc, list(&[])),
        (Fact::Cgroup, text("/user.slice/user-1000.slice/session-2.scope")),
        (Fact::CapEff, text("0000000000000000")),
        (Fact::Kernel, text("6.18.44")),
        (Fact::BootId, text("3f2a77c4-6f0e-4f43-9f3a-0e62c1d4c9b7")),
    ];
    for (fact, value) in both {
        seen.facts.insert(FactId::host(fact), value.clone());
        seen.facts.insert(FactId::subject(fact), value);
    }
    seen.facts.insert(FactId::subject(Fact::Escape), Value::Missing { errno: "EPERM".into() });
    seen.facts.insert(FactId::host(Fact::Processes), list(&["6974 korobka", "  6980 heartbeat"]));
    let inside = list(&["1 systemd", "412 sshd", "6974 korobka", "6980 heartbeat", "+118"]);
    seen.facts.insert(FactId::subject(Fact::Processes), inside);
    seen
}

/// The same process after the step.
pub(super) fn named() -> Observation {
    let mut seen = bare();
    seen.facts.insert(FactId::subject(Fact::NsUts), Value::Number(4_026_532_574));
    seen.facts.insert(FactId::subject(Fact::Hostname), Value::Text("korobka".into()));
    seen
}

/// A box with Docker's rights, after it gave the others up.
pub(super) fn with_rights() -> Event {
    let text = |t: &str| Value::Text(t.to_owned());
    let list = |items: &[&str]| Value::List(items.iter().map(|i| (*i).to_owned()).collect());
    let mut before = bare();
    before.facts.extend([
        (FactId::subject(Fact::Uid), Value::Number(0)),
        (FactId::host(Fact::NoNewPrivs), Value::Number(0)),
        (FactId::subject(Fact::NoNewPrivs), Value::Number(0)),
        (FactId::host(Fact::Seccomp), Value::Number(0)),
        (FactId::subject(Fact::Seccomp), Value::Number(2)),
        (FactId::host(Fact::RightsFilters), Value::Number(0)),
        (FactId::subject(Fact::RightsFilters), Value::Number(1)),
        (FactId::host(Fact::RightsReadOnly), text("no")),
        (FactId::subject(Fact::RightsReadOnly), text("yes")),
        (FactId::host(Fact::RightsMasked), list(&[])),
        (FactId::subject(Fact::RightsMasked), list(&["/proc/acpi", "/proc/keys", "/proc/timer_list"])),
        (FactId::host(Fact::RightsReadOnlyPaths), list(&[])),
        (FactId::subject(Fact::RightsReadOnlyPaths), list(&["/proc/bus", "/proc/sys"])),
    ]);
    for fact in [Fact::CapEff, Fact::CapPrm, Fact::CapBnd] {
        before.facts.insert(FactId::subject(fact), text("000001ffffffffff"));
    }
    before.facts.insert(FactId::host(Fact::CapBnd), text("000001ffffffffff"));
    let mut after = before.clone();
    for fact in [Fact::CapPrm, Fact::CapBnd] {
        after.facts.insert(FactId::subject(fact), text("00000000a80425fb"));
    }
    after.facts.insert(FactId::subject(Fact::CapEff), text("0000000000000001"));
    after.facts.insert(FactId::subject(Fact::RightsExec), list(&["CAP_CHOWN", "CAP_KILL"]));
    let traces = vec![trace("prctl", &["PR_CAPBSET_DROP", "CAP_SYS_ADMIN"], None)];
    Event::Acted { before, after, traces, failure: None }
}

fn trace(call: &str, args: &[&str], errno: Option<&str>) -> Trace {
    Trace {
        actor: Actor::Subject,
        call: call.into(),
        args: args.iter().map(|a| (*a).to_owned()).collect(),
        result: if errno.is_some() { -1 } else { 0 },
        errno: errno.map(str::to_owned),
        us: 17,
    }
}

pub(super) fn ready(uid: u32) -> Event {
    let host = HostInfo {
        kernel: "6.18.44".into(),
        uid,
        cgroup: "hybrid".into(),
        box_dir: "/run/korobka/box".into(),
        seats: Vec::new(),
        delegates: uid == 1001,
    };
    Event::Ready { version: VERSION, host }
}

/// What came of the step's actions.
pub(super) fn acted() -> Event {
    let traces = vec![
        trace("unshare", &["CLONE_NEWUTS"], None),
        trace("sethostname", &["\"korobka\"", "7"], None),
        trace("open", &["\"/proc/self/ns/uts\"", "O_RDONLY|O_CLOEXEC"], Some("ENOENT")),
    ];
    Event::Acted { before: bare(), after: named(), traces, failure: None }
}

/// The machine says no.
pub(super) fn refused() -> Event {
    let failure = Failure {
        operation: "unshare".into(),
        arguments: vec!["CLONE_NEWUTS".into()],
        errno: "EPERM".into(),
        path: None,
    };
    let traces = vec![trace("unshare", &["CLONE_NEWUTS"], Some("EPERM"))];
    Event::Acted { before: bare(), after: bare(), traces, failure: Some(failure) }
}

/// As [`refused`], where no cgroup can be made.
pub(super) fn undelegated() -> Event {
    let failure = Failure {
        operation: "delegate".into(),
        arguments: vec!["mkdir".into()],
        errno: "EACCES".into(),
        path: Some("/sys/fs/cgroup/user.slice".into()),
    };
    Event::Acted { before: bare(), after: bare(), traces: Vec::new(), failure: Some(failure) }
}

/// What the shell of a student looks like who did the step.
pub(super) fn by_hand() -> [Event; 2] {
    let shell = Observation { pid: 7100, ..bare() };
    let done = Observation { pid: 7100, ..named() };
    [
        Event::ShellStarted { pid: 7100, observation: shell },
        Event::Observed { whose: Whose::Hand(7100), observation: done },
    ]
}

/// As [`by_hand`], but only the namespace is new so far.
pub(super) fn by_hand_half() -> [Event; 2] {
    let [started, _] = by_hand();
    let mut half = Observation { pid: 7100, ..bare() };
    half.facts.insert(FactId::subject(Fact::NsUts), Value::Number(4_026_532_574));
    [started, Event::Observed { whose: Whose::Hand(7100), observation: half }]
}

impl Bench {
    /// Opens the lab of the small course: the stage is ready and there is a subject.
    pub(super) fn in_lab(&mut self) -> &mut Self {
        self.keys("<down><enter>");
        assert_eq!(self.effects.last(), Some(&Effect::StartStage));
        self.says(ready(1000)).says(Event::Opened { observation: bare() })
    }

    /// The stage says something.
    pub(super) fn says(&mut self, event: Event) -> &mut Self {
        self.send(Msg::Stage(event))
    }
}

/// A box held in a v1 cgroup, next to two groups that share a processor 1:3.
pub(super) fn with_limits() -> Event {
    let text = |t: &str| Value::Text(t.to_owned());
    let list = |items: &[&str]| Value::List(items.iter().map(|i| (*i).to_owned()).collect());
    let before = bare();
    let mut after = before.clone();
    after.facts.extend([
        (FactId::host(Fact::LimitPlaces), list(&["memory v1 legacy /sys/fs/cgroup/memory/korobka-7-box"])),
        (FactId::host(Fact::LimitMembers), list(&["box: 12 korobka, 13 eater", "left: 14 burner"])),
        (FactId::host(Fact::LimitMemory), text("64M")),
        (FactId::host(Fact::MemoryCurrent), Value::Number(48)),
        (FactId::host(Fact::LimitCpu), text("0.25")),
        (FactId::host(Fact::CpuRate), Value::Number(24)),
        (FactId::host(Fact::LeftRate), Value::Number(25)),
        (FactId::host(Fact::LeftWeight), Value::Number(100)),
        (FactId::host(Fact::RightRate), Value::Number(75)),
        (FactId::host(Fact::RightWeight), Value::Number(300)),
        (FactId::host(Fact::OomKills), Value::Number(0)),
    ]);
    Event::Acted { before, after, traces: Vec::new(), failure: None }
}
