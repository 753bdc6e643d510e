//! The two exercises of the dial's lab, in its own panes: "assemble it yourself" and "break it and mend it". The run of the
//! lab is set aside meanwhile; the exercise has a run of its own, so the witness, the calls, the processes and the shell
//! show its box.

use super::{LabScreen, Page, Pane, Panes, Stage};
use crate::{
    i18n::{Lang, t},
    lab::{
        assemble::{Assembly, Verdict},
        mend::{Outcome, Ward},
        run::{self, Phase, Run},
        step::Lab,
    },
    stage::protocol::Request,
    tui::{effect::Effect, keymap::Command},
};

mod text;

/// An exercise.
#[derive(Debug)]
pub(super) enum Exercise {
    Assemble(Assembly),
    Mend(Ward),
}

/// An exercise that is open.
#[derive(Debug)]
pub(super) struct Workshop {
    exercise: Exercise,
    /// The lab's run, the page that its text showed, and its panes.
    aside: (Run, Page, Panes),
}

impl Exercise {
    fn lab(&self) -> Lab {
        match self {
            Self::Assemble(assembly) => assembly.lab(),
            Self::Mend(ward) => ward.lab(),
        }
    }

    /// Whether it is being carried out.
    const fn runs(&self) -> bool {
        match self {
            Self::Assemble(assembly) => matches!(assembly.verdict(), Verdict::Running(_)),
            Self::Mend(ward) => matches!(ward.outcome(), Outcome::Running(_)),
        }
    }

    fn settled(&mut self, passed: bool) {
        match self {
            Self::Assemble(assembly) => assembly.settled(passed),
            Self::Mend(ward) => ward.settled(passed),
        }
    }

    /// What failed is nothing that an order can mend.
    fn leave_out(&mut self) -> bool {
        match self {
            Self::Assemble(assembly) => assembly.leave_out(),
            Self::Mend(_) => false,
        }
    }

    const fn lost(&mut self) {
        match self {
            Self::Assemble(assembly) => assembly.lost(),
            Self::Mend(ward) => ward.lost(),
        }
    }
}

impl LabScreen {
    /// Whether a command would do something while an exercise is open; none for what the exercise does not change.
    pub(super) fn workshop_offers(&self, command: Command) -> Option<bool> {
        let ready = matches!(self.stage, Stage::Ready(_));
        let Some(workshop) = &self.workshop else {
            let rests = matches!(self.run.phase(), Phase::Predict | Phase::Observed);
            return match command {
                Command::Assemble | Command::Mend => Some(ready && rests && self.dial.is_some()),
                Command::Again | Command::Seed(_) => Some(false),
                _ => None,
            };
        };
        let idle = ready && !workshop.exercise.runs();
        let rests = idle && self.run.phase() != Phase::Entering;
        Some(match (command, &workshop.exercise) {
            (Command::Act, _) if matches!(self.stage, Stage::Lost(_)) => true,
            (Command::Act, Exercise::Mend(ward)) => rests && !matches!(ward.outcome(), Outcome::Holds(_)),
            (Command::Again, _)
            | (Command::Tick, Exercise::Assemble(_))
            | (Command::Seed(_), Exercise::Mend(_)) => idle,
            (Command::Act, Exercise::Assemble(_)) | (Command::ShellInside, Exercise::Mend(_)) => rests,
            (
                Command::Tick
                | Command::Seed(_)
                | Command::Choose(_)
                | Command::Hint
                | Command::Undo
                | Command::Reset
                | Command::NextStep
                | Command::PreviousStep
                | Command::Jump
                | Command::Sudo
                | Command::Scope
                | Command::ShellInside
                | Command::ShellBeside
                | Command::Controls
                | Command::Assemble
                | Command::Mend,
                _,
            ) => false,
            _ => return None,
        })
    }

