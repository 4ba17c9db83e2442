//! The driver against a model of the controller.
#![allow(clippy::unwrap_used)]

use std::vec;
use std::vec::Vec;

use super::mock::{Behaviour, Chip, Ticking};
use super::*;
use crate::dma::model::Lender;

const CONFIG: Config =
    Config { input_hz: 50_000_000, max_hz: 50_000_000, widest: BusWidth::Four, removable: true };
const READ: Command = Command::new(18, 5, Reply::R1);
const WRITE: Command = Command::new(25, 5, Reply::R1);

fn host() -> Sdhci<Chip, Ticking> {
    let mut host = Sdhci::new(Chip::new(), Ticking(0), CONFIG);
    host.reset().unwrap();
    host
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 251) as u8).collect()
}

#[test]
fn clocks_are_never_too_fast() {
    assert_eq!(divide(1, 50_000_000, 50_000_000), (0, 50_000_000));
    assert_eq!(divide(1, 50_000_000, 400_000), (0x40 << 8, 390_625));
    assert_eq!(divide(1, 50_000_000, 0), (0x80 << 8, 195_312));
    assert_eq!(divide(2, 200_000_000, 400_000), (0xfa << 8, 400_000));
    assert_eq!(divide(2, 200_000_000, 25_000_000), (4 << 8, 25_000_000));
    assert_eq!(divide(2, 250_000_000, 150_000), (0x42 << 8 | 3 << 6, 149_880));
    for version in 0..3 {
        for hz in (200_000..50_000_000).step_by(12_345) {
            assert!(divide(version, 50_000_000, hz).1 <= hz);
        }
    }
}

#[test]
fn a_reset_leaves_power_one_line_and_a_slow_clock() {
    let host = host();
    assert_eq!(host.regs.register(HOST), 7 << 9 | 1 << 8);
    assert_eq!(host.regs.register(CLOCK), 0xe << 16 | 0x40 << 8 | 7);
    assert_eq!((host.regs.register(STATUS_ENABLE), host.regs.register(SIGNAL_ENABLE)), (WATCHED, 0));
}

#[test]
fn lines_and_timing_are_set_with_the_power_left_on() {
    let mut host = host();
    host.set_bus_width(BusWidth::Four);
    host.set_high_speed(true);
    assert_eq!(host.regs.register(HOST), 7 << 9 | 1 << 8 | 1 << 2 | 1 << 1);
    host.set_bus_width(BusWidth::Eight);
    assert_eq!(host.regs.register(HOST), 7 << 9 | 1 << 8 | 1 << 5 | 1 << 2);
}

#[test]
fn a_card_in_a_slot_is_seen_and_a_soldered_one_taken_for_granted() {
    let mut host = host();
    assert!(!host.card_present());
    host.regs.registers[PRESENT / 4] |= CARD_INSERTED;
    assert!(host.card_present());
    host.regs.registers[PRESENT / 4] = 0;
    host.config.removable = false;
    assert!(host.card_present());
}

#[test]
fn reads_and_writes_at_any_alignment() {
    for offset in 0..4 {
        let mut host = host();
        let data = noise(3 * 512);
        host.regs.source.extend(&data);
        let mut buffer = vec![0xcc; data.len() + 8];
        let response = host.read(READ, 512, &mut buffer[offset..offset + data.len()], 1000).unwrap();
        assert_eq!(response, Response::short(0x900));
        assert_eq!(buffer[offset..offset + data.len()], data);
        assert!(buffer[..offset].iter().chain(&buffer[offset + data.len()..]).all(|byte| *byte == 0xcc));
        let written = noise(2 * 512 + offset);
        host.write(WRITE, 512, &written[offset..], 1000).unwrap();
        assert_eq!(host.regs.sink, written[offset..]);
        let many = WITH_DATA | MULTI_BLOCK | COUNT_BLOCKS | 0x1a << 16;
        assert_eq!(
            host.regs.commands,
            [(18 << 24 | many | FROM_CARD, 5, 3 << 16 | 512), (25 << 24 | many, 5, 2 << 16 | 512)]
        );
    }
}

#[test]
fn one_block_is_no_transfer_of_many() {
    let mut host = host();
    let data = noise(8);
    host.regs.source.extend(&data);
    let mut buffer = [0; 8];
    host.read(Command::new(51, 0, Reply::R1), 8, &mut buffer, 1000).unwrap();
    assert_eq!(buffer, data[..]);
    assert_eq!(host.regs.commands, [(51 << 24 | WITH_DATA | FROM_CARD | 0x1a << 16, 0, 1 << 16 | 8)]);
}

