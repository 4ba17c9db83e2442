//! A medium of one's own: NOR flash behind `NorFlash`, whose power fails while the second snapshot is
//! written. The next boot finds the first one whole.
//!
//! The machine is that of the example `host`.

#[allow(dead_code, reason = "its own run is not called here")]
#[path = "host.rs"]
pub mod host;

use std::fmt;
use std::io::{self, Write};

use host::{Firmware, IDENTITY, LAYOUT, Ram};
use oal_snapshot::boot::{Boot, BootEnd, BootReport};
use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::fake::FakeCpu;
use oal_snapshot::state::StateCell;
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nor::{NorFlash, NorGeometry, NorStore};
use oal_snapshot::take::{Settings, Snapshot};
use oal_snapshot::workspace::Workspace;

const BLOCK_BYTES: usize = 64 << 10;

/// A chip of 16 blocks: programming clears bits, erasing a block sets all of its bits.
struct Flash {
    bytes: Vec<u8>,
    /// Bytes that are still programmed before the power fails.
    power: usize,
}

/// The power failed: nothing works until the next power-on.
#[derive(Debug)]
struct PowerCut;

impl NorFlash for Flash {
    type Error = PowerCut;
    fn geometry(&self) -> NorGeometry {
        let blocks = self.bytes.len() / BLOCK_BYTES;
        NorGeometry { block_bytes: BLOCK_BYTES as u32, blocks: blocks as u32, program_bytes: 4 }
    }
    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), PowerCut> {
        self.powered()?;
        let at = at as usize;
        buf.copy_from_slice(&self.bytes[at..at + buf.len()]);
        Ok(())
    }
    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), PowerCut> {
        let done = data.len().min(self.power);
        self.power -= done;
        let place = &mut self.bytes[at as usize..];
        place.iter_mut().zip(&data[..done]).for_each(|(byte, new)| *byte &= new);
        self.powered()
    }
    fn erase(&mut self, block: u32) -> Result<(), PowerCut> {
        self.powered()?;
        self.bytes[block as usize * BLOCK_BYTES..][..BLOCK_BYTES].fill(0xff);
        Ok(())
    }
    // The store reads mapped flash where it lies: images are checked and decoded without a copy.
    fn mapped(&self) -> Option<&[u8]> {
        Some(&self.bytes)
    }
}

impl Flash {
    fn powered(&self) -> Result<(), PowerCut> {
        if self.power == 0 { Err(PowerCut) } else { Ok(()) }
    }
}

/// A power-on with a medium: the store reads everything it knows from there.
fn store(bytes: Vec<u8>, power: usize) -> NorStore<Flash> {
    NorStore::new(Flash { bytes, power }, StoreSettings::default()).expect("the flash has room for two slots")
}

/// Takes a snapshot of RAM whose used pages hold `byte`, and says what became of it.
fn take(store: &mut NorStore<Flash>, byte: u8) -> impl fmt::Debug {
    Snapshot {
        system: &mut Firmware,
        state: &StateCell::new(),
        identity: &IDENTITY,
        memory: &mut Ram::filled(byte),
        cpu: &mut FakeCpu::new(),
        codec: &mut Lz4::new(),
        store,
        observer: &mut (),
        settings: Settings { pause_ms: 0, ..Settings::default() },
    }
    .take(&mut Workspace::<16, 4>::new())
    .map(drop)
}

/// Boots, and says which image was entered and what the first byte of RAM is.
fn boot(store: &mut NorStore<Flash>) -> String {
    let mut ram = Ram::filled(0xee);
    let mut report = BootReport::new();
    let end = Boot {
        layout: LAYOUT,
        identity: &IDENTITY,
        memory: &mut ram,
        cpu: &mut FakeCpu::new(),
        codec: &Lz4::new(),
        store,
        observer: &mut (),
    }
    .run(&mut Workspace::<16, 4>::new(), &mut report);
    match (end, report.booted) {
        (BootEnd::Cold(why), _) => why.to_string(),
        (_, image) => format!("image {:?}, RAM holds {:#04x}", image.map(|i| i.id.0), ram.0[0].0[0]),
    }
}

/// Prints what happens. `examples/custom_medium.txt` holds the same lines, and a test compares them.
pub fn run(out: &mut impl Write) -> io::Result<()> {
    let mut on = store(vec![0xff; 16 * BLOCK_BYTES], usize::MAX);
    writeln!(out, "boot of an empty flash: {}", boot(&mut on))?;
    writeln!(out, "first snapshot: {:?}", take(&mut on, 0x11))?;
    writeln!(out, "boot: {}", boot(&mut on))?;

    let mut failing = store(on.device_mut().bytes.clone(), 5000);
    writeln!(out, "second snapshot, cut after 5000 bytes: {:?}", take(&mut failing, 0x22))?;

    let mut again = store(failing.device_mut().bytes.clone(), usize::MAX);
    writeln!(out, "boot: {}", boot(&mut again))?;
    writeln!(out, "third snapshot: {:?}", take(&mut again, 0x33))?;
    writeln!(out, "boot: {}", boot(&mut again))
}

fn main() -> io::Result<()> {
    run(&mut io::stdout().lock())
}
