//! The target `console` of `oal-fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oal_fuzzing::console::run(bytes);
});
