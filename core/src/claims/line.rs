//! The ranks that wait, as one short text: `41-57 59 61-`, `-` for none. The last range is open: whoever is ranked after it waits too, so
//! the text stays as it is when one more comes to the end of the line. Whoever knows their own rank finds their place by it, without
//! reading anyone else's claim.

use std::fmt;
use std::ops::RangeInclusive;

/// The end of a range that is open.
const OPEN: i64 = i64::MAX;

/// The ranks that wait for one thing, as ranges in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<RangeInclusive<i64>>);

impl Line {
    /// Those ranks, in order, where `last` is the last that was given.
    pub fn of(ranks: impl IntoIterator<Item = i64>, last: i64) -> Self {
        let mut line = Self::default();
        for rank in ranks {
            match line.0.last_mut() {
                Some(range) if *range.end() == rank - 1 => *range = *range.start()..=rank,
                _ => line.0.push(rank..=rank),
            }
        }
        if let Some(range) = line.0.last_mut().filter(|range| *range.end() == last) {
            *range = *range.start()..=OPEN;
        }
        line
    }

    /// Reads what [`Line::to_string`] wrote; what is no such text is nobody waiting.
    pub fn parse(text: &str) -> Self {
        let mut line = Self::default();
        for part in text.split(' ') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let last = if last.is_empty() { Ok(OPEN) } else { last.parse::<i64>() };
            if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last)
                && first <= last
                && line.0.last().is_none_or(|before| *before.end() < first)
            {
                line.0.push(first..=last);
            }
        }
        line
    }

    /// The place in the line of whoever has this rank, from 1; `None` if it does not wait.
    pub fn place(&self, rank: i64) -> Option<i64> {
        let mut before = 0_i64;
        for range in &self.0 {
            if range.contains(&rank) {
                return Some(before + (rank - range.start()) + 1);
            }
            before = before.saturating_add(range.end().saturating_sub(*range.start()).saturating_add(1));
        }
        None
    }

    /// The next rank was given, and waits or does not.
    pub fn given(&mut self, rank: i64, waits: bool) {
        if !waits {
            self.leave(rank);
        } else if self.0.last().is_none_or(|range| *range.end() < rank) {
            self.0.push(rank..=OPEN);
        }
    }

    /// This rank waits no longer.
    pub fn leave(&mut self, rank: i64) {
        let Some(at) = self.0.iter().position(|range| range.contains(&rank)) else { return };
        let range = self.0.remove(at);
        let parts = [*range.start()..=rank - 1, rank.saturating_add(1)..=*range.end()];
        for (n, part) in parts.into_iter().filter(|part| !part.is_empty()).enumerate() {
            self.0.insert(at + n, part);
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("-");
        }
        for (n, range) in self.0.iter().enumerate() {
            let gap = if n == 0 { "" } else { " " };
            match (*range.start(), *range.end()) {
                (first, OPEN) => write!(f, "{gap}{first}-")?,
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
    fn whoever_waits_finds_their_place_by_the_line() {
        let (mut line, mut set, mut last) = (Line::default(), BTreeSet::new(), 0);
        let mut seed = 7_u64;
        for _ in 0..4_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let dice = seed >> 33;
            if !dice.is_multiple_of(3) && !set.is_empty() {
                let nth = usize::try_from(dice / 3).unwrap() % set.len();
                let rank = *set.iter().nth(nth).unwrap();
                set.remove(&rank);
                line.leave(rank);
            } else {
                last += 1;
                let waits = !dice.is_multiple_of(7);
                if waits {
                    set.insert(last);
                }
                line.given(last, waits);
            }
            line = Line::parse(&line.to_string());
            for (n, rank) in set.iter().enumerate() {
                assert_eq!(line.place(*rank), Some(n as i64 + 1), "{line} {rank}");
                assert_eq!(Line::of(set.iter().copied(), last).place(*rank), Some(n as i64 + 1));
            }
            assert!((1..=last).filter(|rank| !set.contains(rank)).all(|rank| line.place(rank).is_none()), "{line}");
        }
    }

    #[test]
    fn one_more_at_the_end_changes_nothing_and_nonsense_is_nobody() {
        let mut line = Line::of(41..=57, 57);
        assert_eq!(line.to_string(), "41-");
        (58..=10_001).for_each(|rank| line.given(rank, rank != 58));
        assert_eq!((line.to_string().as_str(), line.place(10_001)), ("41-57 59-", Some(9_960)));
        assert_eq!(Line::of([3, 4, 6], 7).to_string(), "3-4 6");
        for text in ["", "-", "9-3", "x", "1-2-3"] {
            assert_eq!(Line::parse(text), Line::default(), "{text}");
        }
    }
}
