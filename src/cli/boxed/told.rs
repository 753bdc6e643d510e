//! A kernel that tells every call as it is made, in the three notations, on standard error: parent and child alike, in
//! the order in which they happen.

use std::{fmt::Write, time::Instant};

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
            for (key, line) in [("cli.auto.shell", shell(call)), ("cli.auto.docker", docker(call))] {
                if let Some(line) = line {
                    // writing into a string cannot fail
                    let _: Result<(), std::fmt::Error> =
                        write!(text, "\n    {}", fill(self.lang, key, &[("line", &line)]));
                }
            }
            if let Some(said) = explain_trace(self.lang, &trace) {
                let _: Result<(), std::fmt::Error> = write!(text, "\n    {}", said.why);
            }
            complain(&text);
        }
        result
    }
}
