#![deny(unsafe_code)]
//! The crash explorer: does an image survive whatever power does?
//!
//! A *scenario* ([`scenario`]) is what a store was used for before, and what is done while power goes. It is
//! run once to count its operations, and then again for every one of them, and for every byte inside them,
//! with a cut there ([`mod@bench`]). After each cut the store is opened again, as at power-on; it must boot
//! what it is to boot, whole, and go on working ([`run`]).
//!
//! | module | what |
//! |---|---|
//! | [`model`] | what a store is to remember, in a few lines |
//! | [`run`] | sessions on the real store and on the model at once |
//! | [`media`] | the media, and what may happen to them |
//! | [`point`] | where something happens, and its name |
//! | [`scenario`] | what is done |
//! | [`mod@bench`] | the cases of a scenario on a medium |
//! | [`explorer`] | all of them, on all cores |
//! | [`mutant`] | stores with something wrong, which must be caught |
//! | [`wear`] | what a boot and a snapshot cost a medium |
//! | [`table`] | what is printed |
//!
//! Everything is decided by a case's name, `MEDIUM.SCENARIO.SEED.POINTS`, so every case can be run again.

pub mod bench;
pub mod explorer;
pub mod media;
pub mod model;
pub mod mutant;
pub mod point;
pub mod run;
pub mod scenario;
pub mod table;
pub mod wear;
