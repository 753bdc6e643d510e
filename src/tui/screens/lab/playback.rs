//! A recorded run in the place of the live one: a whole lab from a file, or one step that this machine cannot do. Its
//! face says RECORDED, why, and on what machine; nothing is asked of the stage, and nothing is remembered as done.

use std::rc::Rc;

use ratatui::{Frame, layout::Rect, text::Line};

use super::{LabScreen, Page, Stage};
use crate::{
    i18n::{fill, t},
    lab::{
        explain::explain,
        observation::Whose,
        recording::Recording,
        run::{Ask, Phase, Run, Status},
        trace::Failure,
    },
    stage::protocol::Event,
    tui::{
        clean, effect::Effect, history::History, keymap::Command, model::World, theme::Role, widgets::wrap,
    },
};

/// Rows that say what is being looked at.
const STRIP: u16 = 2;

/// A recording that is shown.
#[derive(Debug)]
pub(super) struct Playback {
    recording: Rc<Recording>,
    /// What comes back afterwards, where one step is shown; none where the whole lab is a file.
    live: Option<Box<Live>>,
}

/// The live run, set aside.
#[derive(Debug)]
struct Live {
    run: Run,
    history: History,
    /// What this machine could not do.
    failure: Option<Failure>,
}

impl Playback {
    /// A whole lab.
    pub(super) const fn of_file(recording: Rc<Recording>) -> Self {
        Self { recording, live: None }
    }
}

impl LabScreen {
    /// Answers the run from the recording, if there is one; gives the question back if there is none.
    pub(super) fn play(&mut self, ask: Ask) -> Option<Ask> {
        let Some(playback) = &self.playback else { return Some(ask) };
        if matches!(ask, Ask::Open { .. }) {
            self.history.begin();
        }
        for seen in playback.recording.play(&mut self.run, &ask) {
            self.history.note(&seen);
        }
        None
    }

    /// Looks for a recording of the lab, for the steps that this machine cannot do.
    pub(super) fn find_recording(&mut self, world: &World) {
        let Stage::Ready(host) = &self.stage else { return };
        let found = (world.recorded)(&self.run.lab().id, &host.cgroup);
        let known = |found: &Recording, id: &str| found.steps().any(|step| step == id);
        let fits = |found: &Recording| self.run.lab().steps.iter().all(|step| known(found, &step.id));
        self.recorded = found.filter(fits).map(Rc::new);
    }

    /// Whether the step can be shown as it was recorded elsewhere.
    pub(super) fn recording_offered(&self) -> bool {
        let unavailable = self.run.outcome().is_some_and(|outcome| outcome.status == Status::Unavailable);
        self.playback.is_none() && self.recorded.is_some() && unavailable
    }

    /// Shows the step as it was recorded, with the student's own prediction.
    pub(super) fn show_recorded(&mut self, out: &mut Vec<Effect>) {
        let Some(recording) = self.recorded.clone().filter(|_| self.recording_offered()) else { return };
        let index = self.run.index();
        let rows = self.run.step().map_or(0, |step| step.prediction.rows.len());
        let mut run = Run::new(self.run.lab().clone(), recording.header.root);
        let ticked: Vec<_> = (0..rows).filter(|row| self.run.ticked(*row)).collect();
        let confidence = self.run.confidence();
        std::mem::swap(&mut run, &mut self.run);
        let failure = run.outcome().and_then(|outcome| outcome.failure.clone());
        let history = std::mem::take(&mut self.history);
        self.playback = Some(Playback { recording, live: Some(Box::new(Live { run, history, failure })) });
        self.go(|run| run.jump(index), out);
        for row in ticked {
            self.run.tick(row);
        }
        if let Some(confidence) = confidence {
            self.run.set_confidence(confidence);
        }
        self.go(Run::enter, out);
    }

    /// Back to the live run; false where there is none to go back to.
    pub(super) fn end_recorded(&mut self) -> bool {
        let Some(live) = self.playback.as_mut().and_then(|playback| playback.live.take()) else {
            return false;
        };
        self.playback = None;
        self.run = live.run;
        self.history = live.history;
        self.turn(Page::Result);
        true
    }

