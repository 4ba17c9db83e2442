//! A host with a simulated card, for the tests of the protocol.

mod card;

pub(super) use card::{Model, SimCard};

use std::vec::Vec;

use super::*;

/// A host that keeps a log of what was sent, and lets time pass with every question about it.
pub(super) struct SimHost {
    pub(super) card: Option<SimCard>,
    pub(super) capabilities: Capabilities,
    /// Every command sent: number and argument.
    pub(super) log: Vec<(u8, u32)>,
    pub(super) now: u64,
    /// Microseconds between two questions about the time.
    pub(super) tick: u64,
    pub(super) clock_hz: u32,
    pub(super) width: BusWidth,
    /// Errors to report instead of moving the next data, and how many blocks move before.
    pub(super) faults: Vec<(usize, HostError)>,
    pub(super) aborts: usize,
}

impl SimHost {
    pub(super) fn new(card: Option<SimCard>) -> Self {
        Self {
            card,
            capabilities: Capabilities {
                max_clock_hz: 25_000_000,
                widest: BusWidth::One,
                high_speed: false,
                max_read_blocks: 16,
                max_write_blocks: 16,
            },
            log: Vec::new(),
            now: 0,
            tick: 100,
            clock_hz: 0,
            width: BusWidth::One,
            faults: Vec::new(),
            aborts: 0,
        }
    }

    pub(super) fn card(&mut self) -> &mut SimCard {
        self.card.as_mut().expect("a card")
    }

    /// Numbers of the commands since the log was cleared, without the status polls.
    pub(super) fn sent(&self) -> Vec<u8> {
        let all = self.log.iter().map(|(index, _)| *index);
        all.filter(|index| *index != 13).collect()
    }

    /// Arguments of every command of this number.
    pub(super) fn arguments(&self, index: u8) -> Vec<u32> {
        let those = self.log.iter().filter(|(sent, _)| *sent == index);
        those.map(|(_, argument)| *argument).collect()
    }

    fn fault(&mut self, blocks: usize) -> Option<(usize, HostError)> {
        let due = self.faults.first().is_some_and(|(at, _)| *at < blocks);
        due.then(|| self.faults.remove(0))
    }
}

impl Host for SimHost {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.width = BusWidth::One;
        self.clock_hz = 400_000;
        Ok(())
    }

    fn set_clock(&mut self, hz: u32) -> u32 {
        self.clock_hz = hz;
        hz
    }

    fn set_bus_width(&mut self, width: BusWidth) {
        self.width = width;
    }

    fn command(&mut self, command: Command) -> Result<Response, HostError> {
        self.log.push((command.index, command.argument));
        let answer = match &mut self.card {
            Some(card) => card.command(command.index, command.argument),
            None => None,
        };
        match (answer, command.reply) {
            (_, Reply::None) => Ok(Response::default()),
            (Some(answer), _) => Ok(Response(answer)),
            (None, _) => Err(HostError::CommandTimeout),
        }
    }

    fn read(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let response = self.command(command)?;
        if response.word() & command.no_data_if != 0 {
            return Ok(response);
        }
        let blocks = data.len() / usize::from(block);
        let fault = self.fault(blocks);
        for (n, piece) in data.chunks_mut(usize::from(block)).enumerate() {
            if let Some((_, error)) = fault.filter(|(at, _)| *at == n) {
                return Err(error);
            }
            if !self.card().send_block(piece) {
                self.now += u64::from(timeout_us);
                return Err(HostError::DataTimeout);
            }
        }
        Ok(response)
    }

    fn write(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let response = self.command(command)?;
        if response.word() & command.no_data_if != 0 {
            return Ok(response);
        }
        let blocks = data.len() / usize::from(block);
        let fault = self.fault(blocks);
        for (n, piece) in data.chunks(usize::from(block)).enumerate() {
            if let Some((_, error)) = fault.filter(|(at, _)| *at == n) {
                return Err(error);
            }
            if !self.card().receive_block(piece) {
                self.now += u64::from(timeout_us);
                return Err(HostError::DataTimeout);
            }
        }
        Ok(response)
    }

    fn abort(&mut self) {
        self.aborts += 1;
    }

    fn now_us(&mut self) -> u64 {
        self.now += self.tick;
        self.now
    }
}
