//! The target `image`: checking and loading an image that no store vouches for.

use std::iter::repeat;
use std::sync::LazyLock;

use oal_sim::machine::frames;
use oal_sim::{Image, Machine, Shelf};
use oal_snapshot::codec::Lz4;
use oal_snapshot::hooks::CompressSnapshot;
use oal_snapshot::image::{CHUNK_BYTES, Extent, ExtentKind};

use crate::input::{Input, overwrite};
use crate::{machine, seal};

/// Where the header has the image's name.
const IMAGE_ID: usize = 48;
/// Where it has features whose fields a reader need not know.
const COMPATIBLE_FEATURES: std::ops::Range<usize> = 116..120;
/// Bytes of an image at the most.
const MOST: usize = 1 << 20;

/// An image of the machine.
static SAMPLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut shelf = Shelf::with_image(Vec::new(), 1);
    let _ = Machine::tiny(1).take(&mut shelf).expect("a snapshot");
    shelf.image
});

/// The first byte chooses: an image as it is, changes to a real one, or parts to put together.
///
/// # Panics
/// See [`Target::run`](crate::Target::run).
pub fn run(bytes: &[u8]) -> bool {
    let mut input = Input::new(bytes);
    let image = match input.byte() % 3 {
        0 => input.rest().to_vec(),
        1 => changed(&mut input),
        _ => composed(&mut input),
    };
    // Under the name that it gives itself, or every other image would be refused for that.
    let id = image.get(IMAGE_ID..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b));
    let (machine, booted) = machine::boot(&mut Shelf::with_image(image.clone(), id));
    if booted.id().is_none() {
        return false;
    }
    let bytes = image;
    let image = Image::parse(&bytes).expect("what boots decodes");
    if image.header.version == 2 && bytes[COMPATIBLE_FEATURES] == [0; 4] {
        assert!(bytes.starts_with(&image.build()), "a byte was not looked at");
    }
    let registers: Vec<u8> = machine.cpu.registers.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(registers, image.context);
    for extent in image.extents.iter().filter(|extent| extent.kind == ExtentKind::Zero) {
        for frame in extent.frames.first.0..extent.frames.end().0 {
            assert!(machine.ram.page(oal_snapshot::frame::Pfn(frame)).iter().all(|byte| *byte == 0));
        }
    }
    true
}

/// Patches over a real image, and then as many right checksums as the second byte says.
fn changed(input: &mut Input<'_>) -> Vec<u8> {
    let seals = input.byte();
    let mut image = SAMPLE.clone();
    if seals & 8 != 0 {
        let len = image.len();
        image.truncate(input.below(len + 1));
    }
    while !input.is_empty() {
        input.patch(&mut image);
    }
    if seals & 1 != 0 {
        seal::chunks(&mut image);
    }
    if seals & 2 != 0 {
        seal::parts(&mut image);
    }
    if seals & 4 != 0 {
        seal::header(&mut image);
    }
    image
}

/// Parts of any kind, with right checksums and, unless the input wants it otherwise, right counts.
fn composed(input: &mut Input<'_>) -> Vec<u8> {
    let mut image = Image::parse(&SAMPLE).expect("a real image");
    let lies = input.byte();
    if lies & 1 != 0 {
        image.context = (0..input.below(1300)).map(|_| input.byte()).collect();
    }
    if lies & 2 != 0 {
        image.extents = (0..input.below(70)).map(|_| extent(input)).collect();
    }
    if lies & 4 != 0 {
        image.chunks.clear();
        image.index.clear();
        let mut room = MOST;
        for i in 0..input.below(20) {
            let (chunk, raw) = chunk(input, room);
            room -= chunk.len();
            image
                .index
                .extend(image.index.first().copied().or(Image::parse(&SAMPLE).ok().map(|s| s.index[0])));
            image.chunks.push(chunk);
            image.index_chunk(i, raw);
        }
    }
    if lies & 8 == 0 {
        image.count();
    }
    let mut bytes = image.build();
    if lies & 16 != 0 {
        // What the header says beside its parts.
        let at = input.below(256);
        let patch = input.slice();
        overwrite(&mut bytes[..256], at, patch);
        seal::header(&mut bytes);
    }
    bytes
}

fn extent(input: &mut Input<'_>) -> Extent {
    let kind = if input.flag() { ExtentKind::Data } else { ExtentKind::Zero };
    // The machine's RAM is at the frames 0x100 to 0x108.
    let first = if input.flag() { 0x100 + u64::from(input.byte() % 10) } else { input.number() };
    let count = if input.flag() { u32::from(input.byte() % 10) } else { input.number() as u32 };
    Extent { frames: frames(first, count), kind }
}

/// The bytes of a chunk, and whether they are to be called raw.
fn chunk(input: &mut Input<'_>, room: usize) -> (Vec<u8>, bool) {
    let how = input.byte();
    let pages = 1 + usize::from(input.byte() % 16);
    let piece = input.slice();
    let len = if how & 1 != 0 { pages * 4096 } else { input.below(CHUNK_BYTES) };
    let filled: Vec<u8> = repeat(piece.iter().copied().chain([0])).flatten().take(len.min(room)).collect();
    let bytes = match how >> 1 & 3 {
        0 => piece.to_vec(),
        1 => filled,
        _ => {
            let mut packed = vec![0; Lz4::max_compressed_len(filled.len())];
            let len = Lz4::new().compress_snapshot(&filled, &mut packed).unwrap_or(0);
            packed.truncate(len);
            packed
        }
    };
    let fits = bytes.len().min(CHUNK_BYTES).min(room);
    (bytes[..fits].to_vec(), how & 8 != 0)
}

/// A real image, as it is and in the target's other languages.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut whole = vec![0];
    whole.extend_from_slice(&SAMPLE);
    vec![
        whole,
        vec![1, 7],
        // A patch over the second chunk of the context, sealed.
        vec![1, 7, 0x08, 0x10, 4, 1, 2, 3, 4],
        // The header's feature bits, sealed, and padding behind the context, sealed.
        vec![1, 4, 20, 0, 1, 1],
        vec![1, 7, 0, 0x12, 1, 1],
        // The header's resume address, sealed.
        vec![1, 4, 56, 0, 2, 0xff, 0xff],
        vec![2, 0],
        // A map of one data page, and a raw chunk for it.
        vec![2, 6, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0x0b, 0, 1, 0x77],
    ]
}
