//! SD and eMMC: registers and answers of a card.

use oal_drivers::mmc::{
    BusWidth, Capabilities, Card, Command, Host, HostError, Kind, Options, Reply, Response,
};
use oal_snapshot::store::BlockDevice;

use crate::chips::Answers;
use crate::input::{Input, overwrite};

/// Idle in transfer state, ready for data.
const READY: u32 = 0x900;
/// Answers that may be wrong. Later ones are sane, so that every wait ends before its deadline.
const ODD: u32 = 400;

/// A card behind its controller.
struct Hostile<'a> {
    emmc: bool,
    version2: bool,
    ocr: u32,
    cid: [u32; 4],
    csd: [u32; 4],
    scr: u64,
    ext_csd: [u8; 512],
    /// For each answer: 0 to 243 is the sane one.
    odd: Answers<'a>,
    asked: u32,
    application: bool,
    now: u64,
}

impl Hostile<'_> {
    fn answer(&mut self, sane: Result<Response, HostError>) -> Result<Response, HostError> {
        self.asked += 1;
        if self.asked > ODD {
            return sane;
        }
        match self.odd.byte() {
            ..=243 => sane,
            244 => Err(HostError::CommandTimeout),
            245 => Err(HostError::CommandCrc),
            246 => Err(HostError::DataTimeout),
            247 => Err(HostError::DataCrc),
            248 => Err(HostError::Stuck),
            249..=251 => Ok(Response::short(1 << (self.odd.byte() % 32))),
            _ => Ok(Response([0; 4].map(|_| {
                u32::from_le_bytes([self.odd.byte(), self.odd.byte(), self.odd.byte(), self.odd.byte()])
            }))),
        }
    }

    fn sane(&mut self, command: Command) -> Result<Response, HostError> {
        let application = std::mem::take(&mut self.application);
        match (command.index, self.emmc) {
            (2, _) => Ok(Response(self.cid)),
            (9, _) => Ok(Response(self.csd)),
            (1, true) => Ok(Response::short(self.ocr)),
            (41, false) if application => Ok(Response::short(self.ocr)),
            (3, false) => Ok(Response::short(0x1234 << 16 | 0x500)),
            (8, false) if self.version2 && command.reply == Reply::R7 => {
                Ok(Response::short(command.argument))
            }
            (55, false) => {
                self.application = true;
                Ok(Response::short(READY | 0x20))
            }
            (1, false) | (41 | 55, true) => Err(HostError::CommandTimeout),
            (8, _) if command.reply == Reply::R7 => Err(HostError::CommandTimeout),
            _ => Ok(Response::short(READY)),
        }
    }
}

impl Host for Hostile<'_> {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_clock_hz: 52_000_000,
            widest: BusWidth::Eight,
            high_speed: true,
            max_read_blocks: 2,
            max_write_blocks: 2,
        }
    }

    fn reset(&mut self) -> Result<(), HostError> {
        Ok(())
    }

    fn set_clock(&mut self, hz: u32) -> u32 {
        hz
    }

    fn set_bus_width(&mut self, _: BusWidth) {}

    fn command(&mut self, command: Command) -> Result<Response, HostError> {
        let sane = self.sane(command);
        self.answer(sane)
    }

    fn read(&mut self, command: Command, block: u16, data: &mut [u8], _: u32) -> Result<Response, HostError> {
        assert!(data.len().is_multiple_of(block.into()), "whole blocks");
        match (command.index, data.len()) {
            (8, 512) => data.copy_from_slice(&self.ext_csd),
            (51, 8) => data.copy_from_slice(&self.scr.to_be_bytes()),
            _ => data.iter_mut().for_each(|byte| *byte = self.odd.byte()),
        }
        self.application = false;
        self.answer(Ok(Response::short(READY)))
    }

    fn write(&mut self, _: Command, block: u16, data: &[u8], _: u32) -> Result<Response, HostError> {
        assert!(data.len().is_multiple_of(block.into()), "whole blocks");
        self.application = false;
        self.answer(Ok(Response::short(READY)))
    }

    fn abort(&mut self) {}

    fn now_us(&mut self) -> u64 {
        self.now += 20_000;
        self.now
    }
}

