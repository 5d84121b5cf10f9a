//! The parsers of bytes from outside, on the kept corpus and on mutations of real structures. `cargo xtask fuzz` runs the same
//! functions under libFuzzer, which looks where it gets; that needs a build of its own and is not part of this suite.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once, also in its helpers")]

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use gridwalk_tests::fuzz::{TARGETS, seeds};
use gridwalk_tests::simulate::Dice;

/// Mutations of each target's inputs.
const MUTATIONS: usize = 3000;
/// Of files to import, which are read four times each, row by row.
const IMPORT_MUTATIONS: usize = 300;

/// Some bytes changed, cut, doubled, or put together from two inputs.
fn mutated(dice: &mut Dice, inputs: &[Vec<u8>]) -> Vec<u8> {
    let pick = |dice: &mut Dice| inputs[dice.below(inputs.len() as u64) as usize].clone();
    let mut bytes = pick(dice);
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() as u64 + 1) as usize;
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, dice.throw() as u8),
            2 => {
                let other = pick(dice);
                let from = dice.below(other.len() as u64 + 1) as usize;
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            3 => {
                let part = bytes[at..].to_vec();
                bytes.splice(at..at, part);
            }
            // The values at the edges of what numbers can be.
            4 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5) as usize],
            _ if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            _ => {}
        }
        bytes.truncate(1 << 16);
    }
    bytes
}

#[tokio::test]
async fn parsers_of_outside_bytes_take_anything() {
    let dir = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut inputs: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    for (name, bytes) in seeds(dir.path()).await.unwrap() {
        inputs.entry(name).or_default().push(bytes);
    }
    for target in TARGETS {
        let inputs = inputs.entry(target.name).or_default();
        // What fuzzing found and is worth keeping; not every target has any yet.
        let kept = corpus.join(target.name);
        if kept.is_dir() {
            inputs.extend(fs::read_dir(kept).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()));
        }
        let inputs: &[Vec<u8>] = inputs;
        assert!(!inputs.is_empty(), "{} has no inputs to begin with", target.name);
        let mut dice = Dice::new(1);
        let mutations = if target.name == "import" { IMPORT_MUTATIONS } else { MUTATIONS };
        let tries = inputs.iter().cloned().chain((0..mutations).map(|_| mutated(&mut dice, inputs)));
        for bytes in tries {
            let run = AssertUnwindSafe(|| (target.run)(&bytes));
            assert!(catch_unwind(run).is_ok(), "{} panics on {bytes:02x?}; keep it in fuzz/corpus/{}", target.name, target.name);
        }
    }
}
