//! Sectors in and out of the simulated card.

use super::*;

impl SimCard {
    pub(super) fn transfer(&mut self, index: u8, address: u32) -> Option<[u32; 4]> {
        let next = self.sector(address);
        let count = self.count.take();
        if next >= SECTORS {
            self.errors |= R1::OUT_OF_RANGE;
            return self.status();
        }
        if let (25, Some(count)) = (index, count)
            && count >> 31 != 0
        {
            self.reliable.push((next, count & 0xffff));
        }
        let answer = self.status();
        let left = match index {
            17 | 24 => Some(1),
            _ => count.map(|count| count & 0xffff),
        };
        self.data = Data::Sectors { next, left };
        self.state = if index < 24 { SENDING } else { RECEIVING };
        answer
    }

    pub(super) fn erase_bound(&mut self, address: u32, first: bool) -> Option<[u32; 4]> {
        if first {
            self.group.0 = address;
        } else {
            self.group.1 = address;
        }
        self.status()
    }

    pub(super) fn erase(&mut self, how: u32) -> Option<[u32; 4]> {
        let (mut first, mut last) = (self.sector(self.group.0), self.sector(self.group.1));
        if self.model.is_emmc() && how == 0 {
            (first, last) = (first / 32 * 32, last / 32 * 32 + 31);
        }
        let answer = self.status();
        match self.memory.get_mut((first * 512) as usize..(last * 512 + 512) as usize) {
            Some(bytes) => bytes.fill(0),
            None => self.errors |= 1 << 27,
        }
        self.start_busy();
        answer
    }

    /// The place of the next sector, and on to the one after.
    fn advance(&mut self) -> Option<core::ops::Range<usize>> {
        let Data::Sectors { next, left } = &mut self.data else {
            return None;
        };
        if *next >= SECTORS || *left == Some(0) {
            self.errors |= R1::OUT_OF_RANGE;
            return None;
        }
        let start = (*next * 512) as usize;
        *next += 1;
        let done = match left {
            Some(left) => {
                *left -= 1;
                *left == 0
            }
            None => false,
        };
        if done {
            self.data = Data::None;
            match self.state {
                RECEIVING => self.start_busy(),
                _ => self.state = TRANSFER,
            }
        }
        Some(start..start + 512)
    }

    /// Moves a block from the card; false if it sends none.
    pub(in crate::mmc) fn send_block(&mut self, block: &mut [u8]) -> bool {
        if self.gone || self.state != SENDING {
            return false;
        }
        if let Data::Register(bytes) = &self.data {
            block.copy_from_slice(bytes);
            self.data = Data::None;
            self.state = TRANSFER;
            return true;
        }
        match self.advance() {
            Some(range) => {
                block.copy_from_slice(&self.memory[range]);
                true
            }
            None => false,
        }
    }

    /// Moves a block to the card; false if it takes none.
    pub(in crate::mmc) fn receive_block(&mut self, block: &[u8]) -> bool {
        if self.gone || self.state != RECEIVING {
            return false;
        }
        match self.advance() {
            Some(range) => {
                self.memory[range].copy_from_slice(block);
                true
            }
            None => false,
        }
    }
}
