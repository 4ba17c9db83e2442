//! The card: states, status bits and registers as the standards describe them.

mod blocks;

use std::vec;
use std::vec::Vec;

use crate::mmc::R1;

/// Which card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mmc) enum Model {
    SdV1,
    SdV2,
    SdHigh,
    EmmcBytes,
    EmmcSectors,
}

impl Model {
    pub(in crate::mmc) const ALL: [Self; 5] =
        [Self::SdV1, Self::SdV2, Self::SdHigh, Self::EmmcBytes, Self::EmmcSectors];

    pub(in crate::mmc) fn is_emmc(self) -> bool {
        matches!(self, Self::EmmcBytes | Self::EmmcSectors)
    }

    pub(in crate::mmc) fn by_sector(self) -> bool {
        matches!(self, Self::SdHigh | Self::EmmcSectors)
    }
}

const IDLE: u32 = 0;
const READY: u32 = 1;
const IDENTIFICATION: u32 = 2;
const STANDBY: u32 = 3;
const TRANSFER: u32 = 4;
const SENDING: u32 = 5;
const RECEIVING: u32 = 6;
const PROGRAMMING: u32 = 7;

/// What the next data block is.
#[derive(Clone, Debug)]
enum Data {
    None,
    Register(Vec<u8>),
    Sectors { next: u64, left: Option<u32> },
}

pub(in crate::mmc) struct SimCard {
    pub(in crate::mmc) model: Model,
    pub(in crate::mmc) state: u32,
    data: Data,
    /// Error bits that the next status shows.
    pub(in crate::mmc) errors: u32,
    /// Bits that every status shows.
    pub(in crate::mmc) sticky: u32,
    pub(in crate::mmc) ocr: u32,
    pub(in crate::mmc) csd: u128,
    pub(in crate::mmc) scr: u64,
    pub(in crate::mmc) ext_csd: [u8; 512],
    /// Times that CMD1 or ACMD41 finds the card still powering up.
    pub(in crate::mmc) power_up: u32,
    /// Status polls for which the card is busy after a write, an erase or a switch.
    pub(in crate::mmc) busy: u32,
    busy_left: u32,
    pub(in crate::mmc) gone: bool,
    /// The response to CMD12 says that the card ran past its end.
    pub(in crate::mmc) complain_at_stop: bool,
    /// CMD6 does nothing but report an error.
    pub(in crate::mmc) refuse_switch: bool,
    pub(in crate::mmc) memory: Vec<u8>,
    /// Portions of reliable writes: first sector and count.
    pub(in crate::mmc) reliable: Vec<(u64, u32)>,
    pub(in crate::mmc) rca: u32,
    app: bool,
    count: Option<u32>,
    group: (u32, u32),
}

/// Sectors of every simulated card.
pub(in crate::mmc) const SECTORS: u64 = 2048;

impl SimCard {
    pub(in crate::mmc) fn new(model: Model) -> Self {
        let fields: &[(u32, u128)] = match model {
            Model::SdHigh => &[(126, 1), (48, 1), (96, 0x32)],
            // eMMC version 4, erase groups of 32 sectors.
            Model::EmmcBytes | Model::EmmcSectors => {
                &[(122, 4), (80, 9), (62, 127), (47, 2), (96, 0x32), (42, 31)]
            }
            // 128 units of 16 blocks.
            Model::SdV1 | Model::SdV2 => &[(80, 9), (62, 127), (47, 2), (96, 0x32)],
        };
        let mut ext_csd = [0u8; 512];
        ext_csd[192] = 8;
        ext_csd[196] = 3;
        ext_csd[212..216].copy_from_slice(&(SECTORS as u32).to_le_bytes());
        ext_csd[166] = 4;
        ext_csd[231] = 0x10;
        ext_csd[249] = 64;
        Self {
            model,
            state: IDLE,
            data: Data::None,
            errors: 0,
            sticky: 0,
            ocr: 0x00ff_8000 | if model.by_sector() { 1 << 30 } else { 0 },
            csd: fields.iter().fold(0, |csd, (low, value)| csd | value << low),
            // Version 2, one and four lines, CMD23.
            scr: 0x0235_0002_0000_0000,
            ext_csd,
            power_up: 2,
            busy: 3,
            busy_left: 0,
            gone: false,
            complain_at_stop: false,
            refuse_switch: false,
            memory: vec![0xee; (SECTORS * 512) as usize],
            reliable: Vec::new(),
            rca: 0,
            app: false,
            count: None,
            group: (0, 0),
        }
    }

    fn status(&mut self) -> Option<[u32; 4]> {
        let ready = u32::from(self.state == TRANSFER) << 8;
        let word = self.state << 9 | ready | self.errors | self.sticky;
        self.errors = 0;
        Some([word, 0, 0, 0])
    }

    fn long(register: u128) -> Option<[u32; 4]> {
        Some([96, 64, 32, 0].map(|shift| (register >> shift) as u32))
    }

    fn sector(&self, address: u32) -> u64 {
        if self.model.by_sector() { u64::from(address) } else { u64::from(address) / 512 }
    }

