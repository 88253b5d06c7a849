#![no_main]
#![allow(unsafe_code, reason = "libFuzzer calls in from C++")]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| holdfast_fuzz::text(bytes));
