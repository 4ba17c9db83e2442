//! Making the FAT partition.

use super::text::TextFile;
use anyhow::{Context, Result};
use fatfs::{FatType, FileSystem, FormatVolumeOptions, FsOptions, format_volume};
use std::io::{Cursor, Write};

/// A FAT16 file system of `size` bytes with the files.
pub fn fat16(size: u64, files: &[TextFile]) -> Result<Vec<u8>> {
    let mut bytes = vec![0; size as usize];
    // FAT16 has between 4085 and 65524 clusters; a cluster holds a power of two of sectors.
    let cluster = (size / 16_384).next_power_of_two().max(512) as u32;
    let options = FormatVolumeOptions::new()
        .fat_type(FatType::Fat16)
        .bytes_per_cluster(cluster)
        .max_root_dir_entries(if size < 16 << 20 { 512 } else { 8192 })
        .volume_label(*b"OAL TEXTS  ");
    format_volume(Cursor::new(&mut bytes[..]), options).context("cannot format the FAT partition")?;
    let volume =
        FileSystem::new(Cursor::new(&mut bytes[..]), FsOptions::new()).context("cannot open the new FAT")?;
    let root = volume.root_dir();
    for file in files {
        for (at, _) in file.name.match_indices('/') {
            // A folder that is there already is opened instead.
            root.create_dir(&file.name[..at])
                .with_context(|| format!("cannot make a folder for `{}`", file.name))?;
        }
        let mut entry =
            root.create_file(&file.name).with_context(|| format!("cannot make `{}`", file.name))?;
        let written = entry.write_all(file.text.as_bytes());
        written.with_context(|| format!("`{}` does not fit the FAT partition", file.name))?;
    }
    drop(root);
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
        let files = [TextFile { name: "a/folder/long name.txt".into(), text: text.clone() }];
        for mib in [4, 8, 32] {
            let mut bytes = fat16(mib << 20, &files).unwrap();
            let volume = FileSystem::new(Cursor::new(&mut bytes[..]), FsOptions::new()).unwrap();
            assert_eq!(volume.fat_type(), FatType::Fat16);
            let mut read = String::new();
            volume.root_dir().open_file("a/folder/long name.txt").unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
    }
}
