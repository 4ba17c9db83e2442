//! The library's reasons in sentences, for people who have not read it.

use super::image::Fault;
use oal_snapshot::refusal::Reason;

/// A fault: where, what, and the name by which consoles print it.
pub fn fault((stage, reason): Fault) -> String {
    format!("{} ({reason}, at the stage {stage})", sentence(reason))
}

/// A reason in words.
fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::MediumError => "a part of the file that counts could not be read",
        Reason::NoImage => "the store is in order, and empty",
        Reason::LogCorrupt => "the log holds something, but no commit record that is whole",
        Reason::FutureRecord => "there is a newer record, of a later version of the software",
        Reason::Consumed => "it was to be booted once, and was",
        Reason::AttemptsExhausted => "it was tried as often as allowed, and no boot of it was confirmed",
        Reason::Truncated => "there is less of it than was promised",
        Reason::BadMagic => "no image starts where it should",
        Reason::FutureVersion => "it is of a later version of the format",
        Reason::BadCrc => "a checksum does not match",
        Reason::BadField => "a field holds what no version of the software writes",
        Reason::WrongRam => {
            "it was taken with other RAM or nosave memory than `--ram` and `--nosave` tell of"
        }
        Reason::WrongCodec => "it is compressed in a way that is not known here",
        Reason::WrongImage => "its header has another number than the record",
        Reason::OutOfRange => "a page of it lies outside the RAM that may be restored",
        Reason::Overlap => "pages are mapped twice, or out of order",
        Reason::CorruptStream => "a chunk's checksum matches, but it does not decompress",
        Reason::ReadFailed => "a part of it cannot be read",
        _ => "a boot would refuse it",
    }
}
