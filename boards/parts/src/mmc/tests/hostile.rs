//! Cards that lie: any register contents and any answers give a card or an error.

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

/// A host that answers everything with the next of a list of words, round and round.
struct Chaos {
    words: Vec<u32>,
    at: usize,
    now: u64,
}

impl Chaos {
    fn next(&mut self) -> u32 {
        self.at += 1;
        let word = self.words[self.at % self.words.len()];
        word
    }

    fn answer(&mut self) -> Result<Response, HostError> {
        match self.next() % 8 {
            0 => Err(HostError::CommandTimeout),
            1 => Err(HostError::CommandCrc),
            _ => Ok(Response([self.next(), self.next(), self.next(), self.next()])),
        }
    }
}

impl Host for Chaos {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_clock_hz: self.words[0],
            widest: BusWidth::Eight,
            high_speed: true,
            max_read_blocks: self.words[0] as u16,
            max_write_blocks: (self.words[0] >> 16) as u16,
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
        match command.index {
            // Let identification pass now and then, or nothing behind it would ever run.
            8 if self.next() % 2 == 0 => Ok(Response::short(0x1aa)),
            1 | 41 => Ok(Response::short(self.next() | 0x80ff_8000)),
            13 => Ok(Response::short(self.next() & 0x00c8_0180 | 0x800)),
            _ => self.answer(),
        }
    }
    fn read(&mut self, _: Command, _: u16, data: &mut [u8], _: u32) -> Result<Response, HostError> {
        for byte in data {
            *byte = self.next() as u8;
        }
        self.answer()
    }
    fn write(&mut self, _: Command, _: u16, _: &[u8], _: u32) -> Result<Response, HostError> {
        self.answer()
    }
    fn abort(&mut self) {}
    fn now_us(&mut self) -> u64 {
        self.now += 20_000;
        self.now
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
    fn any_answers(words in vec(any::<u32>(), 1..200)) {
        let mut host = Chaos { words, at: 0, now: 0 };
        if let Ok(mut card) = Card::init(&mut host, Options::default()) {
            use_it(&mut card);
        }
    }
}
