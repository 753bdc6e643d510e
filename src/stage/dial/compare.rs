//! A container against a virtual machine, by numbers of this machine: two boxes side by side, the kernel that they run
//! on, what the second one costs, and what a system call costs inside and outside.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    unistd::{getppid, pause},
};
use serde::{Deserialize, Serialize};

use super::{Dial, directory, failing, unmade, wish};
use crate::{
    container::{self, Host, Line, Parent, Plan},
    kernel::{Traced, errno_of},
    lab::{
        dial::{Preset, Switch},
        fact::{Fact, FactId},
        observation::Value,
        trace::{Actor, Failure, Trace},
    },
    probe::Facts,
    stage::order::Fault,
};

/// How many system calls are timed.
const CALLS: u32 = 100_000;
/// How long a box may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What would run a virtual machine.
const MONITORS: [&str; 4] = ["qemu-system-x86_64", "qemu-system-aarch64", "firecracker", "cloud-hypervisor"];

/// What a box says of itself, once.
#[derive(Debug, Serialize, Deserialize)]
struct Inside {
    us: u64,
    traces: Vec<Trace>,
    failure: Option<Failure>,
    kernel: String,
    boot_id: String,
    call_ns: i64,
}

/// Two boxes, and the machine around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared(Facts);

impl Compared {
    /// As facts.
    pub const fn facts(&self) -> &Facts {
        &self.0
    }
}

impl Dial {
    /// Starts two boxes with every wall there is and compares them with the machine. The limits are left out: not every
    /// machine has them to give.
    pub fn compare(&self, fault: Option<&Fault>) -> Result<(Vec<Trace>, Compared), (Vec<Trace>, Failure)> {
        let place = directory::Place::make(self.session())
            .map_err(|error| (Vec::new(), unmade("mkdir", errno_of(&error)).failure))?;
        let mut setting = Preset::Rootless.setting();
        setting.on.remove(&Switch::Cgroup);
        let plan = Plan::of(wish(&setting, &place), &Host::look());
        let mut kernel = Traced::new(failing(fault, 0), Actor::Stage);
        let boxes = self.start(&mut kernel, &plan, fault).and_then(|first| {
            match self.start(&mut kernel, &plan, None) {
                Ok(second) => Ok((first, second)),
                Err(wrong) => {
                    first.0.end();
                    Err(wrong)
                }
            }
        });
        let compared = boxes.map(|((first, inside), (second, again))| {
            let facts = facts(&inside, &again, proportional(second.pid()));
            first.end();
            second.end();
            (inside.traces, Compared(facts))
        });
        place.remove();
        let outside = kernel.into_traces();
        let with = |inside: Vec<Trace>| outside.iter().cloned().chain(inside).collect();
        match compared {
            Ok((inside, compared)) => Ok((with(inside), compared)),
            Err((inside, failure)) => Err((with(inside), failure)),
        }
    }

    /// A box that has said what it sees, and waits to be ended.
    fn start(
        &self,
        kernel: &mut Traced<crate::kernel::Failing<crate::kernel::Linux>>,
        plan: &Plan,
        fault: Option<&Fault>,
    ) -> Result<(Parent, Inside), Wrong> {
        let outside = u32::try_from(1 + plan.maps.len()).unwrap_or(u32::MAX);
        let started = Instant::now();
        let child = container::start(kernel, plan, |line, _| be_a_box(line, plan, fault, outside, started))
            .map_err(|wrong| (Vec::new(), wrong.failure))?;
        let said = self.packet(&child, started + PATIENCE).and_then(|bytes| {
            serde_json::from_slice(&bytes).map_err(|_malformed| unmade("subject", Errno::EBADMSG))
        });
        match said {
            Ok(Inside { failure: Some(failure), traces, .. }) => {
                child.end();
                Err((traces, failure))
            }
            Ok(inside) => Ok((child, inside)),
            Err(wrong) => {
                child.end();
                Err((Vec::new(), wrong.failure))
            }
        }
    }
}

type Wrong = (Vec<Trace>, Failure);

/// In the child: carries the plan out, looks around, says so, and waits for its end.
fn be_a_box(line: &Line, plan: &Plan, fault: Option<&Fault>, outside: u32, started: Instant) -> i32 {
    let mut kernel = Traced::new(failing(fault, outside), Actor::Subject);
    let made = line.enter(&mut kernel, plan, false);
    let us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let said = Inside {
        us,
        traces: kernel.into_traces(),
        failure: made.err().map(|refused| refused.failure),
        kernel: release(),
        boot_id: boot_id(),
        call_ns: call_ns(),
    };
    let bytes = serde_json::to_vec(&said).unwrap_or_default();
    if line.say(&bytes).is_ok() {
        pause();
    }
    0
}

fn release() -> String {
    nix::sys::utsname::uname().map(|name| name.release().to_string_lossy().into_owned()).unwrap_or_default()
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// What a call of the kernel costs that does next to nothing, in nanoseconds: the least of five rounds, since others are
/// at work too.
fn call_ns() -> i64 {
    let round = || {
        let started = Instant::now();
        for _ in 0..CALLS / 5 {
            std::hint::black_box(getppid());
        }
        started.elapsed().as_nanos() / u128::from(CALLS / 5)
    };
    (0..5).map(|_| round()).min().and_then(|least| i64::try_from(least).ok()).unwrap_or(i64::MAX)
}

/// The memory of a process, pages that it shares counted in part, in KiB: `proc_pid_smaps(5)`.
fn proportional(pid: i32) -> Value {
    match fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) {
        Err(error) => Value::Missing { errno: format!("{:?}", errno_of(&error)) },
        Ok(text) => text
            .lines()
            .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix("kB")?.trim().parse().ok())
            .map_or_else(|| Value::Missing { errno: "ENODATA".to_owned() }, Value::Number),
    }
}

/// What of this machine would run a virtual machine.
fn monitors() -> Vec<String> {
    let kvm = ["/dev/kvm"].into_iter().filter(|path| Path::new(path).exists()).map(str::to_owned);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &&str| std::env::split_paths(&paths).any(|dir| dir.join(name).is_file());
    kvm.chain(MONITORS.iter().filter(|name| there(name)).map(|name| (*name).to_owned())).collect()
}

fn facts(first: &Inside, second: &Inside, cost: Value) -> Facts {
    let text = |text: &str| Value::Text(text.to_owned());
    let us = i64::try_from(second.us).unwrap_or(i64::MAX);
    Facts::from([
        (FactId::host(Fact::DialKernel), text(&release())),
        (FactId::subject(Fact::DialKernel), text(&first.kernel)),
        (FactId::host(Fact::DialBootId), text(&boot_id())),
        (FactId::subject(Fact::DialBootId), text(&first.boot_id)),
        (FactId::host(Fact::DialCall), Value::Number(call_ns())),
        (FactId::subject(Fact::DialCall), Value::Number(first.call_ns)),
        (FactId::subject(Fact::DialSecondStart), Value::Number(us)),
        (FactId::subject(Fact::DialSecondMemory), cost),
        (FactId::host(Fact::DialMonitors), Value::List(monitors())),
    ])
}
