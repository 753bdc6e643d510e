//! Every call that makes a box of `korobka box` is made to fail, on the real kernel, in the program and in the child:
//! refused on account of the right switch, explained, nothing left.

use std::{collections::BTreeSet, path::Path, time::Instant};

use korobka::{
    cgroup::{Groups, Layout},
    container::{
        Base, Host, Plan, Wish,
        command::Command,
        root::MOST,
        run::{GROUP, Wrong, run},
        start::Refused,
    },
    i18n::Lang,
    kernel::{Call, Kernel, Linux, Traced, attempt::attempt, descent},
    lab::{
        dial::{Preset, Switch},
        explain::explain,
        limit::{Amount, Controller, Limit},
        trace::{Actor, Failure},
    },
    stage::{client::sessions_dir, janitor},
};
use nix::{errno::Errno, unistd::getpid};

use super::faults::plausible;

/// Which call fails, of those that the program makes or of those that its child makes.
#[derive(Clone, Copy, Debug)]
struct Fault {
    at: usize,
    inside: bool,
    errno: Errno,
}

/// Linux, but for one call. The child has a copy of its own, and counts its own calls.
#[derive(Debug)]
struct Faulty {
    program: i32,
    fault: Option<Fault>,
    made: usize,
}

impl Kernel for Faulty {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        let inside = getpid().as_raw() != self.program;
        if let Some(fault) = self.fault.filter(|fault| fault.inside == inside) {
            self.made += 1;
            if self.made == fault.at + 1 {
                return Err(fault.errno);
            }
        }
        Linux.call(call)
    }
}

fn plan(preset: Preset) -> Plan {
    let wish = Wish {
        setting: preset.setting(),
        hostname: "box".to_owned(),
        dir: "/tmp".to_owned(),
        base: Base::Memory(MOST),
        in_user_namespace: false,
    };
    Plan::of(wish, &Host::look())
}

/// As `korobka box --memory 100M` does: the cgroup first, where this machine lets us make one, then the box, and all of it
/// is taken away.
fn boxed(kernel: &mut dyn Kernel, preset: Preset, limited: bool) -> Result<i32, Wrong> {
    let session = janitor::begin(&sessions_dir(None)).expect("a session");
    let mut groups = Groups::new(Layout::read(Path::new("/")).expect("a layout"), session.dir());
    let command = Command { words: vec!["true".into()], own_root: true };
    let made = if limited { limit(kernel, &mut groups) } else { Ok(()) };
    let outcome = match made {
        Ok(()) => run(kernel, plan(preset), &command, limited.then_some(&groups)),
        Err(failure) => Err(Wrong::Unmade(Refused { switch: Some(Switch::Cgroup), failure })),
    };
    groups.end();
    drop(groups);
    session.remove().expect("the session's directory goes");
    outcome
}

fn limit(kernel: &mut dyn Kernel, groups: &mut Groups) -> Result<(), Failure> {
    groups.make(kernel, GROUP, &[Controller::Cpu, Controller::Memory, Controller::Pids])?;
    groups.set(kernel, GROUP, Limit::MemoryMax, &Amount::Bytes(100 << 20))?;
    groups.set(kernel, GROUP, Limit::PidsMax, &Amount::Whole(64))
}

/// In a process of its own: it blocks signals, and who is left behind must be seen before that ends.
fn apart<T: serde::Serialize + serde::de::DeserializeOwned>(deed: impl FnOnce() -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told");
    let done = attempt(|| {
        let outcome = deed();
        let left = descent::children(getpid().as_raw());
        let text = serde_json::to_vec(&(outcome, left)).unwrap();
        std::fs::write(&told, text).map_err(|_unwritten| Errno::EIO)
    });
    assert_eq!(done, Ok(()), "the program itself");
    let (outcome, left): (T, Vec<i32>) = serde_json::from_slice(&std::fs::read(&told).unwrap()).unwrap();
    assert_eq!(left, [0; 0], "processes are left");
    outcome
}