    /// The last part of the key under which the footer names a command while an exercise is open.
    pub(super) fn workshop_word(&self, command: Command) -> &'static str {
        let exercise = self.workshop.as_ref().map(|workshop| &workshop.exercise);
        match (command, exercise) {
            (Command::Act, _) if matches!(self.stage, Stage::Lost(_)) => "again",
            (Command::Act, Some(Exercise::Mend(_))) => "try_mend",
            (Command::Act, Some(Exercise::Assemble(_))) => "carry_out",
            (Command::Tick, Some(Exercise::Assemble(assembly))) if assembly.held() => "put",
            (Command::Tick, _) => "take",
            (Command::Again, _) => "another",
            (Command::Back, _) if self.panes.zoom => "unzoom",
            _ => command.name(),
        }
    }

    /// Opens an exercise. Its chance comes from the number that the kernel gave the subject.
    pub(super) fn open_workshop(&mut self, command: Command, out: &mut Vec<Effect>) {
        let seed = self.run.now().map_or(1, |seen| seen.pid.unsigned_abs());
        let exercise = match command {
            Command::Assemble => Exercise::Assemble(Assembly::new(seed)),
            _ => Exercise::Mend(Ward::new(seed)),
        };
        if self.shell.is_some() {
            out.push(Effect::Ask(Request::EndShell));
        }
        let run = Run::new(exercise.lab(), self.root());
        let aside = std::mem::replace(&mut self.run, run);
        // the box is looked at, and the dial is not its
        let panes = std::mem::replace(&mut self.panes, Panes::new(&self.run.lab().sights));
        self.workshop = Some(Box::new(Workshop { exercise, aside: (aside, self.page, panes) }));
        self.panes.set_focus(Pane::Witness);
        self.panes.set_focus(Pane::Text);
        self.go(Run::start, out);
    }

    /// A command for the exercise; false for what is not one.
    pub(super) fn workshop_command(&mut self, command: Command, out: &mut Vec<Effect>) -> bool {
        let text = self.panes.focus() == Pane::Text;
        let Some(workshop) = &mut self.workshop else { return false };
        match (command, &mut workshop.exercise) {
            (Command::Back, _) if !self.panes.zoom => self.close_workshop(out),
            (Command::Act, _) if matches!(self.stage, Stage::Lost(_)) => {
                self.stage = Stage::Starting;
                out.push(Effect::StartStage);
            }
            (Command::Act, Exercise::Assemble(assembly)) => {
                assembly.start();
                self.begin_exercise(out);
            }
            (Command::Act, Exercise::Mend(ward)) => {
                if ward.choose() {
                    self.begin_exercise(out);
                }
            }
            (Command::Again, Exercise::Assemble(assembly)) => {
                let seed = self.run.now().map_or(1, |seen| seen.pid.unsigned_abs());
                *assembly = assembly.another(seed);
                self.begin_exercise(out);
            }
            (Command::Again, Exercise::Mend(ward)) => {
                *ward = ward.another();
                self.begin_exercise(out);
            }
            (Command::Seed(digit), Exercise::Mend(ward)) => {
                *ward = ward.digit(digit);
                self.begin_exercise(out);
            }
            (Command::Tick, Exercise::Assemble(assembly)) => assembly.take(),
            (Command::Up, Exercise::Assemble(assembly)) if text => assembly.move_by(-1),
            (Command::Down, Exercise::Assemble(assembly)) if text => assembly.move_by(1),
            (Command::Up, Exercise::Mend(ward)) if text => ward.move_by(-1),
            (Command::Down, Exercise::Mend(ward)) if text => ward.move_by(1),
            _ => return false,
        }
        true
    }

    /// A new box for the exercise as it stands.
    pub(super) fn begin_exercise(&mut self, out: &mut Vec<Effect>) {
        let Some(workshop) = &self.workshop else { return };
        self.run = Run::new(workshop.exercise.lab(), self.root());
        self.go(Run::start, out);
    }

    /// What the header says while an exercise is open.
    pub(super) fn workshop_title(&self, lang: Lang) -> Option<String> {
        let workshop = self.workshop.as_ref()?;
        let name = match workshop.exercise {
            Exercise::Assemble(_) => t(lang, "workshop.assemble.title"),
            Exercise::Mend(_) => t(lang, "workshop.mend.name"),
        };
        Some(format!("{} · {name}", workshop.aside.0.lab().title.get(lang)))
    }

    /// Back to the lab, at the start of the step that it was left at.
    fn close_workshop(&mut self, out: &mut Vec<Effect>) {
        let Some(workshop) = self.workshop.take() else { return };
        let (aside, page, panes) = workshop.aside;
        self.run = aside;
        self.panes = panes;
        let step = self.run.index();
        self.jump(step, out);
        if page == Page::End {
            self.trouble = None;
        }
    }

    /// After an event: the exercise goes on to its next piece, or has its answer.
    pub(super) fn workshop_goes_on(&mut self, out: &mut Vec<Effect>) {
        self.spare_what_cannot_be_made(out);
        let Some(workshop) = self.workshop.as_mut().filter(|workshop| workshop.exercise.runs()) else {
            return;
        };
        match self.run.phase() {
            Phase::Predict => self.go(Run::enter, out),
            Phase::Observed => {
                let passed = self.run.outcome().is_some_and(run::Outcome::passed);
                let began = self.run.now().is_some();
                if passed || !began || !workshop.exercise.leave_out() {
                    workshop.exercise.settled(passed);
                }
                self.panes.text_scroll = 0;
                if workshop.exercise.runs() {
                    self.go(Run::forward, out);
                    self.go(Run::enter, out);
                }
            }
            Phase::Gone { .. } => workshop.exercise.lost(),
            Phase::Entering | Phase::Acting => {}
        }
    }

    /// A broken box that this machine cannot make gives way to another.
    fn spare_what_cannot_be_made(&mut self, out: &mut Vec<Effect>) {
        let not_made = self.run.phase() == Phase::Observed && self.run.now().is_none();
        let Some(workshop) = self.workshop.as_mut().filter(|_| not_made) else { return };
        let Exercise::Mend(ward) = &mut workshop.exercise else { return };
        if let Some(another) = ward.spare() {
            *ward = another;
            self.begin_exercise(out);
        }
    }

    /// There is no stage any more.
    pub(super) fn workshop_lost(&mut self) {
        if let Some(workshop) = &mut self.workshop {
            workshop.exercise.lost();
        }
    }
}
