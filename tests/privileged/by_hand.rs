//! The three notations are equal: every step's shell lines, typed into a real shell on a real terminal, pass the step.

use std::{os::fd::AsFd, time::Instant};

use korobka::{
    i18n::Lang,
    lab::{
        action::{Action, shell_lines},
        run::{Acted, Ask, Phase, Run},
    },
    pty::Session,
    stage::protocol::{Event, Request, ShellPlace},
};

use super::{
    engine::Stage,
    lesson::{labs, obey, run_of},
    machine::{kind, may_lack},
};
use crate::patience::patience;

/// Labs that cannot be done by hand alone, and why.
const NOT_BY_HAND: [(&str, &str); 1] =
    [("container", "its lines start a box of their own, which asks itself no questions")];

fn by_hand() -> Vec<String> {
    for (lab, why) in NOT_BY_HAND {
        println!("  not by hand: {lab}: {why}");
    }
    labs().into_iter().filter(|lab| may_be_done_by_hand(lab)).collect()
}

/// Whether a lab's lines, typed by a student, pass its steps.
pub(crate) fn may_be_done_by_hand(lab: &str) -> bool {
    NOT_BY_HAND.iter().all(|(not, _)| *not != lab)
}

/// A student with a shell.
struct Student {
    stage: Stage,
    run: Run,
    terminal: Option<Session>,
}

impl Student {
    fn new(lab: &str) -> Self {
        let stage = Stage::start();
        let mut run = run_of(lab, nix::unistd::geteuid().is_root());
        let ask = run.start();
        obey(&stage, &mut run, ask);
        stage.client.request(&Request::Watch { hz: 20 }, None).unwrap();
        Self { stage, run, terminal: None }
    }

    fn open_shell(&mut self, place: ShellPlace) {
        let (session, slave) = Session::open(24, 80, || {}).unwrap();
        self.stage.client.request(&Request::Shell { place }, Some(slave.as_fd())).unwrap();
        drop(slave);
        self.terminal = Some(session);
        self.hear_until("a shell", |event| matches!(event, Event::ShellStarted { .. }));
    }

    fn close_shell(&mut self) {
        self.stage.client.request(&Request::EndShell, None).unwrap();
        self.hear_until("its end", |event| matches!(event, Event::ShellEnded { .. }));
        self.terminal = None;
    }

    /// Types the lines of the step; each is given the time to show its effect, as a person would.
    fn type_step(&mut self, with_preparation: bool) {
        let step = self.run.step().unwrap().clone();
        let mut actions = if with_preparation { step.prepare.clone() } else { Vec::new() };
        actions.extend(step.actions.clone());
        for line in shell_lines(&actions, self.run.scene()) {
            self.wait_for_prompt(&step.id);
            assert!(self.terminal.as_ref().unwrap().write(format!("{line}\n").as_bytes()));
        }
        let until = Instant::now() + patience();
        while self.run.phase() != Phase::Observed {
            let event = self.stage.client.next(Some(patience())).unwrap();
            if let Some(event) = event {
                self.tell(event);
            }
            assert!(
                Instant::now() < until,
                "{} does not pass by hand: {}\n{}",
                step.id,
                self.why(),
                self.screen()
            );
        }
        let outcome = self.run.outcome().unwrap();
        assert!(outcome.passed() && outcome.by_hand, "{}: {outcome:#?}\n{}", step.id, self.screen());
    }

    /// What the hint ladder says of the present state.
    fn why(&mut self) -> String {
        (0..3).for_each(|_| self.run.hint());
        format!("{:?}", self.run.hints(Lang::En))
    }

    /// A prompt: the last line that is not empty ends in `$` or `#`.
    fn wait_for_prompt(&self, step: &str) {
        let until = Instant::now() + patience();
        loop {
            let screen = self.screen();
            if screen.trim_end().ends_with(['$', '#']) {
                return;
            }
            assert!(Instant::now() < until, "{step}: no prompt:\n{screen}");
            std::thread::yield_now();
        }
    }

    fn screen(&self) -> String {
        self.terminal.as_ref().map(|terminal| terminal.screen().text()).unwrap_or_default()
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::Observed { whose, observation } => self.run.observed(whose, observation),
            Event::ShellStarted { pid, observation } => self.run.shell_started(pid, observation),
            Event::ShellEnded { .. } => self.run.shell_ended(),
            Event::Opened { observation } => self.run.opened(observation),
            Event::Acted { before, after, traces, failure } => {
                self.run.acted(Acted { before, after, traces, failure });
            }
            Event::Failed { failure } => self.run.failed(failure),
            other => panic!("{other:?}"),
        }
    }

    fn hear_until(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) {
        let until = Instant::now() + patience();
        loop {
            let event = self.stage.client.next(Some(patience())).unwrap();
            assert!(Instant::now() < until, "no {what} in time");
            let Some(event) = event else { continue };
            let found = wanted(&event);
            self.tell(event);
            if found {
                return;
            }
        }
    }

    /// Whether the step is one that this machine does not do; then the program has tried.
    fn lacks(&mut self, lab: &str) -> bool {
        let step = self.run.step().unwrap().id.clone();
        let lacks = may_lack(kind(), lab, &step);
        if lacks {
            println!("  {lab} {step}: not here");
            let ask = self.run.enter();
            self.go(ask);
        }
        lacks
    }

    /// The next step; none after the last.
    fn goes_on(&mut self) -> bool {
        let at = self.run.index();
        let ask = self.run.forward();
        self.go(ask);
        self.run.index() != at
    }

    /// Asks the stage for what the run wants; what it says by itself meanwhile is heard as well.
    fn go(&mut self, ask: Option<Ask>) {
        let Some(ask) = ask else { return };
        let request = match ask {
            Ask::Open { replay, sights } => Request::Open { replay, sights },
            Ask::Act { actions } => Request::Act { actions },
        };
        self.stage.client.request(&request, None).unwrap();
        let answer = |event: &Event| {
            matches!(event, Event::Opened { .. } | Event::Acted { .. } | Event::Failed { .. })
        };
        self.hear_until("an answer", answer);
    }
}

/// The program did the steps before; the student opens a shell in the box and does this one.
pub(crate) fn each_step_passes_by_hand_in_the_box() {
    for lab in by_hand() {
        in_the_box(&lab);
    }
}

fn in_the_box(lab: &str) {
    let mut student = Student::new(lab);
    loop {
        if !student.lacks(lab) {
            student.open_shell(ShellPlace::Inside);
            student.type_step(false);
            student.close_shell();
        }
        if !student.goes_on() {
            return;
        }
    }
}

/// The student does everything in one shell beside the box.
pub(crate) fn every_lab_passes_by_hand_beside_the_box() {
    for lab in by_hand() {
        beside_the_box(&lab);
    }
}

fn beside_the_box(lab: &str) {
    let mut student = Student::new(lab);
    student.open_shell(ShellPlace::Beside);
    loop {
        if student.run.step().unwrap().prepare.contains(&Action::Fresh {}) {
            student.close_shell();
            student.open_shell(ShellPlace::Beside);
        }
        if !student.lacks(lab) {
            student.type_step(true);
        }
        if !student.goes_on() {
            break;
        }
    }
    student.close_shell();
}
