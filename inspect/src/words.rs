//! The library's reasons, as the reader of a file needs them.

use super::image::Fault;
use oal_snapshot::refusal::Reason;

/// A fault: where, what, and the name by which consoles print it.
pub fn fault((stage, reason): Fault) -> String {
    format!("{} ({}, at the stage {stage})", sentence(reason), reason.name())
}

/// A reason in words: the library's, but where a file and the options of this tool stand for a device and its
/// board.
fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::MediumError => "a part of the file that counts could not be read",
        Reason::WrongRam => {
            "the image was taken with other RAM or nosave memory than `--ram` and `--nosave` say"
        }
        _ => reason.sentence(),
    }
}
