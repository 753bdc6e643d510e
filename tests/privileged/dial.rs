//! The dial on the real kernel: what a box answers at the well-known settings.

use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

use korobka::{
    i18n::Lang,
    lab::{
        action::Action,
        dial::{Measured, Preset, Probe, Setting, Switch, board::Board},
        explain::explain,
    },
    probe::inside::Marker,
    stage::{
        client::Client,
        dial::Dial,
        farewell::Farewell,
        order::Fault,
        protocol::{Event, Request},
    },
};

use super::{
    faults::plausible,
    lesson::run_of,
    machine::{kind, may_lack},
};

fn measure(settings: &[Setting]) -> Vec<Measured> {
    let client = Client::start(None).unwrap();
    client.request(&Request::Dial { settings: settings.to_vec() }, None).unwrap();
    let mut measured = Vec::new();
    while measured.len() < settings.len() {
        match client.next(Some(Duration::from_mins(1))).unwrap().expect("an answer") {
            Event::Dialled { measured: one } => measured.push(one),
            Event::Ready { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    measured
}

fn answer(measured: &Measured, probe: Probe) -> Option<bool> {
    measured
        .answers
        .iter()
        .find(|answer| answer.probe == probe)
        .unwrap_or_else(|| panic!("{measured:#?}"))
        .yes
}

pub(crate) fn a_plain_process_is_the_host() {
    let root = nix::unistd::geteuid().is_root();
    let all = measure(&[Setting::default()]);
    let plain = &all[0];
    assert_eq!((plain.answers.len(), &plain.failure), (Probe::ALL.len(), &None), "{plain:#?}");
    for probe in [Probe::HostProcesses, Probe::HostFiles, Probe::HostPort, Probe::Survives] {
        assert_eq!(answer(plain, probe), Some(true), "{probe:?}: {plain:#?}");
    }
    for probe in [Probe::HostRoot, Probe::Hostname] {
        assert_eq!(answer(plain, probe), Some(root), "{probe:?}: {plain:#?}");
    }
}

pub(crate) fn each_switch_takes_an_answer_away() {
    let whole = Preset::Rootless.setting();
    let mut settings = vec![whole.clone()];
    let rows = [
        (Switch::Root, Probe::HostFiles),
        (Switch::Net, Probe::HostPort),
        (Switch::Overlay, Probe::Survives),
    ];
    for (switch, _) in rows {
        let mut setting = whole.clone();
        setting.on.remove(&switch);
        settings.push(setting);
    }
    let all = measure(&settings);
    for probe in [Probe::HostProcesses, Probe::HostFiles, Probe::HostPort, Probe::Hostname, Probe::Survives] {
        assert_eq!(answer(&all[0], probe), Some(false), "{probe:?}: {:#?}", all[0].answers);
    }
    for ((switch, probe), measured) in rows.iter().zip(&all[1..]) {
        assert_eq!(answer(measured, *probe), Some(true), "without {switch}: {:#?}", measured.answers);
    }
}

pub(crate) fn whoever_is_only_in_a_chroot_climbs_out() {
    let all = measure(&[Preset::Chroot.setting()]);
    assert_eq!(answer(&all[0], Probe::HostFiles), Some(true), "{:#?}", all[0]);
}

/// Every call that makes a box of a step, in the stage's part and in the box's own: it is refused and explained, the board
/// says so, nothing is left, and the next box is as before.
pub(crate) fn every_call_of_a_box_can_fail() {
    let session = tempfile::tempdir().unwrap();
    let marker = Marker { pid: 1, name: String::new() };
    let dial = Dial::new(session.path().to_owned(), marker, None, Farewell::default());
    let started = Instant::now();
    let mut known = BTreeSet::new();
    let mut made = 0;
    for (step, setting) in settings() {
        let healthy = dial.measure(&setting, None);
        if healthy.failure.is_some() || !healthy.refused.is_empty() {
            assert!(may_lack(kind(), "container", &step), "{step}: {healthy:#?}");
            let refused: Vec<_> = healthy.refused.iter().map(|(switch, _)| switch.name()).collect();
            println!("  container {step}: not here: {}", refused.join(" "));
            continue;
        }
        let own = healthy.traces.iter().enumerate().filter(|(_, trace)| trace.errno.is_none());
        for (at, trace) in own {
            // One call fails in each way that it can; one of the same name with other words in one way.
            let ways = if known.insert((trace.call.clone(), Vec::new())) {
                usize::MAX
            } else {
                usize::from(known.insert((trace.call.clone(), trace.args.clone())))
            };
            for errno in plausible(&trace.call).iter().take(ways) {
                let fault = Fault { at: at.try_into().unwrap(), errno: *errno as i32 };
                let broken = dial.measure(&setting, Some(&fault));
                let what = format!("{step}: call {at}, {} {errno:?}", trace.line());
                fails_well(&broken, &format!("{errno:?}"), session.path(), &what);
                made += 1;
            }
        }
        let again = dial.measure(&setting, None);
        assert_eq!(yes(&again), yes(&healthy), "{step}");
    }
    println!("  {made} faults, {} ms", started.elapsed().as_millis());
}

/// The boxes of the lab's steps.
fn settings() -> Vec<(String, Setting)> {
    let run = run_of("container", nix::unistd::geteuid().is_root());
    let steps = run.lab().steps.iter();
    let boxes = steps.flat_map(|step| step.actions.iter().map(|action| (step.id.clone(), action)));
    let setting = |(step, action): (String, &Action)| match action {
        Action::Dial { preset, with, without } => Some((step, Setting::turned(*preset, with, without))),
        _ => None,
    };
    boxes.filter_map(setting).collect()
}

fn fails_well(broken: &Measured, errno: &str, session: &Path, what: &str) {
    let failure = broken.failure.as_ref().unwrap_or_else(|| panic!("{what}: it did not fail: {broken:#?}"));
    assert_eq!(failure.errno, errno, "{what}: {failure:?}");
    for lang in Lang::ALL {
        let said = explain(lang, failure);
        assert!(!said.what.is_empty() && !said.why.is_empty() && !said.try_next.is_empty(), "{what}");
    }
    assert!(broken.answers.is_empty(), "{what}: {broken:#?}");
    let mut board = Board::default();
    board.turn(broken.setting.clone());
    board.measured(broken.clone());
    let said = board.here().and_then(|here| here.failure.as_ref());
    assert!(said == Some(failure) && !board.reached(), "{what}");
    // What is noted of cgroups stays until the session ends.
    let left = |name: &str| session.join(name).exists();
    assert!(!left("dial") && !left("asked"), "{what}: a directory is left");
}

fn yes(measured: &Measured) -> Vec<(Probe, Option<bool>)> {
    measured.answers.iter().map(|answer| (answer.probe, answer.yes)).collect()
}
