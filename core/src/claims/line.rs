//! The ranks that wait, as one short text: `41-57 59 61-90`, `-` for none. Whoever knows their own rank finds their place in the line
//! by it, without reading anyone else's claim.

use std::fmt;
use std::ops::RangeInclusive;

/// The ranks that wait for one thing, as ranges in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<RangeInclusive<i64>>);

impl Line {
    /// Reads what [`Line::to_string`] wrote; what is no such text is nobody waiting.
    pub fn parse(text: &str) -> Self {
        let mut line = Self::default();
        for part in text.split(' ') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>())
                && first <= last
                && line.0.last().is_none_or(|before| *before.end() < first)
            {
                line.0.push(first..=last);
            }
        }
        line
    }

    /// How many wait.
    pub fn len(&self) -> i64 {
        self.0.iter().map(size).sum()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The place in the line of whoever has this rank, from 1; `None` if it does not wait.
    pub fn place(&self, rank: i64) -> Option<i64> {
        let mut before = 0;
        for range in &self.0 {
            if range.contains(&rank) {
                return Some(before + rank - range.start() + 1);
            }
            before += size(range);
        }
        None
    }

    /// This rank waits from now on.
    pub fn add(&mut self, rank: i64) {
        if self.place(rank).is_some() {
            return;
        }
        let at = self.0.iter().position(|range| *range.start() > rank).unwrap_or(self.0.len());
        self.0.insert(at, rank..=rank);
        // It may close the gap to either side.
        if self.0.get(at + 1).is_some_and(|next| *next.start() == rank + 1) {
            let next = self.0.remove(at + 1);
            self.0[at] = rank..=*next.end();
        }
        if at > 0 && *self.0[at - 1].end() == rank - 1 {
            let this = self.0.remove(at);
            self.0[at - 1] = *self.0[at - 1].start()..=*this.end();
        }
    }

    /// This rank waits no longer.
    pub fn remove(&mut self, rank: i64) {
        let Some(at) = self.0.iter().position(|range| range.contains(&rank)) else { return };
        let range = self.0.remove(at);
        let parts = [*range.start()..=rank - 1, rank + 1..=*range.end()];
        for (n, part) in parts.into_iter().filter(|part| !part.is_empty()).enumerate() {
            self.0.insert(at + n, part);
        }
    }
}

fn size(range: &RangeInclusive<i64>) -> i64 {
    range.end() - range.start() + 1
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("-");
        }
        for (n, range) in self.0.iter().enumerate() {
            let gap = if n == 0 { "" } else { " " };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{gap}{first}")?,
                (first, last) => write!(f, "{gap}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_line_is_the_set_of_its_ranks() {
        let (mut line, mut set) = (Line::default(), BTreeSet::new());
        let mut seed = 7_u64;
        for _ in 0..4_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let rank = i64::try_from(seed >> 33).unwrap() % 40 + 1;
            if seed >> 20 & 1 == 0 {
                line.add(rank);
                set.insert(rank);
            } else {
                line.remove(rank);
                set.remove(&rank);
            }
            line = Line::parse(&line.to_string());
            assert_eq!((line.len(), line.is_empty()), (set.len() as i64, set.is_empty()));
            for rank in 0..=41 {
                let place = set.contains(&rank).then(|| set.iter().filter(|other| **other <= rank).count() as i64);
                assert_eq!(line.place(rank), place, "{line} {rank}");
            }
        }
    }

    #[test]
    fn a_line_is_short_and_nonsense_is_nobody() {
        let mut line = Line::default();
        (41..=10_001).filter(|rank| *rank != 58).for_each(|rank| line.add(rank));
        assert_eq!(line.to_string(), "41-57 59-10001");
        for text in ["", "-", "9-3", "x", "5 4", "1-2-3"] {
            assert!(Line::parse(text).len() <= 1, "{text}");
        }
    }
}
