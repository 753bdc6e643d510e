//! What the stage says.

use super::{LabScreen, Page, Stage};
use crate::{
    i18n::t,
    lab::{
        explain,
        observation::Whose,
        run::{Acted, Outcome, Phase, Run},
        trace::Failure,
    },
    stage::protocol::{Event, Request},
    store::Entry,
    tui::{effect::Effect, model::World, popups::inspector::Raw},
};

/// Looks a second while a lab is open.
const HZ: u8 = 10;

impl LabScreen {
    /// Takes an event in; the source of a fact is for the inspector and comes back.
    pub(crate) fn stage(&mut self, event: Event, world: &mut World, out: &mut Vec<Effect>) -> Option<Raw> {
        if self.live_hears(&event) {
            return None;
        }
        self.tape(&event, world, out);
        let passed = self.passed_here();
        let looked = matches!(
            &event,
            Event::Opened { .. } | Event::Acted { .. } | Event::Observed { whose: Whose::Subject, .. }
        );
        match event {
            Event::Ready { host, .. } => {
                if self.run.scene().root != (host.uid == 0) {
                    self.run = Run::new(self.run.lab().clone(), host.uid == 0);
                }
                self.run.set_seats(host.controllers());
                self.stage = Stage::Ready(host);
                self.find_recording(world);
                let start = self.start;
                if self.workshop.is_some() {
                    self.begin_exercise(out);
                } else {
                    self.jump(start, out);
                }
                out.push(Effect::Ask(Request::Watch { hz: HZ }));
            }
            Event::Opened { observation } => {
                self.history.begin();
                self.run.opened(observation);
            }
            Event::Acted { before, after, traces, failure } => {
                self.run.acted(Acted { before, after, traces, failure });
            }
            Event::Observed { whose, observation } => self.run.observed(whose, observation),
            Event::ShellStarted { pid, observation } => self.run.shell_started(pid, observation),
            Event::ShellEnded { .. } => {
                self.run.shell_ended();
                // it goes with the process of the step before
                let entering = self.run.phase() == Phase::Entering && self.shell.is_some();
                self.no_shell(entering.then(|| t(world.lang, "tui.lab.shell_closed").to_owned()));
                out.push(Effect::CloseShell);
            }
            Event::SubjectGone { signal } => {
                self.run.subject_gone(signal);
                self.controls = None;
            }
            Event::Raw { fact, source, text } => return Some(Raw { fact, source, text }),
            Event::Dialled { measured } => self.dialled(measured),
            Event::Failed { failure } => self.failed(failure, world, out),
        }
        self.note(looked);
        self.workshop_goes_on(out);
        if !passed && self.workshop.is_none() && self.passed_here() {
            self.dial_follows();
            self.remember(world, out);
        }
        None
    }

    /// After a look at the subject, keeps its numbers for the panels.
    fn note(&mut self, looked: bool) {
        if let Some(seen) = self.run.now().filter(|_| looked) {
            self.history.note(seen);
        }
    }

    /// There is no stage any more.
    pub(crate) fn lost(&mut self, why: String) {
        self.end_recorded();
        self.stage = Stage::Lost(why);
        self.run.shell_ended();
        self.run.subject_gone(None);
        self.controls = None;
        if let Some(board) = &mut self.dial {
            board.lost();
        }
        self.workshop_lost();
        self.no_shell(None);
    }

    /// A request could not be carried out: the run's, or else the one for a shell.
    fn failed(&mut self, failure: Failure, world: &World, out: &mut Vec<Effect>) {
        if self.run.trying() || matches!(self.run.phase(), Phase::Entering | Phase::Acting) {
            self.run.failed(failure);
        } else if !self.dial_failed(&failure) && self.shell.is_some() {
            let explained = explain::explain(world.lang, &failure);
            self.no_shell(Some(format!("{}. {}", explained.what, explained.try_next)));
            out.push(Effect::CloseShell);
        }
    }

    fn passed_here(&self) -> bool {
        self.run.outcome().is_some_and(Outcome::passed)
    }

    fn remember(&mut self, world: &mut World, out: &mut Vec<Effect>) {
        self.turn(Page::Result);
        self.controls = None;
        let (Some(step), Some(outcome)) = (self.run.step(), self.run.outcome()) else { return };
        let rows = outcome.prediction.as_ref().map_or(&[][..], |graded| &graded.rows);
        let hits = rows.iter().filter(|(_, grade)| grade.right()).count();
        let entry = Entry::StepPassed {
            lab: self.run.lab().id.clone(),
            step: step.id.clone(),
            by_hand: outcome.by_hand,
            hits,
            misses: rows.len() - hits,
            confidence: outcome.prediction.as_ref().and_then(|graded| graded.confidence),
            hints: self.run.hints_taken(self.run.index()),
        };
        world.remember(entry, out);
    }
}