    fn mine(&self, argument: u32) -> bool {
        argument >> 16 == self.rca && self.rca != 0
    }

    fn start_busy(&mut self) {
        self.busy_left = self.busy;
        self.state = if self.busy == 0 { TRANSFER } else { PROGRAMMING };
    }

    /// The card's answer, or silence.
    pub(in crate::mmc) fn command(&mut self, index: u8, argument: u32) -> Option<[u32; 4]> {
        if self.gone {
            return None;
        }
        let app = core::mem::take(&mut self.app);
        let answer = if app && matches!(index, 6 | 41 | 51) {
            self.app_command(index, argument)
        } else {
            self.plain_command(index, argument)
        };
        if answer.is_none() && index != 0 {
            self.errors |= R1::ILLEGAL_COMMAND;
        }
        answer
    }

    fn app_command(&mut self, index: u8, argument: u32) -> Option<[u32; 4]> {
        match (index, self.state) {
            (41, IDLE) => {
                let high = self.model == Model::SdHigh && argument & 1 << 30 == 0;
                self.power_up(high)
            }
            (51, TRANSFER) => self.register(self.scr.to_be_bytes().to_vec()),
            (6, TRANSFER) => self.status(),
            _ => None,
        }
    }

    fn power_up(&mut self, refused: bool) -> Option<[u32; 4]> {
        if self.power_up > 0 || refused {
            self.power_up = self.power_up.saturating_sub(1);
            return Some([self.ocr & !(1 << 31), 0, 0, 0]);
        }
        self.state = READY;
        Some([self.ocr | 1 << 31, 0, 0, 0])
    }

    fn register(&mut self, bytes: Vec<u8>) -> Option<[u32; 4]> {
        let answer = self.status();
        self.data = Data::Register(bytes);
        self.state = SENDING;
        answer
    }

    fn plain_command(&mut self, index: u8, argument: u32) -> Option<[u32; 4]> {
        let emmc = self.model.is_emmc();
        match (index, self.state) {
            (0, _) => {
                self.state = IDLE;
                self.errors = 0;
                self.rca = 0;
                None
            }
            (8, IDLE) if !emmc && self.model != Model::SdV1 => Some([argument & 0xfff, 0, 0, 0]),
            (55, _) if !emmc => {
                self.app = true;
                self.status()
            }
            (1, IDLE) if emmc => self.power_up(false),
            (2, READY) => {
                self.state = IDENTIFICATION;
                Self::long(u128::from_be_bytes(*b"\x11ABNAME55\x21\x00\x00\x00\x07\x00\x01"))
            }
            (3, IDENTIFICATION | STANDBY) => {
                self.rca = if emmc { argument >> 16 } else { 0x4567 };
                self.state = STANDBY;
                if emmc { self.status() } else { Some([self.rca << 16, 0, 0, 0]) }
            }
            (9, STANDBY) if self.mine(argument) => Self::long(self.csd),
            (7, STANDBY) if self.mine(argument) => {
                self.state = TRANSFER;
                self.status()
            }
            (13, STANDBY..) if self.mine(argument) => {
                let answer = self.status();
                if self.state == PROGRAMMING {
                    self.busy_left = self.busy_left.saturating_sub(1);
                    if self.busy_left == 0 {
                        self.state = TRANSFER;
                    }
                }
                answer
            }
            (16, TRANSFER) if argument == 512 => self.status(),
            (8, TRANSFER) if emmc => self.register(self.ext_csd.to_vec()),
            (6, TRANSFER) if emmc => self.switch(argument),
            (6, TRANSFER) => {
                let mut function = vec![0u8; 64];
                function[16] = (argument & 0xf) as u8;
                self.register(function)
            }
            (23, TRANSFER) => {
                self.count = Some(argument);
                self.status()
            }
            (17 | 18 | 24 | 25, TRANSFER) => self.transfer(index, argument),
            (12, SENDING | RECEIVING) => {
                if self.complain_at_stop {
                    self.errors |= R1::OUT_OF_RANGE;
                }
                let answer = self.status();
                if self.state == RECEIVING {
                    self.start_busy();
                } else {
                    self.state = TRANSFER;
                }
                self.data = Data::None;
                answer
            }
            (32, TRANSFER) if !emmc => self.erase_bound(argument, true),
            (33, TRANSFER) if !emmc => self.erase_bound(argument, false),
            (35, TRANSFER) if emmc => self.erase_bound(argument, true),
            (36, TRANSFER) if emmc => self.erase_bound(argument, false),
            (38, TRANSFER) => self.erase(argument),
            _ => None,
        }
    }

    fn switch(&mut self, argument: u32) -> Option<[u32; 4]> {
        let answer = self.status();
        if self.refuse_switch {
            self.sticky |= R1::SWITCH_ERROR;
        } else {
            let byte = &mut self.ext_csd[(argument >> 16 & 0xff) as usize];
            let value = (argument >> 8) as u8;
            match argument >> 24 & 3 {
                1 => *byte |= value,
                2 => *byte &= !value,
                3 => *byte = value,
                _ => {}
            }
        }
        self.start_busy();
        answer
    }
}
