//! Randomness is an argument, so that tests and simulations can repeat themselves.

use std::sync::Mutex;

use super::cipher::sha256;

/// A source of unpredictable bytes.
pub trait HostRandom: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's randomness.
#[derive(Debug, Default)]
pub struct SystemRandom;

impl HostRandom for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no key may be made: there is nothing sensible to go on with.
        getrandom::fill(bytes).unwrap_or_else(|e| panic!("the operating system gives no randomness: {e}"));
    }
}

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
