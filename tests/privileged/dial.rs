//! The dial on the real kernel: what a box answers at the well-known settings.

use std::time::Duration;

use korobka::{
    lab::dial::{Measured, Preset, Probe, Setting, Switch},
    stage::{
        client::Client,
        protocol::{Event, Request},
    },
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
