//! The targets `block_store`, `nand_store` and `nor_store`: a medium that holds anything, and what is done to
//! it.
//!
//! The bytes are a script: what the medium holds at first, and then steps. Records with right checksums are
//! put into the log, bytes anywhere, snapshots taken, power cut, operations fail. At the end nothing is in
//! the way any more: a snapshot that the store then acknowledges must boot.

pub mod block;
pub mod nand;
pub mod nor;

use oal_sim::Machine;
use oal_snapshot::hooks::{BootPolicy, SelectSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::store::{RECORD_LEN, Record, SlotEntry, SlotState, Slots, Store, StoreSettings};
use oal_snapshot::take::Timeline;

use crate::input::Input;
use crate::{machine, seal};

/// Steps of a script, at the most.
const STEPS: usize = 24;

/// A medium with everything that can happen to it.
trait Bench {
    /// The store on it.
    type On<'a>: Store
    where
        Self: 'a;

    /// A medium as the input wants it at first.
    fn start(input: &mut Input<'_>) -> Self;

    /// A store, just made: power has come on.
    fn store(&mut self, settings: StoreSettings) -> Self::On<'_>;

    /// Puts a record where the input says.
    fn put_record(&mut self, record: [u8; RECORD_LEN], input: &mut Input<'_>);

    /// Writes over bytes.
    fn patch(&mut self, at: usize, bytes: &[u8]);

    /// Plans a fault or a cut.
    fn trouble(&mut self, input: &mut Input<'_>);

    /// Power goes and comes back; nothing is planned any more.
    fn power_cycle(&mut self);
}

/// Runs a script. Says whether an image was booted on the way.
fn script<B: Bench>(bytes: &[u8]) -> bool {
    let mut input = Input::new(bytes);
    let mut bench = B::start(&mut input);
    let mut settings = settings(&mut input);
    let mut booted = 0;
    for _ in 0..STEPS {
        if input.is_empty() {
            break;
        }
        match input.byte() % 10 {
            0 | 1 => booted += u32::from(machine::boot(&mut bench.store(settings)).1.id().is_some()),
            2 => {
                let seed = input.byte();
                let machine = Machine::tiny(seed.into());
                let mut machine = if seed & 1 != 0 { machine.once() } else { machine };
                let _ = machine.take(&mut bench.store(settings));
            }
            3 | 4 => {
                let newest = bench.store(settings).record().ok();
                let record = record(newest, &mut input);
                bench.put_record(record, &mut input);
            }
            5 => {
                let (at, bytes) = (input.number() as usize % (1 << 20), input.slice());
                bench.patch(at, bytes);
            }
            6 => bench.trouble(&mut input),
            7 => {
                bench.power_cycle();
                settings = self::settings(&mut input);
            }
            8 => {
                let _ = bench.store(settings).invalidate();
            }
            _ => {
                let mut store = bench.store(settings);
                let id = ImageId(input.number());
                let newest = store.record().ok().and_then(|record| record.slots.into_iter().flatten().last());
                let id = newest.map_or(id, |entry| entry.id);
                let _ = store.confirm(id);
                let id = store.refresh_due().unwrap_or(id);
                let _ = store.refresh(id);
            }
        }
    }
    bench.power_cycle();
    booted += u32::from(machine::boot(&mut bench.store(settings)).1.id().is_some());
    let mut taken = Machine::tiny(7);
    let id = match taken.take(&mut bench.store(settings)) {
        Ok(Timeline::Live(report)) => Some(report.id.0),
        _ => None,
    };
    if let Some(id) = id {
        let (machine, end) = machine::boot(&mut bench.store(settings));
        assert_eq!(end.id(), Some(id), "an acknowledged snapshot does not boot: {:?}", end.report);
        assert!(machine.is_as(&taken), "half an image");
    }
    booted > 0
}

fn settings(input: &mut Input<'_>) -> StoreSettings {
    let byte = input.byte();
    StoreSettings { slots: if byte & 1 != 0 { Slots::One } else { Slots::Two }, max_attempts: byte >> 2 & 3 }
}

/// A record: the newest with changes, or anything. Its checksum is right unless the input wants it otherwise.
fn record(newest: Option<Record>, input: &mut Input<'_>) -> [u8; RECORD_LEN] {
    let how = input.byte();
    let mut record = newest.filter(|_| how & 1 != 0).unwrap_or_default();
    record.sequence =
        if how & 2 != 0 { record.sequence.wrapping_add(input.number()) } else { input.number() };
    record.open ^= how & 4 != 0;
    for slot in &mut record.slots {
        match input.byte() % 4 {
            0 | 1 => {}
            2 => *slot = None,
            _ => *slot = Some(entry(*slot, input)),
        }
    }
    let mut bytes = record.encode();
    if how & 8 != 0 {
        input.patch(&mut bytes);
    }
    if how & 16 == 0 {
        seal::record(&mut bytes);
    }
    bytes
}

fn entry(entry: Option<SlotEntry>, input: &mut Input<'_>) -> SlotEntry {
    let how = input.byte();
    let mut entry = entry.unwrap_or(SlotEntry {
        state: SlotState::Committed,
        policy: BootPolicy::Always,
        attempts: 0,
        confirmed: false,
        id: ImageId(0),
        first: 0,
        span: 0,
        image_len: 0,
        image_crc: 0,
    });
    if how & 1 != 0 {
        entry.state = SlotState::Consumed;
    }
    if how & 2 != 0 {
        entry.policy = BootPolicy::Once;
    }
    if how & 4 != 0 {
        (entry.attempts, entry.confirmed) = (input.byte(), input.flag());
    }
    if how & 8 != 0 {
        entry.id = ImageId(input.number());
    }
    if how & 16 != 0 {
        entry.first = input.number();
    }
    if how & 32 != 0 {
        entry.span = input.number();
    }
    if how & 64 != 0 {
        entry.image_len = input.number();
    }
    if how & 128 != 0 {
        entry.image_crc = input.word();
    }
    entry
}

/// Scripts that work, scripts of lies, and bytes that are no store.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![
        // Blank: a snapshot, a boot, a confirmation.
        vec![0, 0, 2, 5, 0, 9, 0],
        // Two images: boots that count attempts.
        vec![1, 12, 0, 0, 0, 0, 9, 0],
        // Two images: a record of a newer version, and one that lies of the second slot.
        vec![1, 0, 3, 11, 0, 1, 0, 0, 8, 0, 1, 2, 0, 0, 4, 3, 0, 2, 0, 3, 112, 0, 9, 2, 1, 2, 1, 0],
        // Two images, Once: a boot, a cut, a boot.
        vec![1, 2, 2, 9, 6, 0, 2, 0, 7, 2, 0, 0],
        // Noise, a snapshot, a patch, a boot.
        vec![2, 7, 0, 2, 3, 5, 1, 0, 4, 3, 1, 2, 3, 0],
        vec![1, 0, 8, 0, 2, 8, 0],
    ]
}
