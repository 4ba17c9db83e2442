//! Errors as the console tells them: a name for programs, a sentence for people.

use core::fmt::Debug;

use heapless::String;
use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::store::StoreError;
use oal_snapshot::take::TakeError;

/// Why a command did not work.
#[derive(Clone, Debug)]
pub struct Failure {
    /// In kebab case.
    pub reason: &'static str,
    /// For people.
    pub sentence: String<100>,
}

impl Failure {
    /// A failure with a fixed sentence of at most 100 bytes.
    pub fn new(reason: &'static str, sentence: &str) -> Failure {
        Failure { reason, sentence: sentence.try_into().unwrap_or_default() }
    }

    fn detailed(reason: &'static str, sentence: core::fmt::Arguments<'_>) -> Failure {
        let mut failure = Failure::new(reason, "");
        // A longer sentence ends early.
        let _ = core::fmt::Write::write_fmt(&mut failure.sentence, sentence);
        failure
    }
}

/// There is no store.
pub fn no_store(why: ColdBoot) -> Failure {
    Failure::detailed(why.reason.name(), format_args!("There is no place for snapshots: {}.", why.reason))
}

/// The store failed.
pub fn store<E: Debug>(error: &StoreError<E>) -> Failure {
    match error {
        StoreError::DoesNotFit { needed, slot, single } => Failure::detailed(
            "does-not-fit",
            format_args!("The image has {needed} bytes, a slot {slot}; `slots one` would make it {single}."),
        ),
        StoreError::Device(error) => {
            Failure::detailed("device-error", format_args!("The medium failed: {error:?}."))
        }
        StoreError::Verify => Failure::new("verify-failed", "What was read back is not what was written."),
        StoreError::OutOfSequence => Failure::new("out-of-sequence", "The image was not written in order."),
        StoreError::NoSuchImage => Failure::new("no-such-image", "The store has no such image."),
        StoreError::OutOfRange => Failure::new("out-of-range", "The range is not in the image."),
        StoreError::LogExhausted => {
            Failure::new("log-exhausted", "The store's sequence numbers are used up.")
        }
        _ => Failure::detailed("store-error", format_args!("The store failed: {error:?}.")),
    }
}

/// The snapshot failed.
pub fn take<E: Debug>(error: &TakeError<StoreError<E>>) -> Failure {
    match error {
        TakeError::WrongState(state) => {
            Failure::detailed("wrong-state", format_args!("A snapshot is under way: {}.", state.name()))
        }
        TakeError::Suspend { pass, failed } => {
            Failure::detailed("suspend-failed", format_args!("In pass {pass}, {} did not stop.", failed.who))
        }
        TakeError::Regions(error) => {
            Failure::detailed("bad-memory-map", format_args!("The memory map is wrong: {error:?}."))
        }
        TakeError::Unreachable => {
            Failure::new("unreachable", "The memory map names memory that is not there.")
        }
        TakeError::StagingNotFree => Failure::new("staging-not-free", "The staging area is in use."),
        TakeError::TooManyExtents => Failure::new("too-many-extents", "The workspace has too few extents."),
        TakeError::TooManyChunks => Failure::new("too-many-chunks", "The workspace has too few chunks."),
        TakeError::PictureChanged => Failure::new("picture-changed", "Memory changed while it was pictured."),
        TakeError::Prepare(error) | TakeError::Write(error) => store(error),
        _ => Failure::detailed("snapshot-failed", format_args!("No snapshot: {error:?}.")),
    }
}
