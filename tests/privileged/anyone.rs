//! Whoever is killed on the stage, at whatever step: the stage goes on, and another subject can start. And whatever a
//! student has made by hand goes with a stage that is killed.

use std::{
    os::fd::AsFd,
    time::{Duration, Instant},
};

use korobka::{
    i18n::Lang,
    kernel::descent,
    lab::{
        action::{Action, shell_lines},
        explain::explain,
        sight::Sight,
        trace::Failure,
    },
    pty::Session,
    stage::protocol::{Event, Request, ShellPlace},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    engine::Stage,
    kills::{JanitorsPart, Station, kill_stage, stations, stations_of},
    lesson::run_of,
    machine::{kind, may_lack},
};
use crate::patience::patience;

/// Of many processes that are alike (the forker's), so many are killed.
const MOST: usize = 6;

fn pid_of(stage: &Stage) -> i32 {
    stage.client.pid().try_into().unwrap()
}

/// An answer to an `open`; that somebody was missed before is no matter.
fn opens(stage: &Stage, replay: &[Action], what: &str) {
    stage.client.request(&Request::Open { replay: replay.to_vec(), sights: Vec::new() }, None).unwrap();
    loop {
        match stage.next() {
            Event::Opened { .. } => return,
            Event::SubjectGone { .. } => {}
            other => panic!("{what}: {other:?}"),
        }
    }
}

/// The subject, whoever it was cloned from, the workloads: one after the other, each in a box of its own.
pub(crate) fn anyone_may_be_killed_and_another_subject_can_start() {
    let stage = Stage::start();
    let mut killed = 0;
    for Station { lab, step, end, .. } in stations() {
        for at in 0..MOST {
            let what = format!("{lab} {step}: process {at}");
            opens(&stage, &end.replay(), &what);
            let below = descent::below(pid_of(&stage));
            let Some(victim) = below.get(at) else { break };
            // A workload may have ended by itself.
            killed += usize::from(kill(Pid::from_raw(*victim), Signal::SIGKILL).is_ok());
        }
    }
    opens(&stage, &[], "the end");
    println!("  {killed} processes were killed");
    assert!(killed > 0);
}

/// A box of the dial is killed while it is asked: that is said, and the next one is asked everything.
pub(crate) fn a_killed_box_of_the_dial_is_said_and_the_next_one_answers() {
    let stage = Stage::start();
    let mut missed = 0;
    for Station { step, begin, actions, .. } in stations_of("container") {
        opens(&stage, &begin.replay(), &step);
        let before = descent::children(pid_of(&stage));
        stage.client.request(&Request::Act { actions: actions.clone() }, None).unwrap();
        let until = Instant::now() + patience();
        let new = loop {
            let now = descent::children(pid_of(&stage));
            if let Some(new) = now.into_iter().find(|pid| !before.contains(pid)) {
                break new;
            }
            assert!(Instant::now() < until, "{step}: no box");
        };
        let killed = kill(Pid::from_raw(new), Signal::SIGKILL);
        match stage.next() {
            Event::Acted { failure: Some(failure), .. } => is_explained(&failure, &step),
            // Whoever was met may have been no box but one that tried something for it.
            Event::Acted { failure: None, .. } => missed += 1,
            other => panic!("{step}: {killed:?} {other:?}"),
        }
        let again = stage.act(&actions);
        assert_eq!(again.failure, None, "{step}");
    }
    println!("  {missed} were not met");
}

fn is_explained(failure: &Failure, step: &str) {
    for lang in Lang::ALL {
        let said = explain(lang, failure);
        assert!(
            !said.what.is_empty() && !said.why.is_empty() && !said.try_next.is_empty(),
            "{step}: {said:?}"
        );
    }
}

/// A cgroup that was made in a shell, with the shell and a program of the student's in it, frozen: the stage is killed.
pub(crate) fn what_was_made_by_hand_goes_with_a_killed_stage() {
    if may_lack(kind(), "cgroups", "join") {
        return println!("  nobody makes a cgroup here");
    }
    let run = run_of("cgroups", nix::unistd::geteuid().is_root());
    let of = |id: &str| run.lab().steps.iter().find(|step| step.id == id).unwrap();
    let (freeze, join) = (of("freeze"), of("join"));
    let typed: Vec<Action> =
        [&freeze.prepare, &freeze.actions, &join.actions].into_iter().flatten().cloned().collect();
    let lines = shell_lines(&typed, run.scene());
    let mut part = JanitorsPart::default();
    for place in [ShellPlace::Inside, ShellPlace::Beside] {
        let stage = Stage::start();
        let open = Request::Open { replay: Vec::new(), sights: vec![Sight::Limits] };
        stage.client.request(&open, None).unwrap();
        assert!(matches!(stage.next(), Event::Opened { .. }));
        let (session, slave) = Session::open(24, 200, || {}).unwrap();
        stage.client.request(&Request::Shell { place }, Some(slave.as_fd())).unwrap();
        drop(slave);
        assert!(matches!(stage.next(), Event::ShellStarted { .. }));
        for line in lines.iter().map(String::as_str).chain(["echo do''ne"]) {
            assert!(session.write(format!("{line}\n").as_bytes()));
        }
        let until = Instant::now() + patience();
        while !session.screen().text().lines().any(|line| line.trim_end() == "done") {
            assert!(Instant::now() < until, "{}", session.screen().text());
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(descent::below(pid_of(&stage)).len() > 2, "{place:?}: the clock does not run");
        kill_stage(&stage);
        part.sweep(stage, &format!("{place:?}"));
    }
    part.say("by hand");
    assert!(part.cgroups > 0);
}
