//! The report for people: one statement a line, no drawing, so that a screen reader reads it well.

use std::{
    fmt::Display,
    io::{self, Write},
};

use super::{
    drive::{Done, Reporter, Tally},
    plain,
};
use crate::{
    i18n::{Lang, fill, t},
    lab::{
        action::{Action, shell_lines},
        explain::explain,
        fact::FactId,
        observation::{Observation, Value},
        run::Status,
        step::Lab,
        trace::Actor,
    },
    stage::protocol::HostInfo,
};

/// Writes one statement a line.
pub(super) struct Text<'a> {
    out: &'a mut dyn Write,
    lang: Lang,
}

impl<'a> Text<'a> {
    pub(super) fn new(out: &'a mut dyn Write, lang: Lang) -> Self {
        Self { out, lang }
    }

    fn say(&mut self, key: &'static str, values: &[(&str, &dyn Display)]) -> io::Result<()> {
        let line = fill(self.lang, key, values);
        writeln!(self.out, "{}", plain::printable(&line))
    }

    fn prose(&mut self, markdown: &str) -> io::Result<()> {
        plain::lines(markdown).iter().try_for_each(|line| writeln!(self.out, "{}", plain::printable(line)))
    }

    fn notations(&mut self, done: &Done<'_>) -> io::Result<()> {
        for trace in done.traces() {
            let key = match trace.actor {
                Actor::Subject => "cli.auto.call",
                Actor::Stage => "cli.auto.call_outside",
            };
            self.say(key, &[("line", &trace.line()), ("us", &trace.us)])?;
        }
        for line in shell_lines(&done.step.actions, done.scene) {
            self.say("cli.auto.shell", &[("line", &line)])?;
        }
        let mut docker: Vec<_> = done.step.actions.iter().filter_map(Action::docker).collect();
        docker.dedup();
        for line in docker {
            self.say("cli.auto.docker", &[("line", &line)])?;
        }
        Ok(())
    }

    fn change(&mut self, id: FactId, before: &Observation, after: &Observation) -> io::Result<()> {
        let short = |seen: &Observation| match seen.get(id) {
            Some(Value::List(items)) if !items.is_empty() => items.join(", "),
            value => value.map(Value::short).filter(|s| !s.is_empty()).unwrap_or_else(|| "—".to_owned()),
        };
        let short = |seen: &Observation| id.fact.say(&short(seen), self.lang);
        let side = t(self.lang, id.side.key());
        self.say(
            "cli.auto.changed",
            &[
                ("label", &id.fact.label(self.lang)),
                ("side", &side),
                ("before", &short(before)),
                ("after", &short(after)),
            ],
        )
    }

    fn verdict(&mut self, done: &Done<'_>) -> io::Result<()> {
        let Done { step, outcome, .. } = done;
        let reason = outcome.reason(step, self.lang).unwrap_or_default();
        match outcome.status {
            Status::Passed => {
                self.say("cli.auto.passed", &[])?;
                self.prose(step.after.get(self.lang))?;
            }
            Status::Failed => self.say("cli.auto.failed", &[("reason", &reason)])?,
            Status::Unavailable => self.say("cli.auto.unavailable", &[("reason", &reason)])?,
        }
        if let Some(failure) = &outcome.failure {
            self.say("cli.auto.try", &[("try", &explain(self.lang, failure).try_next)])?;
        }
        Ok(())
    }
}

impl Reporter for Text<'_> {
    fn lab(&mut self, lab: &Lab, host: &HostInfo, recorded: bool) -> io::Result<()> {
        self.say("cli.auto.lab", &[("id", &lab.id), ("title", &lab.title.get(self.lang))])?;
        let key = match (recorded, host.uid == 0) {
            (true, true) => "cli.auto.recorded_root",
            (true, false) => "cli.auto.recorded",
            (false, true) => "cli.auto.live_root",
            (false, false) => "cli.auto.live",
        };
        self.say(key, &[("kernel", &host.kernel), ("cgroup", &host.cgroup), ("uid", &host.uid)])?;
        self.prose(lab.intro.get(self.lang))
    }

    fn step(&mut self, done: Done<'_>) -> io::Result<()> {
        let Done { number, step, outcome, .. } = done;
        writeln!(self.out)?;
        let title = step.title.get(self.lang);
        self.say("cli.auto.step", &[("number", &number), ("id", &step.id), ("title", &title)])?;
        self.prose(step.text.get(self.lang))?;
        self.notations(&done)?;
        for id in &outcome.changed {
            self.change(*id, &outcome.before, &outcome.after)?;
        }
        // Of a refused step, what was expected was not looked for.
        let looked_for = step.expect.iter().zip(&outcome.met).filter(|_| outcome.failure.is_none());
        for (expectation, met) in looked_for {
            let key = if *met { "cli.auto.met" } else { "cli.auto.unmet" };
            self.say(key, &[("words", &expectation.words(self.lang))])?;
        }
        self.verdict(&done)
    }

    fn summary(&mut self, tally: &Tally) -> io::Result<()> {
        let Tally { passed, failed, unavailable, us, .. } = tally;
        writeln!(self.out)?;
        self.say(
            "cli.auto.summary",
            &[
                ("passed", passed),
                ("failed", failed),
                ("unavailable", unavailable),
                ("ms", &format!("{}.{}", us / 1000, us % 1000 / 100)),
            ],
        )
    }
}
