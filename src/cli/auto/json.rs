//! The report as JSON lines; the format is described, and promised, in `docs/lab-json.md`.

use std::io::{self, Write};

use serde::Serialize;

use super::drive::{Done, Reporter, Tally};
use crate::{
    i18n::Lang,
    lab::{observation::Value, step::Lab},
    stage::protocol::HostInfo,
};

/// Writes one object a line.
pub(super) struct Json<'a> {
    out: &'a mut dyn Write,
    lang: Lang,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line<'a> {
    Lab { id: &'a str, mode: &'a str, kernel: &'a str, cgroup: &'a str, user: u32 },
    Step { id: &'a str, status: &'a str, reason: Option<String> },
    Trace { step: &'a str, call: &'a str, args: &'a [String], result: i64, errno: Option<&'a str>, us: u64 },
    Fact { step: &'a str, id: String, before: Option<&'a Value>, after: Option<&'a Value> },
    Expectation { step: &'a str, id: String, met: bool },
    Summary { passed: usize, failed: usize, unavailable: usize, us: u64 },
}

impl<'a> Json<'a> {
    pub(super) fn new(out: &'a mut dyn Write, lang: Lang) -> Self {
        Self { out, lang }
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        writeln!(self.out)
    }
}

impl Reporter for Json<'_> {
    fn lab(&mut self, lab: &Lab, host: &HostInfo, recorded: bool) -> io::Result<()> {
        let live = if host.uid == 0 { "live-root" } else { "live" };
        self.line(&Line::Lab {
            id: &lab.id,
            mode: if recorded { "recorded" } else { live },
            kernel: &host.kernel,
            cgroup: &host.cgroup,
            user: host.uid,
        })
    }

    fn step(&mut self, done: Done<'_>) -> io::Result<()> {
        let Done { step, outcome, .. } = done;
        let reason = outcome.reason(step, self.lang);
        self.line(&Line::Step { id: &step.id, status: outcome.status.name(), reason })?;
        for trace in done.traces() {
            self.line(&Line::Trace {
                step: &step.id,
                call: &trace.call,
                args: &trace.args,
                result: trace.result,
                errno: trace.errno.as_deref(),
                us: trace.us,
            })?;
        }
        for id in &outcome.changed {
            let (before, after) = (outcome.before.get(*id), outcome.after.get(*id));
            self.line(&Line::Fact { step: &step.id, id: id.to_string(), before, after })?;
        }
        for (expectation, met) in step.expect.iter().zip(&outcome.met) {
            self.line(&Line::Expectation { step: &step.id, id: expectation.id(), met: *met })?;
        }
        Ok(())
    }

    fn summary(&mut self, tally: &Tally) -> io::Result<()> {
        let Tally { passed, failed, unavailable, us, .. } = *tally;
        self.line(&Line::Summary { passed, failed, unavailable, us })
    }
}
