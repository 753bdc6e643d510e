//! An order of one's own: the same seed gives the same order on every machine, for ever.

use super::kind::Choice;

/// Numbers from a seed: `SplitMix64` (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed: a student's number, an attempt's.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `below` − 1; 0 where that is 0.
    pub fn below(&mut self, below: usize) -> usize {
        let wide = u128::from(self.next()) * below as u128;
        usize::try_from(wide >> 64).unwrap_or_default()
    }
}

/// Puts things into an order of the seed's (Fisher and Yates).
pub fn shuffle<T>(things: &mut [T], random: &mut Random) {
    for last in (1..things.len()).rev() {
        things.swap(last, random.below(last + 1));
    }
}

/// The order in which options are shown: shuffled, but those that are fixed stay where the author put them.
pub fn options(options: &[Choice], random: &mut Random) -> Vec<usize> {
    let free: Vec<usize> =
        (0..options.len()).filter(|at| options.get(*at).is_some_and(|option| !option.fixed)).collect();
    let mut mixed = free.clone();
    shuffle(&mut mixed, random);
    let mut order: Vec<usize> = (0..options.len()).collect();
    for (place, at) in free.into_iter().zip(mixed) {
        if let Some(slot) = order.get_mut(place) {
            *slot = at;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn order(seed: u64, count: usize) -> Vec<usize> {
        let mut things: Vec<usize> = (0..count).collect();
        shuffle(&mut things, &mut Random::new(seed));
        things
    }

    #[test]
    fn the_numbers_are_the_published_ones() {
        let mut random = Random::new(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn nothing_is_lost_and_every_order_is_about_as_likely() {
        let mut seen = BTreeMap::<Vec<usize>, u32>::new();
        for seed in 0..24_000 {
            *seen.entry(order(seed, 4)).or_default() += 1;
        }
        assert_eq!(seen.len(), 24);
        assert!(seen.values().all(|times| (850..1150).contains(times)), "{seen:?}");
        assert_eq!(order(1, 0), [] as [usize; 0]);
        assert_eq!(order(7, 9), order(7, 9));
    }
}
