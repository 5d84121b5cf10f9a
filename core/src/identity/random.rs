//! Randomness is an argument, so that tests and simulations can repeat themselves.

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
