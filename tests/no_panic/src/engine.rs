//! Taking a snapshot and booting from one, on every kind of store, with every codec.

use core::hint::black_box;

use oal_drivers::mmc::{self, Options};
use oal_snapshot::boot::{Boot, BootReport};
use oal_snapshot::codec::{Lz4, Lz4High, Raw};
use oal_snapshot::cpu::NosaveStack;
use oal_snapshot::cpu::armv7a::Armv7a;
use oal_snapshot::frame::{FrameRange, Pfn};
use oal_snapshot::hooks::{DecompressSnapshot, PrepareSnapshot, ReadSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::image::{
    Chunk, ChunkEntry, Contents, Extent, HEADER_LEN, Header, Identity, ImageId, Reader, chunk,
};
use oal_snapshot::mem::PhysicalMemory;
use oal_snapshot::state::StateCell;
use oal_snapshot::store::nand::{NandFlash, NandStore};
use oal_snapshot::store::nor::{NorFlash, NorStore};
use oal_snapshot::store::{
    BlockStore, Partition, RECORD_LEN, Record, SNAPSHOT_PARTITION_TYPE, Slots, Store, StoreSettings,
};
use oal_snapshot::system::System;
use oal_snapshot::take::{Settings, Snapshot};
use oal_snapshot::workspace::{STORED_BYTES, Workspace, chunks_for};

use crate::board::{Anyone, Controller, any};

type Work = Workspace<1024, { chunks_for(64 << 20) }>;

static FRAMES: [FrameRange; 1] = [FrameRange { first: Pfn(1), count: 1 }];

/// A value at an address that nobody knows.
fn place<T>() -> &'static mut T {
    // SAFETY: this program is never run.
    unsafe { &mut *black_box(core::ptr::dangling_mut::<T>()) }
}

/// Takes a snapshot and boots from it, with one codec.
fn timelines<Z, S>(codec: &mut Z, store: &mut S)
where
    Z: DecompressSnapshot,
    S: PrepareSnapshot + WriteSnapshot + SelectSnapshot + ReadSnapshot,
{
    let identity: &Identity = place();
    // SAFETY: this program is never run.
    let mut memory = unsafe { PhysicalMemory::new(black_box(&FRAMES), any()) };
    let mut cpu = Armv7a::new(place::<NosaveStack<4096>>()).secure();
    let taken = Snapshot {
        system: &mut Anyone,
        state: place::<StateCell>(),
        identity,
        memory: &mut memory,
        cpu: &mut cpu,
        codec,
        store,
        observer: &mut Anyone,
        settings: black_box(Settings::default()),
    }
    .take(place::<Work>());
    black_box(taken.is_ok());
    let mut report = BootReport::new();
    let end = Boot {
        layout: Anyone.layout(),
        identity,
        memory: &mut memory,
        cpu: &mut cpu,
        codec,
        store,
        observer: &mut Anyone,
    }
    .run(place::<Work>(), &mut report);
    black_box((&end, &report));
}

/// With every codec, and what a restored system calls.
fn store<S>(store: &mut S)
where
    S: PrepareSnapshot + WriteSnapshot + SelectSnapshot + ReadSnapshot,
{
    timelines(place::<Lz4>(), store);
    timelines(place::<Lz4High>(), store);
    timelines(&mut Raw, store);
    let id = ImageId(any());
    black_box(store.confirm(id).is_ok());
    black_box(store.read_snapshot(id, place::<[u8; 8192]>(), any()).is_ok());
    black_box(store.mapped_snapshot(id));
    let header = place::<Header>();
    let mut reader = Reader { medium: store, id, len: any(), buffer: place::<[u8; STORED_BYTES]>() };
    black_box(reader.chunk(place::<Chunk>()).is_ok());
    black_box(reader.tail(header).is_ok());
}

fn settings() -> StoreSettings {
    black_box(StoreSettings { slots: Slots::Two, max_attempts: any() })
}

/// On SD and eMMC.
pub fn block() {
    let Ok(card) = mmc::Card::init(Controller, black_box(Options::default())) else { return };
    black_box(card.info());
    let Ok(partition) = Partition::find(card, black_box(SNAPSHOT_PARTITION_TYPE)) else { return };
    let Ok(mut device) = BlockStore::with_register(partition, settings(), Anyone) else { return };
    store(&mut device);
    black_box((device.record().is_ok(), device.invalidate().is_ok(), device.slot_bytes(Slots::One)));
}

/// On NAND.
pub fn nand<const PAGE: usize, const MAP: usize>(flash: Option<impl NandFlash>) {
    let Some(flash) = flash else { return };
    let Ok(mut chip) = NandStore::<_, PAGE, MAP, _>::with_register(flash, settings(), Anyone) else {
        return;
    };
    store(&mut chip);
    black_box((chip.record().is_ok(), chip.invalidate().is_ok(), chip.refresh_due()));
    black_box(chip.refresh(ImageId(any())).is_ok());
}

/// On NOR.
pub fn nor(flash: Option<impl NorFlash>) {
    let Some(flash) = flash else { return };
    let Ok(mut chip) = NorStore::with_register(flash, settings(), Anyone) else { return };
    store(&mut chip);
    black_box((chip.record().is_ok(), chip.invalidate().is_ok(), chip.slot_bytes(Slots::Two)));
}

/// What a tool calls beside the stores: decoding by hand.
pub fn rest() {
    black_box(Header::decode(place::<[u8; HEADER_LEN]>()).is_ok());
    place::<Header>().encode(place::<[u8; HEADER_LEN]>());
    black_box(Record::decode(place::<[u8; RECORD_LEN]>()).is_ok());
    black_box(place::<Record>().encode());
    let (extents, index): (&[Extent], &[ChunkEntry]) = (any(), any());
    let contents = Contents { header: place::<Header>(), extents, index };
    black_box((contents.page(Pfn(any())), contents.chunk(any())));
    black_box(chunk::runs(black_box(place::<[Pfn; 32]>()).iter().copied()));
}