#[test]
fn responses_of_each_kind() {
    let mut host = host();
    host.regs.response = Some([0x4455_6677, 0x0011_2233, 0x8899_aabb, 0x00cc_ddee]);
    let long = host.command(Command::new(2, 0, Reply::R2)).unwrap();
    assert_eq!(long, Response([0xccdd_ee88, 0x99aa_bb00, 0x1122_3344, 0x5566_7700]));
    let none = host.command(Command::new(0, 0, Reply::None)).unwrap();
    assert_eq!(none, Response::default());
    for (reply, bits) in [(Reply::R1, 0x1a), (Reply::R1b, 0x1b), (Reply::R3, 2), (Reply::R6, 0x1a)] {
        host.command(Command::new(7, 0, reply)).unwrap();
        assert_eq!(host.regs.commands.last().unwrap().0, 7 << 24 | bits << 16);
    }
    host.regs.response = None;
    assert_eq!(host.command(Command::new(1, 0, Reply::R3)), Err(HostError::CommandTimeout));
    assert_eq!(host.regs.register(STATUS), 0);
}

#[test]
fn a_stop_and_a_status_do_not_wait_for_a_busy_card_and_data_do() {
    let mut host = host();
    host.regs.busy = u32::MAX;
    host.command(Command::new(13, 0, Reply::R1)).unwrap();
    host.command(Command::new(12, 0, Reply::R1b)).unwrap();
    assert_eq!(host.regs.commands[1].0, 12 << 24 | ABORT | 0x1b << 16);
    assert_eq!(host.write(WRITE, 512, &[0; 512], 1000), Err(HostError::Stuck));
    assert_eq!(host.regs.commands.len(), 2);
    host.regs.busy = 20;
    host.write(WRITE, 512, &[0; 512], 1000).unwrap();
}

#[test]
fn a_silent_card_ends_in_a_time_out() {
    let mut host = host();
    host.regs.behaviour = Behaviour::Silent;
    let start = host.clock.0;
    assert_eq!(host.read(READ, 512, &mut [0; 512], 500), Err(HostError::DataTimeout));
    assert_eq!(host.write(WRITE, 512, &[0; 512], 500), Err(HostError::DataTimeout));
    assert!(host.clock.0 - start < 3000);
}

#[test]
fn damaged_data_is_reported_and_the_next_transfer_is_good() {
    let mut host = host();
    host.regs.behaviour = Behaviour::BadCrc;
    assert_eq!(host.read(READ, 512, &mut [0; 512], 500), Err(HostError::DataCrc));
    host.regs.behaviour = Behaviour::Fine;
    host.regs.source.extend(noise(512));
    let mut buffer = [0; 512];
    host.read(READ, 512, &mut buffer, 500).unwrap();
    assert_eq!(buffer, noise(512)[..]);
}

#[test]
fn a_transfer_that_is_complete_has_not_timed_out() {
    let mut host = host();
    host.regs.behaviour = Behaviour::LateTimeout;
    host.write(WRITE, 512, &[0; 512], 500).unwrap();
}

#[test]
fn a_refusal_calls_the_data_off() {
    let mut host = host();
    host.regs.response = Some([1 << 31, 0, 0, 0]);
    let refusing = |mut command: Command| {
        command.no_data_if = 1 << 31;
        command
    };
    assert_eq!(host.read(refusing(READ), 512, &mut [0; 512], 500).unwrap().word(), 1 << 31);
    host.write(refusing(WRITE), 512, &[0; 512], 500).unwrap();
    assert!(host.regs.sink.is_empty());
}

#[test]
fn a_controller_that_does_not_come_out_of_its_reset_is_an_error() {
    let mut chip = Chip::new();
    chip.behaviour = Behaviour::NoReset;
    assert_eq!(Sdhci::new(chip, Ticking(0), CONFIG).reset(), Err(HostError::Stuck));
}

#[test]
fn impossible_lengths_are_refused() {
    let mut host = host();
    for (block, length) in [(512, 100), (0, 512), (2, 512), (1024, 1024), (512, 0), (4, 4 << 16)] {
        let result = host.read(READ, block, &mut vec![0; length], 1);
        assert_eq!(result, Err(HostError::Unsupported));
    }
    assert!(host.regs.commands.is_empty());
}

/// A controller with SDMA, whose buffers are lent from an address on; a card with three blocks for it.
fn dma_host(address: u32) -> (Sdhci<Chip, Ticking, Lender>, Vec<u8>) {
    let data = noise(3 * 512);
    let mut chip = Chip::new();
    chip.source.extend(&data);
    let memory = chip.memory.clone();
    let mut host = Sdhci::new(chip, Ticking(0), CONFIG).with_dma(Lender { memory, address });
    host.reset().unwrap();
    (host, data)
}

