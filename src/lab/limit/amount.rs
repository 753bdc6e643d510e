//! How much: `max`, `100`, `64M`, `0.5`, `0-1`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Amount {
    /// No limit: `max`.
    Max,
    /// A plain number: `100`.
    Whole(u64),
    /// Bytes: `64M`.
    Bytes(u64),
    /// Thousandths of one: `0.5` is 500.
    Thousandths(u64),
    /// A list of processors: `0-1`, `0,2`.
    List(String),
}

/// Not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount: {0:?} (\"max\", \"100\", \"64M\", \"0.5\" or \"0-1\")")]
pub struct BadAmount(String);

/// The largest plain number, so that nothing overflows when it is multiplied.
const MOST: u64 = 1 << 40;

impl Amount {
    /// The number by itself; 0 where there is none.
    pub const fn number(&self) -> u64 {
        match self {
            Self::Whole(n) | Self::Bytes(n) | Self::Thousandths(n) => *n,
            Self::Max | Self::List(_) => 0,
        }
    }

    /// As the kernel takes it: `max`, or a plain number or list.
    pub fn plain(&self) -> String {
        match self {
            Self::Max => "max".to_owned(),
            Self::List(list) => list.clone(),
            other => other.number().to_string(),
        }
    }

    /// So many bytes, as they are said.
    pub const fn of_bytes(bytes: u64) -> Self {
        Self::Bytes(bytes)
    }
}

impl TryFrom<String> for Amount {
    type Error = BadAmount;

    fn try_from(text: String) -> Result<Self, BadAmount> {
        parse(&text).ok_or(BadAmount(text))
    }
}

fn parse(text: &str) -> Option<Amount> {
    if text == "max" {
        return Some(Amount::Max);
    }
    if let Some((whole, parts)) = text.split_once('.') {
        let digits = format!("{parts:0<3}");
        let thousandths = number(whole)? * 1000 + number(&digits).filter(|_| digits.len() == 3)?;
        return Some(Amount::Thousandths(thousandths)).filter(|_| thousandths > 0);
    }
    if text.contains(['-', ',']) {
        return list(text).then(|| Amount::List(text.to_owned()));
    }
    let (digits, shift) = match text.char_indices().next_back()? {
        (at, 'K' | 'k') => (text.get(..at)?, 10),
        (at, 'M' | 'm') => (text.get(..at)?, 20),
        (at, 'G' | 'g') => (text.get(..at)?, 30),
        _ => return number(text).map(Amount::Whole),
    };
    number(digits).filter(|n| *n > 0 && *n <= MOST >> shift).map(|n| Amount::Bytes(n << shift))
}

/// A plain number: digits and nothing else.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n <= MOST)
}

/// `0-1,3`: numbers, and ranges that go upwards.
fn list(text: &str) -> bool {
    text.split(',').all(|part| match part.split_once('-') {
        None => number(part).is_some(),
        Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
    })
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::Whole(n) => write!(f, "{n}"),
            Self::List(list) => f.write_str(list),
            Self::Thousandths(n) => {
                let parts = format!("{:03}", n % 1000);
                let parts = parts.trim_end_matches('0');
                if parts.is_empty() { write!(f, "{}", n / 1000) } else { write!(f, "{}.{parts}", n / 1000) }
            }
            Self::Bytes(n) => match n {
                n if *n > 0 && n.is_multiple_of(1 << 30) => write!(f, "{}G", n >> 30),
                n if *n > 0 && n.is_multiple_of(1 << 20) => write!(f, "{}M", n >> 20),
                n if *n > 0 && n.is_multiple_of(1 << 10) => write!(f, "{}K", n >> 10),
                n => write!(f, "{n}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_said_as_it_was_written() {
        for text in ["max", "100", "0", "64M", "1G", "512K", "0.5", "1.25", "0.125", "0-1", "0,2-3"] {
            assert_eq!(Amount::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        assert_eq!(Amount::try_from("64m".to_owned()), Ok(Amount::Bytes(64 << 20)));
        assert_eq!(Amount::try_from("1.0".to_owned()), Ok(Amount::Thousandths(1000)));
        assert_eq!(Amount::Thousandths(1000).to_string(), "1");
    }

    #[test]
    fn what_is_no_amount_is_refused_by_name() {
        for text in [
            "",
            "M",
            "0M",
            "-1",
            "1-",
            "3-1",
            "0.0",
            "0.1234",
            ".5",
            "1e3",
            "+5",
            "64MB",
            "99999999999999",
            " 1",
        ] {
            let error = Amount::try_from(text.to_owned()).unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "[-0-9.,KMGmax]{0,24}", any: String) {
            drop(Amount::try_from(text));
            drop(Amount::try_from(any));
        }

        #[test]
        fn bytes_come_back(n in 1_u64..(1 << 40)) {
            let said = Amount::Bytes(n).to_string();
            let back = Amount::try_from(said).unwrap();
            proptest::prop_assert_eq!(back.number(), n);
        }
    }
}
