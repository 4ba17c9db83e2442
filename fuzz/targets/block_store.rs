//! The target `block_store` of `oal-fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oal_fuzzing::store::block::run(bytes);
});
