use proptest::{collection::vec, prelude::*};

use super::*;

/// A machine on which one switch answers one question.
fn machine(setting: &Setting) -> Measured {
    let yes = |probe| match probe {
        Probe::HostProcesses => !setting.has(Switch::Proc),
        Probe::HostFiles => !setting.has(Switch::Root) && !setting.chroot,
        Probe::HostPort => !setting.has(Switch::Net),
        Probe::Hostname => !setting.has(Switch::Uts),
        Probe::HostRoot => !setting.has(Switch::User),
        Probe::Memory | Probe::Forks => !setting.has(Switch::Cgroup),
        Probe::Survives => !setting.has(Switch::Overlay),
    };
    let answer = |probe| Answer { probe, yes: Some(yes(probe)), seen: String::new() };
    Measured { setting: setting.clone(), answers: Probe::ALL.map(answer).to_vec(), ..Measured::default() }
}

fn measure(board: &mut Board) -> usize {
    let mut boxes = 0;
    while let Some(setting) = board.ask() {
        board.measured(machine(&setting));
        boxes += 1;
    }
    boxes
}

fn refusal() -> Failure {
    Failure {
        operation: "mkdir".to_owned(),
        arguments: Vec::new(),
        errno: "EACCES".to_owned(),
        path: Some("/sys/fs/cgroup".to_owned()),
    }
}

#[test]
fn one_box_here_one_at_the_goal_and_one_a_switch() {
    let mut board = Board::default();
    assert_eq!(measure(&mut board), 11);
    assert_eq!(board.progress(), (11, 11));
    board.turn(Preset::Docker.setting());
    assert_eq!(measure(&mut board), 10, "the goal is here");
}

#[test]
fn a_cell_says_what_the_switch_would_change() {
    let mut board = Board::default();
    assert_eq!(board.cell(Probe::HostPort, Switch::Net), Cell::Waiting);
    measure(&mut board);
    assert_eq!(board.cell(Probe::HostPort, Switch::Net), Cell::Becomes(false));
    assert_eq!(board.cell(Probe::HostPort, Switch::Uts), Cell::Same);
    board.turn(Setting::of([Switch::Net]));
    measure(&mut board);
    assert_eq!(board.cell(Probe::HostPort, Switch::Net), Cell::Becomes(true));
}

#[test]
fn every_turn_is_measured_anew_and_late_answers_are_dropped() {
    let mut board = Board::default();
    let first = board.ask().expect("a box to start");
    assert_eq!(board.ask(), None, "one at a time");
    board.turn(Preset::Rootless.setting());
    board.measured(machine(&first));
    assert_eq!(board.here(), None);
    assert_eq!(board.ask(), Some(Preset::Rootless.setting()), "where the dial stands comes first");
}

#[test]
fn a_refused_switch_is_no_answer() {
    let mut board = Board::default();
    while let Some(setting) = board.ask() {
        let refused =
            if setting.has(Switch::Cgroup) { vec![(Switch::Cgroup, refusal())] } else { Vec::new() };
        board.measured(Measured { refused, ..machine(&setting) });
    }
    assert_eq!(board.cell(Probe::Memory, Switch::Cgroup), Cell::Refused);
    assert_eq!(board.cell(Probe::HostPort, Switch::Net), Cell::Becomes(false));
}

#[test]
fn a_stage_that_cannot_measure_is_not_asked_again_until_the_dial_is_turned() {
    let mut board = Board::default();
    board.ask();
    board.failed(refusal());
    assert_eq!(board.ask(), None);
    board.toggle();
    assert!(board.ask().is_some());
}

#[test]
fn presets_go_round_and_a_pivot_replaces_a_chroot() {
    let mut board = Board::default();
    board.next_preset();
    assert_eq!(board.setting().preset(), Some(Preset::Chroot));
    board.point(3);
    board.toggle();
    assert_eq!(board.setting(), &Setting::of([Switch::Root]));
    board.next_preset();
    assert_eq!(board.setting().preset(), Some(Preset::Plain));
}

#[derive(Clone, Debug)]
enum Input {
    Point(usize),
    Move(isize),
    Toggle,
    Preset,
    Goal,
    Undo,
    Ask,
    Answer,
    Fail,
    Lost,
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        1 => (0..12_usize).prop_map(Input::Point),
        1 => (-4..4_isize).prop_map(Input::Move),
        4 => Just(Input::Toggle),
        1 => Just(Input::Preset),
        1 => Just(Input::Goal),
        2 => Just(Input::Undo),
        4 => Just(Input::Ask),
        4 => Just(Input::Answer),
        1 => Just(Input::Fail),
        1 => Just(Input::Lost),
    ]
}

proptest! {
    #[test]
    fn whatever_is_shown_was_measured_at_the_place_where_the_dial_stands(inputs in vec(input(), 0..60)) {
        let mut board = Board::default();
        let mut flying: Option<Setting> = None;
        for input in inputs {
            match input {
                Input::Point(at) => board.point(at),
                Input::Move(by) => board.move_by(by),
                Input::Toggle => {
                    let (before, switch) = (board.setting().clone(), board.selected());
                    board.toggle();
                    prop_assert_ne!(board.setting().has(switch), before.has(switch));
                }
                Input::Preset => board.next_preset(),
                Input::Goal => board.next_goal(),
                Input::Undo => drop(board.undo()),
                Input::Ask => flying = board.ask().or(flying),
                Input::Answer => {
                    if let Some(setting) = flying.take() {
                        board.measured(machine(&setting));
                    }
                }
                Input::Fail | Input::Lost if flying.take().is_none() => {}
                Input::Fail => board.failed(refusal()),
                Input::Lost => board.lost(),
            }
            prop_assert_eq!(board.waiting(), flying.is_some());
            prop_assert!(!(board.setting().chroot && board.setting().has(Switch::Root)));
            for probe in Probe::ALL {
                if let Some(answer) = board.now(probe) {
                    prop_assert_eq!(Some(answer.yes), machine(board.setting()).answers.iter().find(|a| a.probe == probe).map(|a| a.yes));
                }
            }
        }
    }

    #[test]
    fn undo_takes_every_turn_back(switches in vec(0..9_usize, 0..20)) {
        let mut board = Board::default();
        for at in &switches {
            board.point(*at);
            board.toggle();
        }
        while board.undo() {}
        prop_assert_eq!(board.setting(), &Setting::default());
    }
}

#[test]
fn where_walls_are_refused_the_goal_is_one_within_reach() {
    let refusing = |setting: &Setting| {
        let denied = |switch: &Switch| *switch == Switch::Cgroup || !setting.has(Switch::User);
        let refused = setting.on.iter().copied().filter(denied).map(|switch| (switch, refusal())).collect();
        Measured { refused, ..machine(setting) }
    };
    let ask = |board: &mut Board| {
        while let Some(setting) = board.ask() {
            board.measured(refusing(&setting));
        }
    };
    let mut board = Board::default();
    ask(&mut board);
    assert_eq!(board.goal(), Preset::Rootless, "docker needs root");
    assert_eq!(board.progress(), (11, 11));
    assert!(board.goal_refused(), "no cgroup");
    board.turn(Setting::of([Switch::Uts]));
    ask(&mut board);
    assert!(board.refused(Switch::Uts) && !board.refused(Switch::Pid));
    board.turn(Preset::Rootless.setting());
    ask(&mut board);
    assert!(!board.reached(), "a box without its limit is not the goal");

    let mut board = Board::default();
    for _ in Preset::ALL {
        board.next_goal();
    }
    ask(&mut board);
    assert_eq!(board.goal(), Preset::Docker, "chosen by the student");
}
