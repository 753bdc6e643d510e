//! Whoever is killed, at whatever step: nothing is left, and the program can go on.

use std::{
    io::{Read, Write},
    os::fd::AsFd,
    process::{Command, Stdio},
    time::Instant,
};

use korobka::{
    lab::{ledger::Ledger, step::Step},
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
    engine::{PATIENCE, Stage},
    lesson::{LABS, run_of},
};

/// Where each step ends: the actions that lead there.
fn stations() -> Vec<(String, Ledger)> {
    LABS.into_iter().flat_map(stations_of).collect()
}

fn stations_of(lab: &str) -> Vec<(String, Ledger)> {
    let run = run_of(lab, nix::unistd::geteuid().is_root());
    let mut ledger = Ledger::new();
    let walk = |step: &Step| {
        step.prepare.iter().chain(&step.actions).for_each(|action| ledger.note(action));
        (step.id.clone(), ledger.clone())
    };
    run.lab().steps.iter().map(walk).collect()
}

/// The other half of [`a_killed_program_leaves_nothing`]: a program that is somewhere in the lab and waits to be killed.
pub(crate) fn be_a_program(station: usize) {
    let stage = Stage::start();
    stage.open(&stations()[station].1.replay());
    let (session, slave) = Session::open(24, 80, || {}).unwrap();
    stage.client.request(&Request::Shell { place: ShellPlace::Inside }, Some(slave.as_fd())).unwrap();
    drop(slave);
    assert!(matches!(stage.next(), Event::ShellStarted { .. }));
    // A daemon below the shell must go as well: it says so once it is there.
    assert!(session.write(b"setsid sh -c 'echo da''emon; exec sleep 1000' &\n"));
    let until = Instant::now() + PATIENCE;
    while !session.screen().text().contains("daemon") {
        assert!(Instant::now() < until, "{}", session.screen().text());
        std::thread::yield_now();
    }
    std::io::stdout().write_all(b"!").unwrap();
    std::io::stdout().flush().unwrap();
    drop(std::io::stdin().read(&mut [0]));
}

pub(crate) fn a_killed_program_leaves_nothing() {
    for (station, signal) in
        (0..stations().len()).flat_map(|at| [(at, Signal::SIGKILL), (at, Signal::SIGTERM)])
    {
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["@program", &station.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = [0];
        program.stdout.as_mut().unwrap().read_exact(&mut told).unwrap();
        kill(Pid::from_raw(program.id().try_into().unwrap()), signal).unwrap();
        program.wait().unwrap();
        // The harness is the next reaper up; what the stage did not end would be below us now, see `leaks`.
    }
}

pub(crate) fn a_killed_stage_leaves_only_what_the_janitor_takes() {
    for (step, ledger) in stations() {
        let stage = Stage::start();
        stage.open(&ledger.replay());
        kill(Pid::from_raw(stage.client.pid().try_into().unwrap()), Signal::SIGKILL).unwrap();
        assert!(stage.client.next(Some(PATIENCE)).is_err(), "{step}: the socket must end");
        let (client, dir) = stage.into_parts();
        drop(client);
        let swept = janitor::sweep(&sessions_dir(Some(dir.path())));
        assert_eq!((swept.removed.len(), swept.kept.len()), (1, 0), "{step}: {swept:?}");
    }
}

pub(crate) fn a_killed_subject_is_said_and_another_can_start() {
    let stage = Stage::start();
    for (step, ledger) in stations() {
        let there = stage.open(&ledger.replay());
        kill(Pid::from_raw(there.pid), Signal::SIGKILL).unwrap();
        let event = stage.next();
        assert!(matches!(event, Event::SubjectGone { .. }), "{step}: {event:?}");
    }
    stage.open(&[]);
}
