//! Making the FAT partition.

use super::text::TextFile;
use anyhow::{Context, Result};
use fatfs::{FatType, FileSystem, FormatVolumeOptions, FsOptions, format_volume};
use std::io::{Cursor, Write};

/// A FAT16 file system of `size` bytes with the files in its root folder.
pub fn fat16(size: u64, files: &[TextFile]) -> Result<Vec<u8>> {
    let mut bytes = vec![0; size as usize];
    // FAT16 has between 4085 and 65524 clusters; a cluster holds a power of two of sectors.
    let cluster = (size / 16_384).next_power_of_two().max(512) as u32;
    let options = FormatVolumeOptions::new()
        .fat_type(FatType::Fat16)
        .bytes_per_cluster(cluster)
        .volume_label(*b"OAL TEXTS  ");
    format_volume(Cursor::new(&mut bytes[..]), options).context("cannot format the FAT partition")?;
    let volume =
        FileSystem::new(Cursor::new(&mut bytes[..]), FsOptions::new()).context("cannot open the new FAT")?;
    for file in files {
        let mut entry = volume
            .root_dir()
            .create_file(&file.name)
            .with_context(|| format!("cannot make `{}`", file.name))?;
        let written = entry.write_all(file.text.as_bytes());
        written.with_context(|| format!("`{}` does not fit the FAT partition", file.name))?;
    }
    volume.unmount().context("cannot finish the FAT partition")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_was_written_can_be_read() {
        let text = "one line\n".repeat(3000);
        let files = [TextFile { name: "LONG.TXT".into(), text: text.clone() }];
        for mib in [4, 8, 32] {
            let mut bytes = fat16(mib << 20, &files).unwrap();
            let volume = FileSystem::new(Cursor::new(&mut bytes[..]), FsOptions::new()).unwrap();
            assert_eq!(volume.fat_type(), FatType::Fat16);
            let mut read = String::new();
            volume.root_dir().open_file("LONG.TXT").unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
    }
}
