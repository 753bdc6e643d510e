//! The three notations are equal: every step's shell lines, typed into a real shell on a real terminal, pass the step.

use std::{os::fd::AsFd, path::Path, time::Instant};

use korobka::{
    i18n::Lang,
    lab::{
        action::{Action, shell_lines},
        dial::{Setting, Switch},
        expectation::Expectation,
        run::{Acted, Ask, Outcome, Phase, Run},
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
    [("container", "its lines start a box of their own, which nobody asks; Enter is wanted, see below")];

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
        if !step.expect.iter().any(Expectation::shows) {
            self.wait_for_prompt(&step.id);
            assert_ne!(self.run.phase(), Phase::Observed, "{} passes by itself", step.id);
            println!("  {}: refused, and that shows to the shell alone", step.id);
            let ask = self.run.enter();
            self.go(ask);
            return assert!(self.run.outcome().unwrap().passed(), "{}", step.id);
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

    /// Types a line when the shell waits for one.
    fn types(&self, line: &str, step: &str) {
        self.wait_for_prompt(step);
        assert!(self.terminal.as_ref().unwrap().write(format!("{line}\n").as_bytes()));
    }

    /// Types the lines of a step that start a box: it answers where it is, its end is the shell's, and so is its status.
    fn starts_a_box(&self, step: &str) {
        let there = self.run.step().unwrap();
        for line in shell_lines(&there.actions, self.run.scene()) {
            self.types(&line, step);
            let refused = may_lack(kind(), "container", step);
            if line.ends_with("-- sh") {
                self.types(QUESTION, step);
                self.wait_for(step, "inside ");
                let named = self.screen().contains("inside 0 box");
                let uts = there.actions.iter().any(|action| match action {
                    Action::Dial { preset, with, without } => {
                        Setting::turned(*preset, with, without).has(Switch::Uts)
                    }
                    _ => false,
                });
                assert!(refused || named == uts, "{step}: {}", self.screen());
                // Where the machine refuses the box, there is none to leave.
                self.types(if refused { "true" } else { "exit" }, step);
            }
            if !refused {
                self.types("echo sta''tus $?", step);
                self.wait_for(step, "status 0");
            }
        }
    }

    fn wait_for(&self, step: &str, words: &str) {
        let until = Instant::now() + patience();
        while !self.screen().contains(words) {
            assert!(Instant::now() < until, "{step}: no {words:?}:\n{}", self.screen());
            std::thread::yield_now();
        }
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

/// What a student types to ask a box where it is; the quotes keep the question from being its own answer.
const QUESTION: &str = "echo in''side $(id -u) $(hostname)";

/// Lines that start a box of their own do so, in either shell, and the step says that Enter is wanted; and Enter passes it.
pub(crate) fn each_box_of_the_dial_starts_by_hand_and_its_step_passes_by_enter() {
    let program = Path::new(env!("CARGO_BIN_EXE_korobka"));
    let beside = std::env::current_exe().unwrap().with_file_name("korobka");
    let Some(program) = [beside.as_path(), program].into_iter().find(|program| program.exists()) else {
        println!("  the program is not here: copy it beside this one");
        return;
    };
    for place in [ShellPlace::Beside, ShellPlace::Inside] {
        let mut student = Student::new("container");
        loop {
            let step = student.run.step().unwrap().clone();
            assert!(step.only_enter().is_some(), "{}", step.id);
            student.open_shell(place);
            student.types(&format!("PATH=\"$PATH:{}\"", program.parent().unwrap().display()), &step.id);
            student.starts_a_box(&step.id);
            student.close_shell();
            assert_eq!(student.run.phase(), Phase::Predict, "{}", step.id);
            let ask = student.run.enter();
            student.go(ask);
            let passed = student.run.outcome().is_some_and(Outcome::passed);
            assert!(passed || may_lack(kind(), "container", &step.id), "{}", step.id);
            if !student.goes_on() {
                break;
            }
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
