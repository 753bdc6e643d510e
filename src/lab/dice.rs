//! Chance that can be repeated: a small generator, the same on every machine for the same seed.

/// Numbers from a seed, by the multiplier and increment of Knuth's MMIX.
#[derive(Clone, Copy, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall alike for the same seed.
    pub const fn new(seed: u32) -> Self {
        Self(seed as u64 ^ 0x9E37_79B9_7F4A_7C15)
    }

    /// A number below `sides`; 0 where there are none.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // the low bits repeat soon
        usize::try_from(self.0 >> 33).unwrap_or_default().checked_rem(sides).unwrap_or_default()
    }

    /// Puts a list in another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_alike_and_every_side_comes_up() {
        let throw = |seed| {
            let mut dice = Dice::new(seed);
            (0..40).map(|_| dice.below(5)).collect::<Vec<_>>()
        };
        assert_eq!(throw(7), throw(7));
        assert_ne!(throw(7), throw(8));
        assert!((0..5).all(|side| throw(7).contains(&side)));
        let mut list: Vec<usize> = (0..8).collect();
        Dice::new(3).shuffle(&mut list);
        assert_ne!(list, (0..8).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..8).collect::<Vec<_>>(), "nothing is lost");
        assert_eq!(Dice::new(1).below(0), 0);
    }
}
