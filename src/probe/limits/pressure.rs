//! Pressure: for how long somebody had to wait, `psi.rst`. The machine's, and a cgroup's own.

use std::path::Path;

use super::Files;
use crate::{
    lab::{
        fact::{Fact, FactId},
        observation::Value,
    },
    probe::{Facts, value::missing},
};

const FILES: [(Fact, &str); 3] = [(Fact::PsiCpu, "cpu"), (Fact::PsiMemory, "memory"), (Fact::PsiIo, "io")];

pub(super) fn of_machine(proc: &Path, files: &mut Files, facts: &mut Facts) {
    for (fact, name) in FILES {
        let read = files.text(&proc.join("pressure").join(name));
        facts.insert(FactId::host(fact), read.map_or_else(|error| missing(&error), |text| waited(&text)));
    }
}

pub(super) fn of_group(dir: &Path, files: &mut Files, facts: &mut Facts) {
    for (fact, name) in FILES {
        if let Ok(text) = files.text(&dir.join(format!("{name}.pressure"))) {
            facts.insert(FactId::subject(fact), waited(&text));
        }
    }
}

/// Milliseconds: `some avg10=0.00 avg60=0.00 avg300=0.00 total=12345`.
fn waited(text: &str) -> Value {
    let some = text.lines().find_map(|line| line.strip_prefix("some "));
    let total = some.and_then(|line| {
        line.split(' ').find_map(|word| word.strip_prefix("total=")?.trim().parse::<i64>().ok())
    });
    total.map_or_else(super::absent, |us| Value::Number(us / 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_told_in_milliseconds() {
        let text = "some avg10=1.00 avg60=0.00 avg300=0.00 total=12345\nfull avg10=0.00 total=99\n";
        assert_eq!(waited(text), Value::Number(12));
        assert!(matches!(waited("full total=1"), Value::Missing { .. }));
    }
}
