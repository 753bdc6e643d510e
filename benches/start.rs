//! What the first frame waits for before it can be drawn: `cargo bench --bench start`. Prints medians and the first run
//! (nothing cached) in milliseconds.

use std::{
    io::{self, Write},
    time::Instant,
};

use korobka::{
    course::Course,
    store::{Entry, Store},
};

const RUNS: usize = 51;
/// What a diligent student leaves behind: each of 600 pages turned to three times.
const EVENTS: usize = 1800;

/// The first time and the median of many, in milliseconds.
fn times<T>(mut start: impl FnMut() -> T) -> (f64, f64) {
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            std::hint::black_box(start());
            begin.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    let first = times.first().copied().unwrap_or_default();
    times.sort_by(f64::total_cmp);
    (first, times.get(RUNS / 2).copied().unwrap_or_default())
}

fn main() -> io::Result<()> {
    let course = times(Course::embedded);
    let dir = tempfile::tempdir()?;
    let fresh = Instant::now();
    let (mut store, _) = Store::open(dir.path());
    let fresh = fresh.elapsed().as_secs_f64() * 1000.0;
    for n in 0..EVENTS {
        let entry = Entry::PageRead { lesson: format!("lesson-{}", n % 20), page: n / 20 % 30, pages: 30 };
        store.record(&entry).map_err(io::Error::other)?;
    }
    drop(store);
    let existing = times(|| Store::open(dir.path()));
    let mut out = io::stdout().lock();
    writeln!(out, "course {:.3} first {:.3}", course.1, course.0)?;
    writeln!(out, "store {:.3} first {:.3} new {fresh:.3}", existing.1, existing.0)
}
