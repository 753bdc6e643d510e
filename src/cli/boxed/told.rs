//! A kernel that tells every call as it is made, in the three notations, on standard error: parent and child alike, in
//! the order in which they happen.

use std::time::Instant;

use nix::errno::Errno;

use super::super::context::complain;
use crate::{
    container::notation::{docker, shell},
    i18n::{Lang, fill},
    kernel::{Call, Kernel, Traced},
    lab::{explain::explain_trace, trace::Actor},
};

/// Tells what goes through it.
#[derive(Debug)]
pub(super) struct Told {
    lang: Lang,
    began: Instant,
}

impl Told {
    pub(super) fn new(lang: Lang) -> Self {
        Self { lang, began: Instant::now() }
    }
}

impl Kernel for Told {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        let mut traced = Traced::new(crate::kernel::Linux, Actor::Subject);
        let result = traced.call(call);
        for trace in traced.into_traces() {
            let at = self.began.elapsed().as_micros();
            let mut text =
                fill(self.lang, "cli.box.call", &[("at", &at), ("line", &trace.line()), ("us", &trace.us)]);
            let notations = [("cli.auto.shell", shell(call)), ("cli.auto.docker", docker(call))];
            let notations = notations.into_iter().filter_map(|(key, line)| Some((key, line?)));
            let mut more: Vec<String> =
                notations.map(|(key, line)| fill(self.lang, key, &[("line", &line)])).collect();
            more.extend(explain_trace(self.lang, &trace).map(|said| said.why.to_owned()));
            for line in more {
                text.push_str("\n    ");
                text.push_str(&line);
            }
            complain(&text);
        }
        result
    }
}
