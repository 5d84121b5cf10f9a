//! Randomness that repeats itself, for tests and simulations only.

use std::sync::Mutex;

use super::HostRandom;
use super::cipher::sha256;

/// Repeatable bytes from a seed; for tests and simulations only.
#[derive(Debug)]
pub struct SeededRandom(Mutex<[u8; 32]>);

impl SeededRandom {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(sha256(&seed.to_le_bytes())))
    }
}

impl HostRandom for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(16) {
            *state = sha256(&*state);
            chunk.copy_from_slice(&state[..chunk.len()]);
        }
    }
}
