//! The lab: predict → act → observe → explain, around one run of [`crate::lab::run::Run`].

use std::rc::Rc;

use crate::{
    course::{CourseErrors, Problem},
    lab::{
        dial::board::Board,
        recording::Recording,
        run::{Ask, Outcome, Phase, Run, Status},
        sight::Sight,
        step::Lab,
        trace::Failure,
    },
    stage::protocol::{HostInfo, Request, ShellPlace},
    tui::{
        compositor::{Go, Layer},
        effect::Effect,
        history::History,
        keymap::{Command, Context},
        model::World,
        popups::jump::{Jump, Row},
    },
};

mod controls;
mod dial;
mod draw;
mod keys;
mod mouse;
mod panes;
mod playback;
mod shell;
mod stage;
mod text;
mod workshop;

use controls::Controls;
pub(crate) use panes::Pane;
use panes::Panes;
use playback::Playback;
use workshop::Workshop;

/// The stage, as far as the screen knows.
#[derive(Debug)]
enum Stage {
    /// It was asked to start.
    Starting,
    Ready(HostInfo),
    /// It is gone; why.
    Lost(String),
}

/// The student's shell.
#[derive(Clone, Copy, Debug)]
struct Shell {
    place: ShellPlace,
    /// Rows and columns that it was told.
    size: (u16, u16),
}

/// What the text pane shows of a step that was acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// What came of it.
    Result,
    /// The question "why".
    Why,
    /// The end of the lab.
    End,
}

/// The screen.
#[derive(Debug)]
pub(crate) struct LabScreen {
    run: Run,
    /// The numbers of the past seconds.
    history: History,
    /// The dial, where the lab looks at it.
    dial: Option<Board>,
    /// The exercise that is open.
    workshop: Option<Box<Workshop>>,
    /// The step to begin with.
    start: usize,
    stage: Stage,
    panes: Panes,
    page: Page,
    /// In the rows of the prediction, or in the options of the question.
    cursor: usize,
    shell: Option<Shell>,
    /// What went wrong with the shell.
    trouble: Option<String>,
    /// The list of things to try, while it is open.
    controls: Option<Controls>,
    /// A recorded run in the place of the live one.
    playback: Option<Playback>,
    /// What may be shown where a step cannot be done here.
    recorded: Option<Rc<Recording>>,
}

impl LabScreen {
    /// Opens a lab at a step, or at the first that was not passed yet, and starts the stage.
    pub(crate) fn open(
        id: &str,
        step: Option<&str>,
        world: &World,
        out: &mut Vec<Effect>,
    ) -> Result<Self, CourseErrors> {
        let Some(head) = world.course.lab(id) else {
            return Err(CourseErrors(vec![Problem::of_path(id, "no such lab")]));
        };
        let lab = head.load()?;
        let start = first_step(&lab, step, world);
        let panes = Panes::new(&lab.sights);
        let dial = lab.sights.contains(&Sight::Dial).then(Board::default);
        let mut screen = Self {
            run: Run::new(lab, false),
            history: History::default(),
            dial,
            workshop: None,
            start,
            stage: Stage::Starting,
            panes,
            page: Page::Result,
            cursor: 0,
            shell: None,
            trouble: None,
            controls: None,
            playback: None,
            recorded: None,
        };
        screen.begin(world, out);
        Ok(screen)
    }

    /// Starts the stage, or plays the recording of this lab that was asked for.
    fn begin(&mut self, world: &World, out: &mut Vec<Effect>) {
        let asked = world.replay.as_ref().filter(|recording| recording.header.lab == self.run.lab().id);
        let Some(recording) = asked else {
            out.push(Effect::StartStage);
            return;
        };
        self.run = Run::new(self.run.lab().clone(), recording.header.root);
        self.stage = Stage::Ready(HostInfo::recorded(&recording.header));
        self.start = recording.begin_at(self.run.lab(), self.start);
        self.playback = Some(Playback::of_file(Rc::clone(recording)));
        self.jump(self.start, out);
    }

