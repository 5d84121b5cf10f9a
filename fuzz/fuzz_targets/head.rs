#![no_main]

libfuzzer_sys::fuzz_target!(init: gridwalk_tests::fuzz::let_caught_panics_pass(), |bytes: &[u8]| gridwalk_tests::fuzz::run("head", bytes));
