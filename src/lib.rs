//! Snapshot boot for bare-metal ARM: firmware takes a picture of RAM and CPU while it runs, writes it to
//! eMMC, SD, NAND or NOR, and at the next power-on is back in that state instead of booting.
//!
//! The model is the snapshot boot of Windows Embedded Compact 2013. Its OEM hooks are traits here
//! ([`hooks`]), called in the documented order; what calls them there, the kernel, is [`take`] and [`boot`] here; what
//! the documentation leaves to every OEM (where images live, what a power cut does, which image boots) is [`store`].
//!
//! ```text
//!  take ─ pass 1: reclaim, suspend, resume ─ pass 2: pause, suspend ─┐
//!                                                                    │ 1 regions   GetSnapshotRegions
//!                                                                    │ 2 CPU       TakeCpuSnapshot ──────────┐
//!                                                                    │ 3 compress  CompressSnapshot          │ the context
//!                                                                    │ 4 prepare   PrepareSnapshot           │ is in the image
//!                                                                    │ 5 write*    WriteSnapshot, finish     │
//!  Timeline::Live ◄─ resume drivers ◄────────────────────────────────┘                                       │
//!                                                                                                            │
//!  power on ─ board ─ boot: select ─ check ─ load pages ─ restore CPU ───────────────────────────────────────┘
//!                       │                      │
//!                       └ ColdBoot(why)        └► SnapshotResume ─ drivers re-init ─ Timeline::Restored
//! ```
//!
//! # Principles
//!
//! 1. **The picture is of one instant.** From the capture of the CPU to the last write nothing that is in the picture
//!    changes. The engine, the store and its driver live in *nosave* memory, with a stack of their own.
//! 2. **Commit last.** The record that makes an image bootable is written alone, after the image was flushed, read
//!    back and compared. Until then the previous image boots.
//! 3. **Check before use.** No byte of a medium is used as a size, an address or a page before its checksum
//!    matched and its value was held against the board's own RAM map.
//! 4. **A boot ends in one of three ways**: the newest image, the one before it, or a cold boot with a named
//!    [`Reason`](refusal::Reason).
//! 5. **Bounded.** No allocator, no recursion, no panic, no loop without an end. All memory is a
//!    [`Workspace`](workspace::Workspace) whose size is a constant.
//!
//! # Where things are
//!
//! | module | what it is |
//! |---|---|
//! | [`hooks`] | the OEM hooks, one trait each, in call order |
//! | [`system`] | what the engine asks of the firmware around it |
//! | [`take`], [`boot`] | the two timelines |
//! | [`state`], [`power`] | what drivers need to know, and their order |
//! | [`image`], [`codec`] | the bytes of a snapshot |
//! | [`store`] | slots, commit records and boot policy, on block devices, NAND and NOR |
//! | [`cpu`], [`mem`] | registers and physical memory: the only `unsafe` |
//! | [`frame`], [`memory_map`] | addresses, frames, regions, and their checks |
//! | [`refusal`], [`progress`] | why an image was not booted; how far a step is |
//! | [`workspace`] | the engine's memory |
//!
//! # A complete example
//!
//! A machine of 64 pages with a fake CPU takes a snapshot, and another one boots it. On a board,
//! [`Memory`](mem::Memory) is [`PhysicalMemory`](mem::PhysicalMemory), the CPU is `cpu::armv7a::Armv7a`, and the store's
//! device is an eMMC: `boards/vexpress-a9` shows it.
//!
//! ```
//! use oal_snapshot::boot::{Boot, BootEnd, BootReport};
//! use oal_snapshot::codec::Lz4;
//! use oal_snapshot::cpu::fake::FakeCpu;
//! use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
//! use oal_snapshot::hooks::{GetSnapshotRegions, SelectSnapshot, SnapshotResume};
//! use oal_snapshot::image::Identity;
//! use oal_snapshot::mem::{Memory, Page};
//! use oal_snapshot::state::StateCell;
//! use oal_snapshot::store::{BlockDevice, BlockStore, StoreSettings};
//! use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};
//! use oal_snapshot::take::{Settings, Snapshot, Timeline};
//! use oal_snapshot::workspace::{Workspace, chunks_for};
//!
//! const RAM: [RamRegion; 1] = [RamRegion::new(0, 64 * 4096)];
//! const IDENTITY: Identity = Identity { board: *b"example board   ", build: [1; 32] };
//!
//! /// The firmware around the engine: the first 48 pages are in use.
//! struct Firmware;
//! impl System for Firmware {
//!     fn ram(&self) -> &[RamRegion] { &RAM }
//!     fn nosave(&self) -> &[RamRegion] { &[] }
//!     fn page_class(&self, frame: Pfn) -> PageClass {
//!         if frame.0 < 48 { PageClass::Used } else { PageClass::Free }
//!     }
//!     fn suspend(&mut self) -> Result<(), SuspendFailed> { Ok(()) }
//!     fn resume(&mut self, _why: Resume) {}
//!     fn pause(&mut self, _milliseconds: u32) {}
//! }
//! impl GetSnapshotRegions for Firmware {}
//! impl SnapshotResume for Firmware {}
//!
//! struct Ram(Vec<Page>);
//! impl Memory for Ram {
//!     fn pages(&self, frames: FrameRange) -> Option<&[Page]> {
//!         self.0.get(frames.first.0 as usize..frames.end().0 as usize)
//!     }
//!     fn pages_mut(&mut self, frames: FrameRange) -> Option<&mut [Page]> {
//!         self.0.get_mut(frames.first.0 as usize..frames.end().0 as usize)
//!     }
//!     fn read_write(&mut self, _: FrameRange, _: FrameRange) -> Option<(&[Page], &mut [Page])> {
//!         None // only a system with a staging area needs it
//!     }
//! }
//!
//! struct Disk(Vec<u8>);
//! impl BlockDevice for Disk {
//!     type Error = ();
//!     fn sectors(&self) -> u64 { self.0.len() as u64 / 512 }
//!     fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), ()> {
//!         let at = first as usize * 512;
//!         buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(())?);
//!         Ok(())
//!     }
//!     fn write(&mut self, first: u64, data: &[u8]) -> Result<(), ()> {
//!         let at = first as usize * 512;
//!         self.0.get_mut(at..at + data.len()).ok_or(())?.copy_from_slice(data);
//!         Ok(())
//!     }
//!     fn flush(&mut self) -> Result<(), ()> { Ok(()) }
//! }
//!
//! let mut store = BlockStore::new(Disk(vec![0; 1 << 20]), StoreSettings::default());
//! let mut workspace = Box::new(Workspace::<16, { chunks_for(RAM[0].len) }>::new());
//! let mut ram = Ram(vec![Page::ZERO; 64]);
//! ram.0[7].0.fill(0x77);
//! let mut cpu = FakeCpu::new();
//! cpu.registers[15] = 0x6001_0000;
//!
//! let taken = Snapshot {
//!     system: &mut Firmware,
//!     state: &StateCell::new(),
//!     identity: &IDENTITY,
//!     memory: &mut ram,
//!     cpu: &mut cpu,
//!     codec: &mut Lz4::new(),
//!     store: &mut store,
//!     observer: &mut (),
//!     settings: Settings { pause_ms: 0, ..Settings::default() },
//! }
//! .take(&mut workspace);
//! assert!(matches!(taken, Ok(Timeline::Live(report)) if report.pages == 48 && report.zero_pages == 47));
//!
//! // Power off, power on: other RAM, other registers, the same medium.
//! let mut ram = Ram(vec![Page([0xee; 4096]); 64]);
//! let mut cpu = FakeCpu::new();
//! let mut report = BootReport::new();
//! let end = Boot {
//!     ram: &RAM,
//!     oem: &[],
//!     nosave: &[],
//!     identity: &IDENTITY,
//!     memory: &mut ram,
//!     cpu: &mut cpu,
//!     codec: &Lz4::new(),
//!     store: &mut store,
//!     observer: &mut (),
//! }
//! .run(&mut workspace, &mut report);
//! assert!(matches!(end, BootEnd::Entered(_)));
//! assert_eq!((ram.0[7].0[0], ram.0[8].0[0], ram.0[60].0[0]), (0x77, 0, 0xee));
//! assert_eq!(cpu.registers[15], 0x6001_0000);
//! store.confirm(report.booted.unwrap().id).unwrap();
//! ```
//!
//! # Features
//!
#![doc = document_features::document_features!()]
#![no_std]
#![deny(missing_docs)]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

#[macro_use]
mod fmt;

pub mod boot;
mod bytes;
pub mod codec;
#[allow(unsafe_code, reason = "registers and assembly")]
pub mod cpu;
pub mod crc32c;
pub mod frame;
pub mod hooks;
pub mod image;
#[allow(unsafe_code, reason = "physical memory")]
pub mod mem;
pub mod memory_map;
pub mod power;
pub mod progress;
pub mod refusal;
pub mod state;
pub mod store;
pub mod system;
pub mod take;
pub mod workspace;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
