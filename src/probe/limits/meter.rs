//! A rate from a counter that is read again and again.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The longest time that a rate is measured over, unless readings are further apart.
const WINDOW: Duration = Duration::from_secs(1);
/// The shortest: a quota has a period of 100 ms, and a rate over less than a few of them tells nothing.
const LEAST: Duration = Duration::from_millis(150);

/// The last readings of one counter.
#[derive(Debug, Default)]
pub(super) struct Meter(VecDeque<(Instant, i64)>);

impl Meter {
    /// Takes a reading; returns how much a second the counter grew lately, if that can be told.
    pub(super) fn rate(&mut self, now: Instant, count: i64) -> Option<i64> {
        self.0.push_back((now, count));
        while self.0.get(1).is_some_and(|(then, _)| now.duration_since(*then) >= WINDOW) {
            self.0.pop_front();
        }
        let (then, before) = *self.0.front()?;
        let time = now.duration_since(then);
        if time < LEAST {
            return None;
        }
        let grown = count.saturating_sub(before).max(0);
        Some((grown as f64 / time.as_secs_f64()) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_the_last_second() {
        let mut meter = Meter::default();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(meter.rate(at(0), 0), None);
        assert_eq!(meter.rate(at(100), 500), None, "too soon");
        assert_eq!(meter.rate(at(500), 500), Some(1000));
        assert_eq!(meter.rate(at(1500), 500), Some(0), "the growth is more than a second ago");
        assert_eq!(meter.rate(at(2000), 0), Some(0), "a counter that begins again");
    }
}
