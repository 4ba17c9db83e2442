//! The files of the medium: their text in RAM, one behind the other, and where each begins.

use core::fmt::Write as _;
use core::ops::ControlFlow;

use embedded_sdmmc::{DirEntry, LfnBuffer, Mode, RawDirectory, ShortFileName, VolumeIdx, VolumeManager};
use heapless::{String, Vec};
use oal_firmware::Platform;
use oal_firmware::heap::PageHeap;
use oal_firmware::storage::Sectors;

use super::Hit;
use super::calendar::Calendar;
use super::fat_device::FatDevice;

/// Most files.
const MAX_FILES: usize = 1024;
/// Directories within directories.
const MAX_DEPTH: usize = 6;
/// Entries of a directory that are looked at in one go.
const AT_ONCE: usize = 16;
/// Kinds of files whose text is read.
const KINDS: [&str; 12] = ["txt", "md", "rs", "c", "h", "s", "ld", "x", "toml", "json", "log", "csv"];
const NAME_BYTES: usize = 56;

type Manager<'a, P> = VolumeManager<FatDevice<'a>, Calendar<P>, 8, 1, 1>;
type Name = String<NAME_BYTES>;

/// A file.
#[derive(Clone, Debug)]
pub struct FileEntry {
    name: Name,
    /// The start of its text.
    pub start: u32,
}

impl FileEntry {
    /// Its name, with the directories that it is in.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// All files.
pub struct Library {
    files: &'static mut Vec<FileEntry, MAX_FILES>,
    text: &'static [u8],
}

impl Library {
    /// The files, in the order of their text.
    pub fn files(&self) -> &[FileEntry] {
        self.files
    }

    /// The text of all.
    pub fn text(&self) -> &[u8] {
        self.text
    }

    /// The line around byte `at` of the text.
    pub fn hit(&self, at: usize) -> Option<Hit<'_>> {
        let number = self.files.partition_point(|file| file.start as usize <= at).checked_sub(1)?;
        let file = self.files.get(number)?;
        let before = self.text.get(file.start as usize..at)?;
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
        let start = at - before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let rest = self.text.get(start..)?;
        let text = rest.split(|byte| *byte == b'\n').next()?;
        Some(Hit { file: file.name(), line, text })
    }

    /// Reads every text file of the first FAT volume of `medium`, as far as `budget` bytes go. A medium
    /// without a volume, or with one that cannot be read, gives what was read so far.
    pub fn read<P: Platform>(
        medium: Option<&mut dyn Sectors>,
        heap: &mut PageHeap,
        budget: usize,
        progress: &mut dyn FnMut(&str, u32),
    ) -> Option<Library> {
        let files = heap.take_bottom(size_of::<Vec<FileEntry, MAX_FILES>>())?;
        // SAFETY: whole pages of that size or more, nobody else's; the vector is written before it is used.
        let files = unsafe {
            let place = files.as_mut_ptr().cast::<Vec<FileEntry, MAX_FILES>>();
            place.write(Vec::new());
            &mut *place
        };
        let room = heap.take_bottom(budget)?;
        let room_start = room.as_mut_ptr() as usize;
        let mut reader = Reader { files, room, filled: 0, progress };
        if let Some(medium) = medium {
            reader.volume::<P>(medium);
        }
        let Reader { files, room, filled, .. } = reader;
        let (text, _) = room.split_at(filled);
        // SAFETY: the text ends there; what is behind it is not used, and was the last to be handed out.
        unsafe { heap.trim_bottom(room_start + filled) };
        Some(Library { files, text })
    }
}

/// Reads files.
struct Reader<'p> {
    files: &'static mut Vec<FileEntry, MAX_FILES>,
    room: &'static mut [u8],
    filled: usize,
    progress: &'p mut dyn FnMut(&str, u32),
}

/// An entry of a directory.
struct Found {
    short: ShortFileName,
    name: Name,
}

/// The file that is looked for in a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Directory,
}

/// The kind of an entry with this name, if it is one that matters.
fn kind(entry: &DirEntry, name: &str) -> Option<Kind> {
    if name.starts_with('.') || entry.attributes.is_volume() || entry.attributes.is_hidden() {
        None
    } else if entry.attributes.is_directory() {
        Some(Kind::Directory)
    } else {
        let (_, extension) = name.rsplit_once('.')?;
        KINDS.iter().any(|kind| extension.eq_ignore_ascii_case(kind)).then_some(Kind::Text)
    }
}

