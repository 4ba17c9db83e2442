//! Stored text that an inspection is compared with.

use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Compares a text with the stored one of this name; with `INSPECT_TEXTS=write` in the environment it is
/// stored instead.
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
