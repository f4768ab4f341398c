#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| facilitator_markers_fuzz::ids::check(bytes));