impl Reader<'_> {
    fn volume<P: Platform>(&mut self, medium: &mut dyn Sectors) {
        let manager: Manager<'_, P> =
            VolumeManager::new_with_limits(FatDevice::new(medium), Calendar::new(), 1);
        let volume = (0..4).find_map(|i| manager.open_raw_volume(VolumeIdx(i)).ok());
        if let Some(root) = volume.and_then(|volume| manager.open_root_dir(volume).ok()) {
            self.tree(&manager, root);
        }
    }

    /// Reads a directory and those below it, without recursion.
    fn tree<P: Platform>(&mut self, manager: &Manager<'_, P>, root: RawDirectory) {
        // The directories above: each with how many of its directories are done, and the length of its name.
        let mut above: Vec<(RawDirectory, usize, usize), MAX_DEPTH> = Vec::new();
        let mut name = Name::new();
        let mut here = Some((root, 0, 0));
        while let Some((directory, done, name_len)) = here {
            name.truncate(name_len);
            if done == 0 {
                self.files(manager, directory, &name);
            }
            let inner: Vec<Found, 1> = list(manager, directory, Kind::Directory, done);
            let Some(inner) = inner.first() else {
                let _ = manager.close_dir(directory);
                here = above.pop();
                continue;
            };
            here = Some((directory, done + 1, name_len));
            if above.is_full() {
                continue;
            }
            if let Ok(opened) = manager.open_dir(directory, inner.short) {
                // A name that is too long is left out.
                let _ = name.push_str(&inner.name).and_then(|()| name.push('/'));
                let _ = above.push((directory, done + 1, name_len));
                here = Some((opened, 0, name.len()));
            }
        }
    }

    /// Reads the text files of one directory, whose name is `path`.
    fn files<P: Platform>(&mut self, manager: &Manager<'_, P>, directory: RawDirectory, path: &Name) {
        let mut done = 0;
        loop {
            let found: Vec<Found, AT_ONCE> = list(manager, directory, Kind::Text, done);
            for file in &found {
                let mut name = path.clone();
                let _ = name.push_str(&file.name);
                self.file(manager, directory, &file.short, name);
            }
            done += found.len();
            if !found.is_full() {
                break;
            }
        }
    }

    /// Reads one file, unless there is no room for it. What cannot be read is left out.
    fn file<P: Platform>(
        &mut self,
        manager: &Manager<'_, P>,
        directory: RawDirectory,
        short: &ShortFileName,
        name: Name,
    ) {
        let Ok(file) = manager.open_file_in_dir(directory, short, Mode::ReadOnly) else { return };
        let len = manager.file_length(file).unwrap_or(0) as usize;
        // A line feed behind each file keeps the last line of one apart from the first of the next.
        if !self.files.is_full()
            && let Some(room) = self.room.get_mut(self.filled..).and_then(|room| room.get_mut(..len + 1))
        {
            let (text, end) = room.split_at_mut(len);
            let mut read = 0;
            while let Some(rest) = text.get_mut(read..).filter(|rest| !rest.is_empty())
                && let Ok(more @ 1..) = manager.read(file, rest)
            {
                read += more;
            }
            text.get_mut(read..).into_iter().chain([end]).for_each(|rest| rest.fill(b'\n'));
            (self.progress)(&name, len as u32);
            let _ = self.files.push(FileEntry { name, start: self.filled as u32 });
            self.filled += len + 1;
        }
        let _ = manager.close_file(file);
    }
}

/// The next entries of one kind in a directory, without the first `skip` ones.
fn list<const N: usize, P: Platform>(
    manager: &Manager<'_, P>,
    directory: RawDirectory,
    wanted: Kind,
    skip: usize,
) -> Vec<Found, N> {
    let mut storage = [0; 128];
    let mut long = LfnBuffer::new(&mut storage);
    let mut found = Vec::new();
    let mut seen = 0;
    // What was found before an error counts.
    let _ = manager.iterate_dir_lfn(directory, &mut long, |entry, long_name| {
        let mut name = Name::new();
        let named = match long_name {
            Some(long_name) => name.push_str(long_name).is_ok(),
            None => false,
        };
        if !named {
            name.clear();
            let _ = write!(name, "{}", entry.name);
        }
        if kind(entry, &name) == Some(wanted) {
            seen += 1;
            if seen > skip {
                let _ = found.push(Found { short: entry.name, name });
            }
        }
        if found.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found
}
