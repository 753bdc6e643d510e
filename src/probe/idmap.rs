//! `/proc/PID/uid_map` and `gid_map`, `user_namespaces(7)`.

/// The id that stands for "not mapped here", `/proc/sys/kernel/overflowuid`.
pub const OVERFLOW: u32 = 65534;

/// Which ids of a user namespace stand for which ids outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdMap(Vec<Range>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    inside: u32,
    outside: u32,
    count: u32,
}

impl IdMap {
    /// Reads a map file. A namespace without a map has an empty one.
    pub fn parse(bytes: &[u8]) -> Self {
        Self(String::from_utf8_lossy(bytes).lines().filter_map(Range::parse).collect())
    }

    /// The id inside that stands for an id outside; [`OVERFLOW`] where none does.
    pub fn inside(&self, outside: u32) -> u32 {
        self.0.iter().find_map(|range| range.inside(outside)).unwrap_or(OVERFLOW)
    }

    /// One item a range: `0 1000 1`.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(|r| format!("{} {} {}", r.inside, r.outside, r.count)).collect()
    }
}

impl Range {
    fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.split_whitespace().map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { inside: next()?, outside: next()?, count: next()? })
    }

    fn inside(self, outside: u32) -> Option<u32> {
        let offset = outside.checked_sub(self.outside).filter(|offset| *offset < self.count)?;
        self.inside.checked_add(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_through_the_map_or_overflow() {
        let map = IdMap::parse(b"         0       1000          1\n         1     100000      65536\n");
        assert_eq!(map.inside(1000), 0);
        assert_eq!(map.inside(100_000), 1);
        assert_eq!(map.inside(165_535), 65536);
        assert_eq!([map.inside(0), map.inside(1001), map.inside(165_536)], [OVERFLOW; 3]);
        assert_eq!(map.lines(), ["0 1000 1", "1 100000 65536"]);
        assert_eq!(IdMap::parse(b"").inside(0), OVERFLOW, "no map written yet");
        assert_eq!(IdMap::parse(b"0 0 4294967295").inside(1000), 1000, "the first user namespace");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, numbers: [u32; 3], id: u32) {
            IdMap::parse(&bytes).inside(id);
            let [inside, outside, count] = numbers;
            IdMap::parse(format!("{inside} {outside} {count}").as_bytes()).inside(id);
        }
    }
}
