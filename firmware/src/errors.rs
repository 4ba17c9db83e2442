//! Errors as the console prints them: a name for programs, the library's sentence for people.

use core::fmt::{Display, Write};

use heapless::String;
use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::store::StoreError;
use oal_snapshot::take::TakeError;

/// The failure of a command.
#[derive(Clone, Debug)]
pub struct Failure {
    /// In kebab case.
    pub reason: &'static str,
    /// For people.
    pub sentence: String<104>,
}

impl Failure {
    /// A failure with a fixed sentence of at most 104 bytes.
    pub fn new(reason: &'static str, sentence: &str) -> Failure {
        Failure { reason, sentence: sentence.try_into().unwrap_or_default() }
    }

    /// What the library says, as a sentence.
    fn of(reason: &'static str, error: &dyn Display) -> Failure {
        let mut failure = Failure::new(reason, "");
        // A longer sentence ends early.
        let _ = write!(Cut(&mut failure.sentence), "{error}.");
        let first = failure.sentence.chars().next().map_or(0, char::len_utf8);
        if let Some(first) = failure.sentence.get_mut(..first) {
            first.make_ascii_uppercase();
        }
        failure
    }
}

/// A sentence that takes as many characters as there is room for.
struct Cut<'a>(&'a mut String<104>);

impl Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.chars().try_for_each(|c| self.0.push(c).map_err(|_| core::fmt::Error))
    }
}

/// There is no store.
pub fn no_store(why: ColdBoot) -> Failure {
    Failure::of(why.reason.name(), &why.reason)
}

/// The store failed.
pub fn store<E: Display>(error: &StoreError<E>) -> Failure {
    let reason = match error {
        StoreError::DoesNotFit { .. } => "does-not-fit",
        StoreError::Device(_) => "device-error",
        StoreError::Verify => "verify-failed",
        StoreError::OutOfSequence => "out-of-sequence",
        StoreError::NoSuchImage => "no-such-image",
        StoreError::OutOfRange => "out-of-range",
        StoreError::LogExhausted => "log-exhausted",
        _ => "store-error",
    };
    Failure::of(reason, error)
}

/// The snapshot failed.
pub fn take<E: Display>(error: &TakeError<StoreError<E>>) -> Failure {
    let reason = match error {
        TakeError::WrongState(_) => "wrong-state",
        TakeError::Suspend { .. } => "suspend-failed",
        TakeError::Regions(_) => "bad-memory-map",
        TakeError::Unreachable => "unreachable",
        TakeError::StagingNotFree => "staging-not-free",
        TakeError::TooManyExtents => "too-many-extents",
        TakeError::TooManyChunks => "too-many-chunks",
        TakeError::MemoryChanged => "memory-changed",
        TakeError::Prepare(error) | TakeError::Write(error) => return store(error),
        _ => "snapshot-failed",
    };
    Failure::of(reason, error)
}
