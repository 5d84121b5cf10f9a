//! The random numbers of CPython's `random.Random`, so that a community made here has the bytes of one made there.
//!
//! How often each method draws from the generator is part of its contract: one draw too many changes everything after it.

use std::collections::HashSet;

use rand_mt::Mt;

/// `random.Random(seed)` of CPython 3.11, as far as the workload uses it.
#[derive(Debug, Clone)]
pub struct PythonRandom(Mt);

impl PythonRandom {
    /// Seeds as `random.Random(seed)` does for an integer: its 32-bit words, lowest first, without leading zero words.
    pub fn new(seed: u64) -> Self {
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        let words = if high == 0 { 1 } else { 2 };
        Self(Mt::new_with_key([low, high].into_iter().take(words)))
    }

    /// `random()`: a float in `[0, 1)` of 53 random bits.
    pub fn random(&mut self) -> f64 {
        let high = f64::from(self.0.next_u32() >> 5);
        let low = f64::from(self.0.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// `randrange(n)`: an integer in `[0, n)`.
    ///
    /// # Panics
    ///
    /// Panics if `n` is 0 or above 2³¹ (more bits than one draw of the generator has to spare).
    pub fn below(&mut self, n: usize) -> usize {
        assert!((1..=1 << 31).contains(&n), "no number is below {n}");
        let bits = usize::BITS - n.leading_zeros();
        loop {
            let drawn = (self.0.next_u32() >> (32 - bits)) as usize;
            if drawn < n {
                return drawn;
            }
        }
    }

    /// `randint(low, high)`: an integer in `[low, high]`.
    pub fn int(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    /// `choice(items)`.
    pub fn choice<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// `choice(text)`: one character of a string.
    pub fn character(&mut self, text: &str) -> char {
        let index = self.below(text.chars().count());
        text.chars().nth(index).expect("the index is below the count")
    }

    /// `choices(items, weights)[0]`.
    pub fn weighted<'a, T>(&mut self, items: &'a [T], weights: &[u32]) -> &'a T {
        assert_eq!(items.len(), weights.len(), "every item has a weight");
        let drawn = self.random() * f64::from(weights.iter().sum::<u32>());
        let mut sum = 0;
        let passed = weights.iter().take_while(|&&weight| {
            sum += weight;
            f64::from(sum) <= drawn
        });
        // the last item also takes what rounding may put at the very end
        &items[passed.count().min(items.len() - 1)]
    }

    /// `sample(items, count)`: distinct items, in the order they were drawn.
    ///
    /// # Panics
    ///
    /// Panics if there are fewer items than asked for.
    pub fn sample<T: Clone>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let n = items.len();
        assert!(count <= n, "{count} cannot be drawn from {n}");
        // CPython weighs the memory of a set against that of a list, and draws differently for each
        let mut set_size = 21;
        if count > 5 {
            let mut table = 1;
            while table < count * 3 {
                table *= 4;
            }
            set_size += table;
        }
        if n <= set_size {
            let mut pool = items.to_vec();
            (0..count).map(|_| pool.swap_remove(self.below(pool.len()))).collect()
        } else {
            let mut taken = HashSet::new();
            let mut drawn = Vec::with_capacity(count);
            while drawn.len() < count {
                let index = self.below(n);
                if taken.insert(index) {
                    drawn.push(items[index].clone());
                }
            }
            drawn
        }
    }
}

/// `round(x, 6)`: the formatter rounds the exact binary value, halves to even, as CPython does.
pub fn round6(x: f64) -> f64 {
    format!("{x:.6}").parse().expect("a formatted float is a float")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_cpython_draws() {
        // r = random.Random(seed); [r.random(), r.randrange(1000), r.randint(-5, 5), r.choice("甲乙丙"),
        // r.choices("abc", [70, 20, 10])[0], r.sample(range(30), 6), r.sample(range(900), 6)]
        let digits: Vec<usize> = (0..900).collect();
        let mut r = PythonRandom::new(0);
        assert_eq!(r.random(), 0.8444218515250481);
        let mut r = PythonRandom::new(1 << 40);
        let drawn = (r.random(), r.below(1000), r.int(-5, 5), r.character("甲乙丙"), *r.weighted(&['a', 'b', 'c'], &[70, 20, 10]));
        assert_eq!(drawn, (0.1036394562812375, 686, -4, '乙', 'a'));
        assert_eq!(r.sample(&digits[..30], 6), [12, 20, 17, 2, 22, 21]);
        assert_eq!(r.sample(&digits, 6), [402, 704, 562, 327, 385, 770]);
    }

    #[test]
    fn rounds_as_cpython_rounds() {
        // the first three are exact halves in binary
        let cases = [(0.0078125, 0.007812), (0.0234375, 0.023438), (-0.0078125, -0.007812), (32.6200405, 32.620041), (1.0000005, 1.000001), (33.0, 33.0)];
        for (x, rounded) in cases {
            assert_eq!(round6(x), rounded, "{x}");
        }
    }
}
