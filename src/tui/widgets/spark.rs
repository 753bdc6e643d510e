//! A row of numbers as a row of bars: `▁▂▅█`.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The newest of the numbers, one a column, at most `width`; a full bar is `most` or, where none is given, the greatest of
/// them. Numbers below 0 are shown as 0, those above `most` as full.
pub(crate) fn line(numbers: &[i64], most: Option<i64>, width: usize) -> String {
    let newest = numbers.get(numbers.len().saturating_sub(width)..).unwrap_or_default();
    let most = most.or_else(|| newest.iter().copied().max()).unwrap_or_default().max(1);
    newest.iter().filter_map(|number| BARS.get(level(*number, most))).collect()
}

fn level(number: i64, most: i64) -> usize {
    let share = i128::from(number.clamp(0, most)) * 7;
    usize::try_from((share + i128::from(most) / 2) / i128::from(most)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_numbers_are_shown_against_the_greatest_or_a_limit() {
        let numbers = [5, 0, 1, 2, 4];
        assert_eq!(line(&numbers, None, 4), "▁▃▅█");
        assert_eq!(line(&numbers, Some(8), 5), "▅▁▂▃▅");
        assert_eq!(line(&[i64::MIN, i64::MAX], Some(1), 9), "▁█");
        assert_eq!(line(&[0, 0], None, 9), "▁▁");
        assert_eq!(line(&[], None, 9), "");
    }
}