/// Registers first, then answers. A card that comes up is read, written and erased at its ends.
///
/// # Panics
/// See [`Target::run`](crate::Target::run).
pub fn run(bytes: &[u8]) -> bool {
    let mut input = Input::new(bytes);
    let how = input.byte();
    let mut ext_csd = EXT_CSD;
    for _ in 0..input.byte() % 16 {
        input.patch(&mut ext_csd);
    }
    if how & 4 != 0 {
        overwrite(&mut ext_csd, 160, input.slice());
    }
    let mut csd = if how & 1 != 0 { CSD_EMMC } else { CSD_SD };
    let mut cid = *b"\xaaXYFUZZ!\x01\xde\xad\xbe\xef\x00\x62\x19";
    let mut scr = SCR;
    for (register, bit) in [(&mut csd[..], 8), (&mut cid, 16), (&mut scr, 32)] {
        if how & bit != 0 {
            input.patch(register);
            input.patch(register);
        }
    }
    let ocr = if how & 64 != 0 { input.word() } else { 0xc0ff_8080 };
    let words = |bytes: [u8; 16]| {
        let mut words = [0; 4];
        words
            .iter_mut()
            .zip(bytes.as_chunks().0)
            .for_each(|(word, bytes)| *word = u32::from_be_bytes(*bytes));
        words
    };
    let host = Hostile {
        emmc: how & 1 != 0,
        version2: how & 2 == 0,
        ocr,
        cid: words(cid),
        csd: words(csd),
        scr: u64::from_be_bytes(scr),
        ext_csd,
        odd: Answers::new(input.rest()),
        asked: 0,
        application: false,
        now: 0,
    };
    let Ok(mut card) = Card::init(host, Options { wide_bus: how & 128 == 0, ..Options::default() }) else {
        return false;
    };
    let info = *card.info();
    let _ = (info.cid.manufacturer(), info.cid.product(), info.cid.serial());
    let sectors = card.sectors();
    assert!((1..=1 << 32).contains(&sectors), "{sectors} sectors");
    assert!(info.erase_group > 0 && (info.kind == Kind::Emmc || !info.reliable_write));
    let mut buffer = [0; 3 * 512];
    for first in [0, 1, sectors / 2, sectors.saturating_sub(3), sectors, u64::MAX] {
        let inside = first.checked_add(3).is_some_and(|end| end <= sectors);
        assert!(card.read(first, &mut buffer).is_err() || inside, "read outside");
        assert!(card.write(first, &buffer).is_err() || inside, "wrote outside");
        assert!(card.write_reliable(first, &buffer).is_err() || inside, "wrote outside");
        assert!(card.trim(first, 3).is_err() || inside, "trimmed outside");
        let _ = card.erase(first, info.erase_group.into());
    }
    let _ = card.flush();
    true
}

/// Registers of cards that work. The EXT_CSD: JESD84-B51 7.4, revision 8, 16 MiB, 512 KiB cache.
const EXT_CSD: [u8; 512] = {
    let mut bytes = [0; 512];
    bytes[192] = 8;
    bytes[196] = 3;
    (bytes[213], bytes[222], bytes[166], bytes[231]) = (0x80, 1, 4, 0x10);
    (bytes[250], bytes[248], bytes[224], bytes[175]) = (0x10, 10, 1, 1);
    bytes
};
/// Structure version 1, 8 GiB.
const CSD_SD: [u8; 16] =
    [0x40, 0x0e, 0x00, 0x32, 0x5b, 0x59, 0x00, 0x00, 0x3f, 0xff, 0x7f, 0x80, 0x0a, 0x40, 0x00, 0x01];
/// Version 4 of the standard.
const CSD_EMMC: [u8; 16] =
    [0xd0, 0x0e, 0x00, 0x32, 0x0f, 0x59, 0x03, 0xff, 0xff, 0xff, 0xff, 0xef, 0x8a, 0x40, 0x00, 0x01];
/// Version 2, one and four lines, CMD23.
const SCR: [u8; 8] = [0x02, 0x35, 0x80, 0x02, 0, 0, 0, 0];

/// The kinds of card, and one that fails now and then.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![0, 0, 0],
        vec![1, 0, 0],
        vec![2, 0, 0],
        vec![1, 1, 212, 0, 4, 0, 0, 0, 1, 0],
        vec![9, 0, 4, 0, 2, 0x5b, 0x5a, 1, 0, 0, 0],
        [vec![1, 0], vec![0; 60], vec![244, 0, 0, 247, 0, 0, 250, 7]].concat(),
    ]
}
