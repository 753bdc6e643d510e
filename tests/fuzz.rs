//! Fuzzing: what reads bytes that others wrote must neither panic nor pass its limits. Each target first takes everything
//! in `tests/fuzz/corpus/TARGET`, then makes its own: `KOROBKA_FUZZ_SECONDS` says for how long (`.ci/nightly`); without it
//! a target makes a few hundred. What breaks one is made small and named with its bytes: keep it in the corpus.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking; how far it came is shown by --nocapture"
)]

use std::{
    fmt::Debug,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};

#[path = "support/layers.rs"]
#[cfg(test)]
mod layers;

/// Cases between two looks at the clock.
const BATCH: u32 = 64;

/// How long each target goes on. Without the variable: for as many cases as take a second or two.
fn patience() -> Option<Duration> {
    let seconds = std::env::var("KOROBKA_FUZZ_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().unwrap_or_else(|_| panic!("KOROBKA_FUZZ_SECONDS={seconds}"))))
}

/// Everything that was kept for a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let dir = Path::new("tests/fuzz/corpus").join(target);
    let mut kept: Vec<_> = fs::read_dir(&dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .flatten()
        .map(|entry| (entry.path().display().to_string(), fs::read(entry.path()).unwrap()))
        .collect();
    kept.sort();
    assert!(!kept.is_empty(), "{}: empty", dir.display());
    kept
}

/// Gives a target inputs until its time is over; the first that breaks it fails the test, as small as it can be made.
fn make<S: Strategy>(target: &str, inputs: &S, check: impl Fn(S::Value))
where
    S::Value: Clone + Debug,
{
    let (begin, patience) = (Instant::now(), patience());
    let mut made = 0;
    loop {
        let config = Config { cases: BATCH, failure_persistence: None, ..Config::default() };
        let outcome = TestRunner::new(config).run(inputs, |input| {
            check(input);
            Ok::<(), TestCaseError>(())
        });
        match outcome {
            Ok(()) => made += BATCH,
            Err(TestError::Fail(why, input)) => panic!("{target}: {why}\nkeep this: {input:?}"),
            Err(TestError::Abort(why)) => panic!("{target}: {why}"),
        }
        if patience.map_or(made >= 2 * BATCH, |patience| begin.elapsed() >= patience) {
            break;
        }
    }
    println!("{target}: {made} inputs in {} s", begin.elapsed().as_secs());
}

#[cfg(test)]
mod fuzz {
    mod archives;
    mod kernel;
}
