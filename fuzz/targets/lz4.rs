//! The target `lz4` of `oal-fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oal_fuzzing::lz4::run(bytes);
});
