//! Stored text that an inspection is compared with.

use super::findings::{ChunkFound, Findings, PartFound};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Compares a text with the stored one of this name; with `INSPECT_TEXTS=write` in the environment it is stored instead.
///
/// # Errors
/// If they differ: the first line that does.
pub fn compare(name: &str, text: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data").join(name);
    if std::env::var("INSPECT_TEXTS").is_ok_and(|what| what == "write") {
        std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let stored =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let differs = stored.lines().zip(text.lines()).position(|(stored, told)| stored != told);
    let line = differs.unwrap_or(stored.lines().count().min(text.lines().count()));
    ensure!(
        stored == text,
        "line {} of `{name}` is `{}`, and it should be `{}`",
        line + 1,
        text.lines().nth(line).unwrap_or_default(),
        stored.lines().nth(line).unwrap_or_default()
    );
    Ok(())
}

/// The findings without what differs from build to build and from run to run: the file's name, an image's sizes,
/// checksums, addresses and build. They become 0 or `-`; of the page map one row stays,
/// of the chunks one of each outcome.
pub fn steady(found: &mut Findings) {
    found.file = "medium".into();
    if let Some(store) = &mut found.store {
        let logged = store.log.iter_mut().flat_map(|place| &mut place.slots).flatten();
        for slot in logged.chain(&mut store.slots).flatten() {
            (slot.span, slot.bytes, slot.crc) = (0, 0, "-".into());
        }
        for whole in store.whole.iter_mut().filter(|whole| whole.is_right()) {
            (whole.recorded, whole.found) = ("-".into(), Some("-".into()));
        }
    }
    let Some(image) = &mut found.image else { return };
    if let Some(header) = &mut image.header {
        let nowhere = || PartFound { at: 0, bytes: 0, crc: "-".into() };
        (header.build, header.ram_digest, header.resume_address) = ("-".into(), "-".into(), 0);
        (header.context, header.map, header.index) = (nowhere(), nowhere(), nowhere());
        (header.bytes, header.extents, header.chunks) = (0, 0, 0);
        (header.chunks_at, header.chunks_bytes, header.data_pages, header.zero_pages) = (0, 0, 0, 0);
    }
    for extent in &mut image.extents {
        (extent.from, extent.to, extent.pages) = (0, 0, 0);
    }
    image.extents.retain(|extent| extent.what == "data");
    image.extents.truncate(1);
    for chunk in &mut image.chunks {
        *chunk = ChunkFound { crc: "-".into(), check: chunk.check, ..ChunkFound::default() };
    }
    image.chunks.sort_by_key(|chunk| chunk.check);
    image.chunks.dedup_by_key(|chunk| chunk.check);
}
