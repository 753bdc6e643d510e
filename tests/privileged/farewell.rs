//! Whoever goes need not wait for what it has asked.

use korobka::{
    lab::{
        action::Action,
        dial::{Preset, Setting},
    },
    stage::{
        client::sessions_dir,
        janitor,
        protocol::{Event, Request},
    },
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::engine::Stage;
use crate::patience::patience;

/// More boxes than anybody would wait for.
const MANY: usize = 200;

/// The number of boxes that are measured until the stage has gone.
fn measured_until_the_end(stage: &Stage) -> usize {
    let mut measured = 0;
    while let Ok(event) = stage.client.next(Some(patience())) {
        match event.expect("an event in time") {
            Event::Dialled { .. } => measured += 1,
            other => panic!("{other:?}"),
        }
    }
    measured
}

pub(crate) fn a_farewell_is_heard_between_two_boxes() {
    let stage = Stage::start();
    let settings: Vec<Setting> = vec![Preset::Rootless.setting(); MANY];
    stage.client.request(&Request::Dial { settings }, None).unwrap();
    assert!(matches!(stage.next(), Event::Dialled { .. }));
    // What is asked meanwhile is answered before all of them are done.
    stage.client.request(&Request::Open { replay: Vec::new(), sights: Vec::new() }, None).unwrap();
    let mut measured = 1;
    while matches!(stage.next(), Event::Dialled { .. }) {
        measured += 1;
    }
    stage.client.request(&Request::Close, None).unwrap();
    measured += measured_until_the_end(&stage);
    assert!(measured < MANY / 2, "{measured} boxes were measured for nobody");
}

/// A step may let programs run for seconds: the end is not put off until then, and nothing more is begun.
pub(crate) fn a_farewell_ends_what_only_takes_time() {
    let stage = Stage::start();
    stage.open(&[]);
    let actions = vec![Action::LetRun { ms: 2000, until: None, at_least: None, at_most: None }; 30];
    stage.client.request(&Request::Act { actions }, None).unwrap();
    let (client, dir) = stage.into_parts();
    drop(client);
    // A stage that is not heard of for too long is killed, and then its directory stays.
    let swept = janitor::sweep(&sessions_dir(Some(dir.path())));
    assert_eq!(swept, janitor::Swept::default(), "it could not end by itself");
}

/// What a stopped stage could not clean up is the janitor's.
pub(crate) fn a_stage_that_stands_still_is_given_up() {
    let stage = Stage::start();
    stage.open(&[]);
    let pid = Pid::from_raw(stage.client.pid().try_into().unwrap());
    kill(pid, Signal::SIGSTOP).unwrap();
    let (client, dir) = stage.into_parts();
    drop(client);
    assert!(kill(pid, None).is_err(), "it has ended");
    assert_eq!(janitor::sweep(&sessions_dir(Some(dir.path()))).removed.len(), 1);
}