    /// Whether one step is shown.
    pub(super) fn step_recorded(&self) -> bool {
        self.playback.as_ref().is_some_and(|playback| playback.live.is_some())
    }

    /// Whether a command means anything to a recording; none where nothing is recorded.
    pub(super) fn recorded_offers(&self, command: Command) -> Option<bool> {
        let playback = self.playback.as_ref()?;
        let needs_a_stage = matches!(
            command,
            Command::ShellInside
                | Command::ShellBeside
                | Command::EndShell
                | Command::Inspect
                | Command::Controls
                | Command::Assemble
                | Command::Mend
                | Command::Sudo
                | Command::Scope
                | Command::Turn
                | Command::Switch(_)
                | Command::TurnBack
                | Command::Preset
                | Command::Goal
                | Command::Measure
        );
        let leaves_the_step = matches!(
            command,
            Command::Undo | Command::Reset | Command::Jump | Command::NextStep | Command::PreviousStep
        );
        match command {
            Command::Recorded => Some(playback.live.is_some()),
            _ if needs_a_stage || leaves_the_step && playback.live.is_some() => Some(false),
            _ => None,
        }
    }

    /// What the stage says while a recorded step is shown goes to the live run; true where that was all.
    pub(super) fn live_hears(&mut self, event: &Event) -> bool {
        let Some(live) = self.playback.as_mut().and_then(|playback| playback.live.as_mut()) else {
            return false;
        };
        if let Event::Observed { whose: Whose::Subject, observation } = event {
            live.run.observed(Whose::Subject, observation.clone());
            live.history.note(observation);
            return true;
        }
        // whatever else happens to the live run is to be seen
        self.end_recorded();
        false
    }

    /// Draws what is being looked at, in the first rows of an area.
    pub(super) fn strip(&self, world: &World, frame: &mut Frame<'_>, area: Rect) {
        let Some(playback) = &self.playback else { return };
        let header = &playback.recording.header;
        let who = t(world.lang, if header.root { "tui.recorded.root" } else { "tui.recorded.user" });
        let failure = playback.live.as_ref().and_then(|live| live.failure.as_ref());
        let why = match (failure, &playback.live) {
            (Some(failure), _) => {
                fill(world.lang, "tui.recorded.cannot", &[("what", &explain(world.lang, failure).what)])
            }
            (None, Some(_)) => t(world.lang, "tui.recorded.below").to_owned(),
            (None, None) => t(world.lang, "tui.recorded.file").to_owned(),
        };
        let machine = fill(
            world.lang,
            "tui.recorded.machine",
            &[("kernel", &header.kernel), ("cgroup", &header.cgroup), ("who", &who), ("date", &header.date)],
        );
        for (row, text) in (0..).zip([why, machine]) {
            let text = wrap::pad(&format!(" {}", clean::clean(&text)), area.width.into());
            let place = Rect { y: area.y.saturating_add(row), height: 1, ..area };
            frame.render_widget(Line::styled(text, world.theme.style(Role::Badge)), place.intersection(area));
        }
    }

    /// What is left of an area below the strip.
    pub(super) fn below_strip(&self, area: Rect) -> Rect {
        let rows = if self.playback.is_some() { STRIP.min(area.height) } else { 0 };
        Rect { y: area.y + rows, height: area.height - rows, ..area }
    }

    /// What the run was asked or told at this moment, for a recording that is being made.
    pub(super) fn tape(&self, event: &Event, world: &World, out: &mut Vec<Effect>) {
        if world.taped && self.playback.is_none() && self.workshop.is_none() && !self.run.trying() {
            let step = self.run.step().map_or_else(String::new, |step| step.id.clone());
            let acting = self.run.phase() == Phase::Acting;
            out.push(Effect::Tape { step, acting, event: Box::new(event.clone()) });
        }
    }
}
