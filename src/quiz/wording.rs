//! When two short answers are the same words.

/// Whether they are the same but for case, spaces, and the dots of «ё». A word is not turned round or corrected: what was
/// meant is for a person to judge.
pub fn same(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// The form in which answers are compared, and counted in a hall.
pub fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").replace('ё', "е")
}

/// A number as people type it: a comma for the point, spaces between thousands.
pub fn number(text: &str) -> Option<f64> {
    let plain: String =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == ',' { '.' } else { c }).collect();
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_and_dots_make_no_difference() {
        for (one, other) in
            [("docker ps", "  Docker   PS "), ("счётчик", "СЧЕТЧИК"), ("Ёж", "еж"), ("", " \t"), ("ΑΣ", "ας")]
        {
            assert!(same(one, other) || folded(one) == folded(&other.to_lowercase()), "{one}: {other}");
        }
        for (one, other) in [("docker ps", "dockerps"), ("й", "и"), ("a", "а"), ("-p", "p")] {
            assert!(!same(one, other), "{one}: {other}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_typed() {
        for (text, value) in
            [("443", Some(443.0)), (" 1 024 ", Some(1024.0)), ("0,5", Some(0.5)), ("-1.5", Some(-1.5))]
        {
            assert_eq!(number(text), value, "{text}");
        }
        for text in ["", "x", "1e999", "nan", "inf", "1.2.3", "1,2,3"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
