//! The target `card` of `oal-fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oal_fuzzing::chips::card::run(bytes);
});
