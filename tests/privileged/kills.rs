//! Whoever is killed, at whatever step: nothing is left, and the program can go on.

use std::{
    fs,
    io::{Read, Write},
    os::fd::AsFd,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use korobka::{
    lab::{action::Action, ledger::Ledger},
    pty::Session,
    stage::{
        client::sessions_dir,
        janitor,
        protocol::{Event, Request, ShellPlace},
    },
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    engine::Stage,
    lesson::{labs, run_of},
    machine::{kind, may_lack},
};
use crate::patience::patience;

/// Where somebody can be killed: the end of a step.
pub(crate) struct Station {
    pub(crate) lab: String,
    pub(crate) step: String,
    /// What leads to where the step begins, and to where it ends.
    pub(crate) begin: Ledger,
    pub(crate) end: Ledger,
    /// What the step does; waiting is left out.
    pub(crate) actions: Vec<Action>,
}

pub(crate) fn stations() -> Vec<Station> {
    labs().iter().flat_map(|lab| stations_of(lab)).collect()
}

pub(crate) fn stations_of(lab: &str) -> Vec<Station> {
    let run = run_of(lab, nix::unistd::geteuid().is_root());
    let mut ledger = Ledger::new();
    let mut found = Vec::new();
    for step in run.lab().steps.iter().filter(|step| !may_lack(kind(), lab, &step.id)) {
        step.prepare.iter().for_each(|action| ledger.note(action));
        let begin = ledger.clone();
        step.actions.iter().for_each(|action| ledger.note(action));
        let waits = |action: &&Action| matches!(action, Action::LetRun { .. });
        found.push(Station {
            lab: lab.to_owned(),
            step: step.id.clone(),
            begin,
            end: ledger.clone(),
            actions: step.actions.iter().filter(|action| !waits(action)).cloned().collect(),
        });
    }
    found
}

/// The other half of [`a_killed_program_leaves_nothing`]: a program that is somewhere in the lab and waits to be killed.
pub(crate) fn be_a_program(station: usize, beside: bool, below: &Path) {
    let stage = Stage::start_below(below);
    stage.open(&stations()[station].end.replay());
    let (session, slave) = Session::open(24, 80, || {}).unwrap();
    let place = if beside { ShellPlace::Beside } else { ShellPlace::Inside };
    stage.client.request(&Request::Shell { place }, Some(slave.as_fd())).unwrap();
    drop(slave);
    match stage.next() {
        Event::ShellStarted { .. } => start_a_daemon(&session),
        // A group may be full: the forker fills it.
        Event::Failed { failure } if failure.errno == "EAGAIN" => {}
        other => panic!("{other:?}"),
    }
    std::io::stdout().write_all(b"!").unwrap();
    std::io::stdout().flush().unwrap();
    drop(std::io::stdin().read(&mut [0]));
}

/// A daemon below the shell must go as well: it says so once it is there.
fn start_a_daemon(session: &Session) {
    assert!(session.write(b"setsid sh -c 'echo da''emon; exec sleep 1000' &\n"));
    let until = Instant::now() + patience();
    while !session.screen().text().contains("daemon") {
        assert!(Instant::now() < until, "{}", session.screen().text());
        std::thread::yield_now();
    }
}

pub(crate) fn a_killed_program_leaves_nothing() {
    for (at, station) in stations().into_iter().enumerate() {
        for (signal, beside) in [(Signal::SIGKILL, at % 2 == 0), (Signal::SIGTERM, at % 2 == 1)] {
            let home = tempfile::tempdir().unwrap();
            let mut program = Command::new(std::env::current_exe().unwrap())
                .args(["@program", &at.to_string(), &beside.to_string(), home.path().to_str().unwrap()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut told = [0];
            let started = program.stdout.as_mut().unwrap().read_exact(&mut told);
            assert!(started.is_ok(), "{} {}: it did not begin", station.lab, station.step);
            kill(Pid::from_raw(program.id().try_into().unwrap()), signal).unwrap();
            program.wait().unwrap();
            // The harness is the next reaper up; what the stage did not end would be below us now, see `leaks`. What is
            // on the disk the stage removes itself.
            let until = Instant::now() + patience();
            while !sessions_below(home.path()).is_empty() {
                let left = sessions_below(home.path());
                assert!(Instant::now() < until, "{} {}: {left:?}", station.lab, station.step);
                std::thread::yield_now();
            }
        }
    }
}

/// The sessions of the stages that have their directories below one.
fn sessions_below(home: &Path) -> Vec<String> {
    let homes = fs::read_dir(home).into_iter().flatten().flatten();
    let sessions =
        homes.flat_map(|home| fs::read_dir(sessions_dir(Some(&home.path()))).into_iter().flatten());
    sessions.flatten().map(|session| session.path().display().to_string()).collect()
}

/// What the janitor had to do.
#[derive(Default)]
pub(crate) struct JanitorsPart {
    sessions: usize,
    pub(crate) cgroups: usize,
}

impl JanitorsPart {
    /// Sweeps after a stage that was killed; it has noted all that the kernel does not take away.
    pub(crate) fn sweep(&mut self, stage: Stage, whose: &str) {
        while stage.client.next(Some(patience())).is_ok_and(|event| event.is_some()) {}
        assert!(stage.client.next(Some(patience())).is_err(), "{whose}: the socket must end");
        let (client, dir) = stage.into_parts();
        drop(client);
        let sessions = sessions_dir(Some(dir.path()));
        for session in fs::read_dir(&sessions).into_iter().flatten().flatten() {
            let notes =
                fs::read_to_string(session.path().join(korobka::cgroup::notes::NAME)).unwrap_or_default();
            self.cgroups += notes.lines().filter(|dir| Path::new(dir).exists()).count();
        }
        let swept = janitor::sweep(&sessions);
        assert_eq!((swept.removed.len(), swept.kept.len()), (1, 0), "{whose}: {swept:?}");
        self.sessions += 1;
    }

    pub(crate) fn say(&self, lab: &str) {
        println!("  {lab}: the janitor took {} sessions and {} cgroups", self.sessions, self.cgroups);
    }
}

pub(crate) fn kill_stage(stage: &Stage) {
    kill(Pid::from_raw(stage.client.pid().try_into().unwrap()), Signal::SIGKILL).unwrap();
}

pub(crate) fn a_killed_stage_leaves_only_what_the_janitor_takes() {
    for lab in labs() {
        let mut part = JanitorsPart::default();
        for station in stations_of(&lab) {
            let stage = Stage::start();
            stage.open(&station.end.replay());
            kill_stage(&stage);
            part.sweep(stage, &station.step);
        }
        part.say(&lab);
    }
}

/// Not between two steps but in the middle of one: while a cgroup is made, a box begun, a file copied.
pub(crate) fn a_stage_killed_while_it_acts_leaves_nothing_else() {
    let mut random = fs::File::open("/dev/urandom").unwrap();
    for lab in labs() {
        let mut part = JanitorsPart::default();
        for station in stations_of(&lab) {
            let stage = Stage::start();
            stage.open(&station.begin.replay());
            stage.client.request(&Request::Act { actions: station.actions }, None).unwrap();
            let mut byte = [0];
            random.read_exact(&mut byte).unwrap();
            // Any moment will do.
            std::thread::sleep(Duration::from_micros(u64::from(byte[0]) * 100));
            kill_stage(&stage);
            part.sweep(stage, &station.step);
        }
        part.say(&lab);
    }
}

pub(crate) fn a_killed_subject_is_said_and_another_can_start() {
    let stage = Stage::start();
    for Station { lab, step, end, .. } in stations() {
        let there = stage.open(&end.replay());
        kill(Pid::from_raw(there.pid), Signal::SIGKILL).unwrap();
        let event = stage.client.next(Some(patience())).unwrap();
        assert!(matches!(event, Some(Event::SubjectGone { .. })), "{lab} {step}: {event:?}");
    }
    stage.open(&[]);
}