/// Every call of a healthy start: its name, on whose side, and its switch.
fn calls(preset: Preset, limited: bool) -> Vec<(usize, bool, String, Option<Switch>)> {
    let (outside, inside) = apart(|| {
        let mut kernel = Traced::new(Linux, Actor::Stage);
        let status = boxed(&mut kernel, preset, limited);
        assert_eq!(status, Ok(0), "{preset:?}");
        let names: Vec<String> = kernel.into_traces().into_iter().map(|trace| trace.call).collect();
        let session = janitor::begin(&sessions_dir(None)).expect("a session");
        let mut groups = Groups::new(Layout::read(Path::new("/")).expect("a layout"), session.dir());
        let mut plan = plan(preset);
        if limited {
            limit(&mut Linux, &mut groups).expect("limits");
            plan.join(groups.directories(GROUP));
        }
        groups.end();
        drop(groups);
        session.remove().expect("the session's directory goes");
        let steps = plan.inside.into_iter().chain(plan.last);
        let inside: Vec<_> = steps.map(|step| (step.call.name().to_owned(), step.switch)).collect();
        (names, inside)
    });
    let clone = outside.iter().position(|name| name == "clone3").expect("a clone");
    let maps = plan(preset).maps.len();
    let mut all = Vec::new();
    for (at, name) in outside.into_iter().enumerate() {
        let switch = match at {
            at if at == clone => None,
            at if at > clone && at <= clone + maps => Some(Switch::User),
            _ => Some(Switch::Cgroup),
        };
        all.push((at, false, name, switch));
    }
    all.extend(inside.into_iter().enumerate().map(|(at, (name, switch))| (at, true, name, switch)));
    all
}

pub(crate) fn every_call_of_a_whole_box_can_fail() {
    let root = nix::unistd::geteuid().is_root();
    let presets: &[Preset] = if root { &[Preset::Docker, Preset::Rootless] } else { &[Preset::Rootless] };
    let limited = apart(|| {
        let session = janitor::begin(&sessions_dir(None)).expect("a session");
        let mut groups = Groups::new(Layout::read(Path::new("/")).expect("a layout"), session.dir());
        let made = limit(&mut Linux, &mut groups).is_ok();
        groups.end();
        drop(groups);
        session.remove().expect("the session's directory goes");
        made
    });
    for preset in presets {
        let started = Instant::now();
        let mut known = BTreeSet::new();
        let mut made = 0;
        for (at, inside, name, switch) in calls(*preset, limited) {
            // Of many alike, the first fails in each way and the others in one.
            let ways = if known.insert((inside, name.clone())) { usize::MAX } else { 1 };
            // To be refused a cgroup is to have none delegated, and another parent is tried.
            let refusal = |errno: &&Errno| inside || name != "mkdir" || **errno != Errno::EACCES;
            for errno in plausible(&name).iter().filter(refusal).take(ways) {
                refused(*preset, limited, Fault { at, inside, errno: *errno }, &name, switch);
                made += 1;
            }
        }
        let limits = if limited { "" } else { ", without cgroups: none can be made here" };
        println!("  {}: {made} faults, {} ms{limits}", preset.name(), started.elapsed().as_millis());
    }
}

fn refused(preset: Preset, limited: bool, fault: Fault, name: &str, switch: Option<Switch>) {
    let outcome = apart(|| {
        let mut kernel = Faulty { program: getpid().as_raw(), fault: Some(fault), made: 0 };
        boxed(&mut kernel, preset, limited)
    });
    let Err(Wrong::Unmade(refused)) = outcome else { panic!("{fault:?}, {name}: {outcome:?}") };
    assert_eq!(refused.switch, switch, "{fault:?}: {refused:?}");
    let failure = &refused.failure;
    assert!(
        failure.errno == format!("{:?}", fault.errno) && failure.operation == name,
        "{fault:?}: {failure:?}"
    );
    for lang in Lang::ALL {
        let said = explain(lang, failure);
        assert!(!said.what.is_empty() && !said.why.is_empty() && !said.try_next.is_empty(), "{failure:?}");
    }
}
