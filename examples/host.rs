//! A machine of 64 pages with a fake CPU takes a snapshot; another one, with the same disk, boots from it.
//!
//! On a board the memory is `mem::PhysicalMemory`, the CPU `cpu::armv7a::Armv7a`, and the disk an eMMC.

use std::io::{self, Write};

use oal_snapshot::cpu::fake::FakeCpu;
use oal_snapshot::mem::Page;
use oal_snapshot::prelude::*;

/// The memory of the machine: 64 pages of RAM from address 0 on.
pub const LAYOUT: MemoryLayout<'static> =
    MemoryLayout { ram: &[RamRegion::new(0, 64 * 4096)], oem: &[], nosave: &[] };
/// An image boots only on the board and on the build of the firmware that took it.
pub const IDENTITY: Identity = Identity { board: *b"example board   ", build: [1; 32] };

/// The firmware around the engine: the first 48 pages are in use, and no driver has to be suspended.
pub struct Firmware;

impl System for Firmware {
    fn layout(&self) -> MemoryLayout<'_> {
        LAYOUT
    }
    fn page_class(&self, frame: Pfn) -> PageClass {
        if frame.0 < 48 { PageClass::Used } else { PageClass::Free }
    }
    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        Ok(())
    }
    fn resume(&mut self, _why: Resume) {}
    fn pause(&mut self, _milliseconds: u32) {}
}
impl GetSnapshotRegions for Firmware {}
impl SnapshotResume for Firmware {}

/// The machine's RAM.
pub struct Ram(pub Vec<Page>);

impl Ram {
    /// All pages full of one byte.
    pub fn filled(byte: u8) -> Ram {
        Ram(vec![Page([byte; 4096]); 64])
    }
}

impl Memory for Ram {
    fn pages(&self, frames: FrameRange) -> Option<&[Page]> {
        self.0.get(frames.first.0 as usize..frames.end().0 as usize)
    }
    fn pages_mut(&mut self, frames: FrameRange) -> Option<&mut [Page]> {
        self.0.get_mut(frames.first.0 as usize..frames.end().0 as usize)
    }
    fn read_write(&mut self, _: FrameRange, _: FrameRange) -> Option<(&[Page], &mut [Page])> {
        None // only a system with a staging area needs it
    }
}

/// A disk of 1 MiB.
struct Disk(Vec<u8>);

impl BlockDevice for Disk {
    type Error = ();
    fn sectors(&self) -> u64 {
        self.0.len() as u64 / 512
    }
    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), ()> {
        let at = first as usize * 512;
        buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(())?);
        Ok(())
    }
    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), ()> {
        let at = first as usize * 512;
        self.0.get_mut(at..at + data.len()).ok_or(())?.copy_from_slice(data);
        Ok(())
    }
    fn flush(&mut self) -> Result<(), ()> {
        Ok(())
    }
}

/// Prints what happens. `examples/host.txt` holds the same lines, and a test compares them.
pub fn run(out: &mut impl Write) -> io::Result<()> {
    let mut store = BlockStore::new(Disk(vec![0; 1 << 20]), StoreSettings::default()).unwrap();
    let mut workspace = Box::new(Workspace::<16, { chunks_for(64 * 4096) }>::new());

    let mut ram = Ram::filled(0);
    ram.0[7].0.fill(0x77);
    let mut cpu = FakeCpu::new();
    cpu.registers[15] = 0x6001_0000;
    let taken = Snapshot {
        system: &mut Firmware,
        state: &StateCell::new(),
        identity: &IDENTITY,
        memory: &mut ram,
        cpu: &mut cpu,
        codec: &mut Lz4::new(),
        store: &mut store,
        observer: &mut (),
        settings: Settings { pause_ms: 0, ..Settings::default() },
    }
    .take(&mut workspace);
    match taken {
        Ok(Timeline::Live(report)) => writeln!(
            out,
            "taken: {} of 64 pages, {} of them all zero, in an image of {} bytes",
            report.pages, report.zero_pages, report.image_len
        )?,
        Ok(Timeline::Restored) => unreachable!("a fake CPU does not come back here"),
        Err(why) => return writeln!(out, "no snapshot: {why:?}"),
    }

    // Power off, power on: other RAM and registers, the same disk.
    let mut ram = Ram::filled(0xee);
    let mut cpu = FakeCpu::new();
    let mut report = BootReport::new();
    let end = Boot {
        layout: LAYOUT,
        identity: &IDENTITY,
        memory: &mut ram,
        cpu: &mut cpu,
        codec: &Lz4::new(),
        store: &mut store,
        observer: &mut (),
    }
    .run(&mut workspace, &mut report);
    let image = match (end, report.booted) {
        (BootEnd::Entered(_), Some(image)) => image,
        (BootEnd::Cold(why), _) => return writeln!(out, "{why}"),
        (BootEnd::Entered(_), None) => unreachable!("what was entered is in the report"),
    };
    writeln!(out, "booted: image {} from slot {}, attempt {}", image.id.0, image.slot, report.attempt)?;
    for (page, what) in [(7, "data"), (8, "zeroes"), (60, "free, so not in the image")] {
        writeln!(out, "page {page}: {:#04x} ({what})", ram.0[page].0[0])?;
    }
    writeln!(out, "program counter: {:#010x}", cpu.registers[15])?;

    // The restored system works: its image may be booted again, as often as needed.
    match report.confirm(&mut store) {
        Ok(_) => writeln!(out, "confirmed"),
        Err(why) => writeln!(out, "not confirmed: {why:?}"),
    }
}

fn main() -> io::Result<()> {
    run(&mut io::stdout().lock())
}
