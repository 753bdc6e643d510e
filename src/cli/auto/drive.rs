//! Drives a run with a stage, and tells a reporter what came of each step.

use std::time::{Duration, Instant};

use crate::{
    lab::{
        action::Scene,
        run::{Acted, Ask, Outcome, Phase, Run, Status},
        step::{Lab, Step},
        trace::{Failure, Trace},
    },
    stage::protocol::{Event, HostInfo, Request},
};

/// Whoever carries out requests.
pub(super) trait Peer {
    fn ask(&mut self, request: &Request) -> anyhow::Result<()>;
    /// Waits for the next event.
    fn event(&mut self) -> anyhow::Result<Event>;
    /// Is told where the run stands before it is asked something.
    fn at(&mut self, _: &Run) {}
    /// The next event, if one comes in time.
    fn soon(&mut self, _: Duration) -> anyhow::Result<Option<Event>> {
        Ok(None)
    }
    /// A step has its outcome.
    fn settled(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Whoever is told.
pub(super) trait Reporter {
    fn lab(&mut self, lab: &Lab, host: &HostInfo, recorded: bool) -> std::io::Result<()>;
    fn step(&mut self, done: Done<'_>) -> std::io::Result<()>;
    fn summary(&mut self, tally: &Tally) -> std::io::Result<()>;
}

/// A step that has been acted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done<'a> {
    /// From 1.
    pub number: usize,
    pub step: &'a Step,
    /// The calls that prepared it.
    pub prepared: &'a [Trace],
    pub outcome: &'a Outcome,
    pub scene: Scene,
}

impl Done<'_> {
    /// Every call, in order.
    pub(super) fn traces(&self) -> impl Iterator<Item = &Trace> {
        self.prepared.iter().chain(&self.outcome.traces)
    }
}

/// How many steps passed, failed or could not be tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub passed: usize,
    pub failed: usize,
    pub unavailable: usize,
    /// Microseconds from the first request to the last answer.
    pub us: u64,
    /// Why the first step that could not be tried could not.
    pub cause: Option<Failure>,
}

/// What the driver is told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// One step only.
    pub only: Option<usize>,
    /// Whether the peer is a recording.
    pub recorded: bool,
}

/// Acts every step of a lab, or only one.
pub(super) fn drive(
    peer: &mut dyn Peer,
    lab: Lab,
    Told { only, recorded }: Told,
    reporter: &mut dyn Reporter,
) -> anyhow::Result<Tally> {
    let host = greet(peer)?;
    reporter.lab(&lab, &host, recorded)?;
    let begun = Instant::now();
    let mut run = Run::new(lab, host.uid == 0);
    run.set_seats(host.controllers());
    let scene = run.scene();
    let mut tally = Tally::default();
    let mut ask = run.jump(only.unwrap_or(0));
    while run.step().is_some() {
        let prepared = carry_out(peer, &mut run, ask)?;
        peer.settled()?;
        let outcome = run.outcome_of(run.index());
        if let Some((step, outcome)) = run.step().zip(outcome) {
            tally.count(outcome);
            reporter.step(Done { number: run.index() + 1, step, prepared: &prepared, outcome, scene })?;
        }
        let at = run.index();
        ask = if only.is_some() { None } else { run.forward() };
        if run.index() == at {
            break;
        }
    }
    tally.us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    reporter.summary(&tally)?;
    Ok(tally)
}

/// The stage is greeted by whoever starts it.
fn greet(peer: &mut dyn Peer) -> anyhow::Result<HostInfo> {
    loop {
        if let Event::Ready { host, .. } = peer.event()? {
            return Ok(host);
        }
    }
}

/// Brings the step to its outcome; returns the calls that prepared it.
fn carry_out(peer: &mut dyn Peer, run: &mut Run, first: Option<Ask>) -> anyhow::Result<Vec<Trace>> {
    let mut prepared = Vec::new();
    let mut ask = first;
    loop {
        if let Some(ask) = ask.take() {
            peer.at(run);
            peer.ask(&match ask {
                Ask::Open { replay, sights } => Request::Open { replay, sights },
                Ask::Act { actions } => Request::Act { actions },
            })?;
        }
        match run.phase() {
            Phase::Predict => ask = run.enter(),
            Phase::Observed | Phase::Gone { .. } => return Ok(prepared),
            Phase::Entering | Phase::Acting => {
                let entering = run.phase() == Phase::Entering;
                match peer.event()? {
                    Event::Opened { observation } => run.opened(observation),
                    Event::Acted { before, after, traces, failure } => {
                        if entering && failure.is_none() {
                            prepared.clone_from(&traces);
                        }
                        run.acted(Acted { before, after, traces, failure });
                    }
                    Event::Observed { whose, observation } => run.observed(whose, observation),
                    Event::Failed { failure } => run.failed(failure),
                    Event::SubjectGone { signal } => run.subject_gone(signal),
                    _ => {}
                }
            }
        }
    }
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        match outcome.status {
            Status::Passed => self.passed += 1,
            Status::Failed => self.failed += 1,
            Status::Unavailable => {
                self.unavailable += 1;
                if self.cause.is_none() {
                    self.cause.clone_from(&outcome.failure);
                }
            }
        }
    }
}
