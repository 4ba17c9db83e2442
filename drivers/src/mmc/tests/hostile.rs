//! Cards that lie: any register contents and any answers give a card or an error.

use oal_media::BlockDevice;
use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;

/// Uses every operation. Results do not matter: that it returns does.
fn use_it<H: Host>(card: &mut Card<H>) {
    let sectors = card.sectors();
    let mut buffer = [0; 3 * 512];
    for first in [0, 1, sectors / 2, sectors.saturating_sub(3), sectors, u64::MAX] {
        let _ = card.read(first, &mut buffer);
        let _ = card.write(first, &buffer);
        let _ = card.write_reliable(first, &buffer);
        let _ = card.trim(first, 3);
        let _ = card.erase(first, u64::from(card.info().erase_group));
    }
    let _ = card.flush();
}

/// A host that behaves for some commands, and then answers with the words of a list, round and round.
struct Chaos {
    sane: SimHost,
    calm: u32,
    words: Vec<u32>,
    at: usize,
}

impl Chaos {
    fn next(&mut self) -> u32 {
        self.at += 1;
        self.words[self.at % self.words.len()]
    }

    fn is_calm(&mut self) -> bool {
        self.calm = self.calm.saturating_sub(1);
        self.calm > 0
    }

    fn answer(&mut self) -> Result<Response, HostError> {
        match self.next() % 8 {
            0 => Err(HostError::CommandTimeout),
            1 => Err(HostError::CommandCrc),
            // A card at rest, and anything else.
            2..=5 => Ok(Response::short(0x900)),
            _ => Ok(Response([0; 4].map(|_| self.next()))),
        }
    }
}

impl Host for Chaos {
    fn capabilities(&self) -> Capabilities {
        self.sane.capabilities()
    }
    fn reset(&mut self) -> Result<(), HostError> {
        self.sane.reset()
    }
    fn set_clock(&mut self, hz: u32) -> u32 {
        hz
    }
    fn set_bus_width(&mut self, _: BusWidth) {}
    fn command(&mut self, command: Command) -> Result<Response, HostError> {
        if self.is_calm() {
            return self.sane.command(command);
        }
        self.answer()
    }
    fn read(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        if self.is_calm() {
            return self.sane.read(command, block, data, timeout_us);
        }
        for byte in data {
            *byte = self.next() as u8;
        }
        self.answer()
    }
    fn write(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        if self.is_calm() {
            return self.sane.write(command, block, data, timeout_us);
        }
        self.answer()
    }
    fn abort(&mut self) {}
    fn now_us(&mut self) -> u64 {
        self.sane.now_us()
    }
}

proptest! {
    #[test]
    fn any_registers(
        model in 0usize..5,
        csd: u128,
        keep_csd: bool,
        scr: u64,
        keep_scr: bool,
        ocr: u32,
        noise in vec(any::<u8>(), 512),
        keep: [u8; 4],
    ) {
        let mut sim = SimCard::new(Model::ALL[model]);
        if !keep_csd {
            // The version of the standard stays, or most eMMC cases would end at once.
            sim.csd = csd | 4 << 122;
        }
        if !keep_scr {
            sim.scr = scr & !(0xf << 60) | 1 << 48;
        }
        sim.ocr |= ocr;
        let own = sim.ext_csd;
        for (at, byte) in noise.iter().enumerate() {
            sim.ext_csd[at] = if keep.contains(&((at / 8) as u8)) { own[at] } else { *byte };
        }
        let mut host = SimHost::new(Some(sim));
        host.capabilities.widest = BusWidth::Eight;
        host.capabilities.high_speed = true;
        host.tick = 10_000;
        if let Ok(mut card) = Card::init(host, Options::default()) {
            prop_assert!((1..=1 << 32).contains(&card.sectors()));
            use_it(&mut card);
        }
    }

    #[test]
    fn any_answers(
        model in 0usize..5,
        calm in 1u32..150,
        words in vec(any::<u32>(), 1..200),
    ) {
        let mut sane = SimHost::new(Some(SimCard::new(Model::ALL[model])));
        sane.tick = 20_000;
        sane.capabilities.widest = BusWidth::Eight;
        sane.capabilities.high_speed = true;
        let mut host = Chaos { sane, calm, words, at: 0 };
        if let Ok(mut card) = Card::init(&mut host, Options::default()) {
            use_it(&mut card);
        }
    }
}
