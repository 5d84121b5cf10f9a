#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gridwalk_tests::fuzz::run("photo", bytes));
