//! The identity of this build.

use core::fmt;

use oal_snapshot::image::Identity;

use crate::{Platform, layout};

/// A word that makes two builds of the same source differ, for tests.
#[used]
static TAG: [u8; TAG_TEXT.len()] = {
    let mut tag = [0; TAG_TEXT.len()];
    tag.copy_from_slice(TAG_TEXT.as_bytes());
    tag
};
const TAG_TEXT: &str = match option_env!("OAL_BUILD_TAG") {
    Some(text) => text,
    None => "",
};

/// Bytes of the build id: a SHA-1.
const BYTES: usize = 20;
/// Bytes of the note before it: three lengths, and the name "GNU".
const NOTE_HEADER: usize = 16;

/// The board, and the linker's build id.
pub fn identity<P: Platform>() -> Identity {
    const { assert!(P::NAME.len() <= 16, "a board's name has at most 16 bytes") };
    let mut identity = Identity { board: [0; 16], build: [0; 32] };
    for (place, byte) in identity.board.iter_mut().zip(P::NAME.bytes()) {
        *place = byte;
    }
    for (i, byte) in identity.build.iter_mut().take(BYTES).enumerate() {
        // SAFETY: the linker put the note into the code range, and it has this form and length.
        *byte = unsafe { ((layout::build_id_note() + NOTE_HEADER + i) as *const u8).read_volatile() };
    }
    identity
}

/// The linker's build id in hexadecimal.
pub struct BuildId<'a>(pub &'a Identity);

impl fmt::Display for BuildId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.build.iter().take(BYTES).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
