//! The target `nor_store` of `oal-fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oal_fuzzing::store::nor::run(bytes);
});