    pub(crate) fn context(&self, _: &World) -> Context {
        if let Some(controls) = &self.controls {
            return controls.context();
        }
        match self.panes.focus() {
            Pane::Text if self.workshop.is_some() => Context::Workshop,
            Pane::Text => Context::LabText,
            Pane::Witness => Context::LabWitness,
            Pane::Sight(Sight::Dial) => Context::LabDial,
            Pane::Sight(_) | Pane::Traces | Pane::Processes => Context::LabPane,
            Pane::Shell => Context::Shell,
        }
    }

    pub(crate) fn command(&mut self, command: Command, world: &mut World, out: &mut Vec<Effect>) -> Go {
        if self.controls.is_some() {
            return self.control_command(command, out);
        }
        if self.workshop_command(command, out) {
            self.show_cursor(world);
            return Go::Stay;
        }
        match command {
            Command::Controls => self.open_controls(),
            Command::Assemble | Command::Mend => self.open_workshop(command, out),
            Command::Act => return self.forward(world, out),
            Command::Tick => {
                self.run.tick(self.cursor);
                self.show_cursor(world);
            }
            Command::Choose(n) => self.choose(usize::from(n), world, out),
            Command::Hint => {
                self.run.hint();
                self.show_end(world);
            }
            Command::Undo => self.go(Run::undo, out),
            Command::Reset => self.go(Run::reset, out),
            Command::NextStep => self.go(Run::forward, out),
            Command::PreviousStep => self.go(Run::back, out),
            Command::Jump => return Go::Push(Layer::Jump(self.list())),
            Command::ShellInside => self.open_shell(ShellPlace::Inside, world, out),
            Command::ShellBeside => self.open_shell(ShellPlace::Beside, world, out),
            Command::LeaveShell => self.leave_shell(),
            Command::EndShell => out.push(Effect::Ask(Request::EndShell)),
            Command::NextPane => self.panes.cycle(1, self.shell.is_some()),
            Command::PreviousPane => self.panes.cycle(-1, self.shell.is_some()),
            Command::Zoom => self.panes.zoom = !self.panes.zoom,
            Command::Narrower => self.panes.resize(-5),
            Command::Wider => self.panes.resize(5),
            Command::Inspect => return self.inspect(world, out),
            Command::Sudo => out.push(Effect::Sudo(self.run.lab().id.clone())),
            Command::Scope => out.push(Effect::Scope(self.run.lab().id.clone())),
            Command::Recorded if self.step_recorded() => drop(self.end_recorded()),
            Command::Recorded => self.show_recorded(out),
            Command::Back if self.panes.zoom => self.panes.zoom = false,
            Command::Back if self.end_recorded() => {}
            Command::Back => return Go::Pop,
            _ => return self.move_in_pane(command, world, out),
        }
        Go::Stay
    }

    /// Enter in the text pane: always one step forward.
    fn forward(&mut self, world: &mut World, out: &mut Vec<Effect>) -> Go {
        if let Stage::Lost(_) = self.stage {
            self.stage = Stage::Starting;
            self.start = self.run.index();
            out.push(Effect::StartStage);
            return Go::Stay;
        }
        if self.more(world) {
            self.page_down(world);
            return Go::Stay;
        }
        let passed = self.run.outcome().is_some_and(Outcome::passed);
        match (self.run.phase(), self.page) {
            (Phase::Observed, Page::Result) if passed => self.turn(Page::Why),
            (Phase::Observed, Page::Result) if self.recording_offered() => self.show_recorded(out),
            (Phase::Observed, Page::Why) if self.tried() && !self.answered() => {
                self.cursor = self.untried();
                self.show_cursor(world);
            }
            (Phase::Observed, Page::Why) if !self.answered() => self.choose(self.cursor + 1, world, out),
            (Phase::Observed, Page::Why) => {
                self.end_recorded();
                self.onward(out);
            }
            (Phase::Observed, Page::End) => return Go::Pop,
            _ => self.go(Run::enter, out),
        }
        Go::Stay
    }

    /// From a step that is done to the next, or to the end.
    fn onward(&mut self, out: &mut Vec<Effect>) {
        if self.at_last() {
            self.turn(Page::End);
        } else {
            self.go(Run::forward, out);
        }
    }