#[test]
fn sdma_leaves_the_cpu_free_while_blocks_come() {
    let (mut host, data) = dma_host(0x10_0000);
    assert!(host.reads_in_background());
    let memory = host.regs.memory.clone();
    let (mut calls, mut buffer) = (0, vec![0xcc; data.len()]);
    let mut work = || {
        calls += 1;
        assert!(memory.borrow().written < 3 * 512, "nothing is on its way any more");
    };
    host.read_while(READ, 512, &mut buffer, 1000, &mut work).unwrap();
    assert_eq!((calls, buffer == data), (1, true));
    let mode = WITH_DATA | MULTI_BLOCK | COUNT_BLOCKS | FROM_CARD | BY_DMA;
    assert_eq!(host.regs.commands, [(18 << 24 | mode | 0x1a << 16, 5, 3 << 16 | 7 << 12 | 512)]);
    assert_eq!(host.regs.register(STATUS), 0);
    // A plain read goes through the port, as ever.
    host.regs.source.extend(&data);
    host.read(READ, 512, &mut buffer, 1000).unwrap();
    assert_eq!(host.regs.commands[1].0 & BY_DMA, 0);
}

#[test]
fn sdma_goes_on_over_a_boundary_wherever_that_is() {
    for before in (0..=4 * 512).step_by(512) {
        let (mut host, data) = dma_host(0x10_0000 - before);
        let mut buffer = vec![0; data.len()];
        host.read_while(READ, 512, &mut buffer, 1000, &mut || ()).unwrap();
        assert!(buffer == data, "{before} bytes before a boundary");
    }
}

#[test]
fn sdma_that_fails_has_ended_before_the_buffer_is_taken_back() {
    for (behaviour, error) in [
        (Behaviour::Silent, HostError::DataTimeout),
        (Behaviour::BadCrc, HostError::DataCrc),
        (Behaviour::BadFirst, HostError::DataCrc),
    ] {
        let (mut host, data) = dma_host(0x10_0000);
        host.regs.behaviour = behaviour;
        let mut calls = 0;
        let result = host.read_while(READ, 512, &mut vec![0; data.len()], 500, &mut || calls += 1);
        assert_eq!((result, calls), (Err(error), 1));
        assert!(host.regs.memory.borrow().lent.is_none());
        // What goes on now writes to memory that is not lent.
        (0..100).for_each(|_| host.regs.pass());
    }
}

#[test]
fn sdma_that_cannot_be_reset_loses_the_clock_of_the_card() {
    let (mut host, data) = dma_host(0x10_0000);
    host.regs.behaviour = Behaviour::NoReset;
    host.regs.registers[STATUS / 4] = 0;
    host.regs.response = None;
    let result = host.read_while(READ, 512, &mut vec![0; data.len()], 500, &mut || ());
    assert_eq!(result, Err(HostError::CommandTimeout));
    assert_eq!(host.regs.register(CLOCK) & CARD_ENABLE, 0);
}

#[test]
fn without_sdma_a_read_goes_through_the_port_and_the_work_is_done_all_the_same() {
    let (mut host, data) = dma_host(0x10_0000);
    host.regs.registers[CAPABILITIES / 4] &= !HAS_SDMA;
    host.reset().unwrap();
    assert!(!host.reads_in_background());
    let (mut calls, mut buffer) = (0, vec![0; data.len()]);
    host.read_while(READ, 512, &mut buffer, 1000, &mut || calls += 1).unwrap();
    assert_eq!((calls, buffer == data), (1, true));
    // With it, a buffer that is not lent.
    let (mut host, data) = dma_host(0x10_0000);
    let mut buffer = vec![0; 8];
    host.read_while(Command::new(51, 0, Reply::R1), 8, &mut buffer, 1000, &mut || calls += 1).unwrap();
    assert_eq!((calls, &buffer[..]), (2, &data[..8]));
}

#[test]
fn a_refusal_calls_sdma_off_before_any_work() {
    let (mut host, data) = dma_host(0x10_0000);
    host.regs.response = Some([1 << 31, 0, 0, 0]);
    let mut command = READ;
    command.no_data_if = 1 << 31;
    let mut work = || panic!("there is no data to wait for");
    let response = host.read_while(command, 512, &mut vec![0; data.len()], 500, &mut work).unwrap();
    assert_eq!(response.word(), 1 << 31);
    (0..100).for_each(|_| host.regs.pass());
}