    /// Lets the run go somewhere and asks the stage for what that takes.
    fn go(&mut self, way: impl FnOnce(&mut Run) -> Option<Ask>, out: &mut Vec<Effect>) {
        let before = (self.run.index(), self.run.phase());
        if let Some(ask) = way(&mut self.run).and_then(|ask| self.play(ask)) {
            let request = match ask {
                Ask::Open { replay, sights } => Request::Open { replay, sights },
                Ask::Act { actions } => Request::Act { actions },
            };
            out.push(Effect::Ask(request));
        }
        if before != (self.run.index(), self.run.phase()) {
            self.trouble = None;
            self.turn(Page::Result);
            self.panes.begin();
        }
    }

    /// Brings the run to a step.
    pub(crate) fn jump(&mut self, step: usize, out: &mut Vec<Effect>) {
        self.go(|run| run.jump(step), out);
    }

    fn turn(&mut self, page: Page) {
        self.page = page;
        self.cursor = 0;
        self.panes.text_scroll = 0;
    }

    /// A digit: how sure, or which option.
    fn choose(&mut self, number: usize, world: &mut World, out: &mut Vec<Effect>) {
        if self.run.phase() == Phase::Predict {
            self.run.set_confidence(u8::try_from(number).unwrap_or_default());
            return;
        }
        let Some(why) = self.run.step().map(|step| step.why.clone()) else { return };
        let option = number.saturating_sub(1);
        if self.page != Page::Why || option >= why.options.len() {
            return;
        }
        self.cursor = option;
        if !self.run.answers(self.run.index()).contains(&option) {
            let right = self.run.answer(option);
            let of = self.run.lab().id.clone();
            let entry = crate::store::Entry::QuestionAnswered { of, question: why.id, option, right };
            world.remember(entry, out);
        }
        self.show_cursor(world);
    }

    /// Whether the question was answered rightly.
    fn answered(&self) -> bool {
        let options = self.run.step().map_or(&[][..], |step| &step.why.options);
        let answers = self.run.answers(self.run.index());
        answers.iter().any(|a| options.get(*a).is_some_and(|option| option.right))
    }

    fn at_last(&self) -> bool {
        self.run.index() + 1 >= self.run.lab().steps.len()
    }

    fn root(&self) -> bool {
        matches!(&self.stage, Stage::Ready(host) if host.uid == 0)
    }

    fn list(&self) -> Jump {
        let passed = |i| self.run.outcome_of(i).map(Outcome::passed);
        let rows = self.run.lab().steps.iter().enumerate();
        let rows = rows.map(|(i, step)| Row { title: step.title.clone(), passed: passed(i) }).collect();
        Jump::new(rows, self.run.index())
    }

    /// Whether the machine forbids the step to this user, and root perhaps may. A limit or a kernel that lacks the call
    /// stops root too.
    fn root_may_help(&self) -> bool {
        let errno = self.refusal().map(|failure| failure.errno.as_str());
        !self.root() && matches!(errno, Some("EPERM" | "EACCES"))
    }

    /// Whether no cgroup can be made here, and the student's systemd would give one.
    fn scope_may_help(&self) -> bool {
        let delegates = matches!(&self.stage, Stage::Ready(host) if host.delegates);
        delegates && self.refusal().is_some_and(|failure| failure.operation == "delegate")
    }

    /// Why the machine cannot do the step.
    fn refusal(&self) -> Option<&Failure> {
        let outcome = self.run.outcome().filter(|outcome| outcome.status == Status::Unavailable);
        outcome.and_then(|outcome| outcome.failure.as_ref())
    }
}

/// The step that a link names; else the first that was not passed; else the first.
fn first_step(lab: &Lab, step: Option<&str>, world: &World) -> usize {
    let named = step.and_then(|id| lab.steps.iter().position(|s| s.id == id));
    let passed = world.progress.labs.get(&lab.id);
    let open = || lab.steps.iter().position(|s| !passed.is_some_and(|p| p.contains(&s.id)));
    named.or_else(open).unwrap_or_default()
}
