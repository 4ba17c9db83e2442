//! The driver against a model of the chip.
#![allow(clippy::unwrap_used)]

use std::vec;
use std::vec::Vec;

use super::mock::{Behaviour, Chip, Ticking};
use super::*;

const CONFIG: Config =
    Config { input_hz: 24_000_000, max_hz: 24_000_000, four_lines: false, long_reads: true };
const READ: Command = Command::new(18, 5, Reply::R1);
const WRITE: Command = Command::new(25, 5, Reply::R1);

fn host() -> Pl181<Chip, Ticking> {
    Pl181::new(Chip::new(), Ticking(0), CONFIG)
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 251) as u8).collect()
}

#[test]
fn clocks_are_never_too_fast() {
    assert_eq!(divide(24_000_000, 25_000_000), (CLOCK_BYPASS, 24_000_000));
    assert_eq!(divide(24_000_000, 12_000_000), (0, 12_000_000));
    assert_eq!(divide(24_000_000, 11_999_999), (1, 6_000_000));
    assert_eq!(divide(24_000_000, 400_000), (29, 400_000));
    assert_eq!(divide(100_000_000, 0), (255, 195_312));
    for hz in (50_000..24_000_000).step_by(12_345) {
        assert!(divide(24_000_000, hz).1 <= hz);
    }
}

#[test]
fn reads_any_alignment_in_phases_of_whole_blocks() {
    let blocks = 300;
    for offset in 0..4 {
        let mut host = host();
        let data = noise(blocks * 512);
        host.regs.source.extend(&data);
        let mut buffer = vec![0xcc; data.len() + 8];
        let part = &mut buffer[offset..offset + data.len()];
        let response = host.read(READ, 512, part, 1000).unwrap();
        assert_eq!(response, Response::short(0x900));
        assert!(buffer[offset..offset + data.len()] == data);
        assert!(buffer[..offset].iter().all(|byte| *byte == 0xcc));
        assert!(buffer[offset + data.len()..].iter().all(|byte| *byte == 0xcc));
        assert_eq!(host.regs.phases, [65024, 65024, 23552]);
        assert_eq!(host.regs.commands.len(), 1);
    }
}

#[test]
fn writes_any_alignment() {
    for offset in 0..4 {
        let mut host = host();
        let data = noise(200 * 512 + offset);
        host.write(WRITE, 512, &data[offset..], 1000).unwrap();
        assert!(host.regs.sink == data[offset..]);
        assert_eq!(host.regs.phases, [65024, 37376]);
    }
}

#[test]
fn a_read_is_armed_before_its_command_and_a_write_after() {
    let mut host = host();
    host.regs.source.extend(noise(512));
    host.read(READ, 512, &mut [0; 512], 1000).unwrap();
    assert_eq!(host.regs.armed_at_command, 1);
    host.write(WRITE, 512, &[0; 512], 1000).unwrap();
    assert_eq!(host.regs.armed_at_command, 1);
}

#[test]
fn short_registers() {
    let mut host = host();
    let data = noise(8);
    host.regs.source.extend(&data);
    let mut buffer = [0; 8];
    host.read(READ, 8, &mut buffer, 1000).unwrap();
    assert_eq!(buffer, data[..]);
}

#[test]
fn stale_words_do_not_shift_a_read() {
    let mut host = host();
    host.regs.fifo.extend([1, 2, 3, 4, 5]);
    host.reset().unwrap();
    assert!(host.regs.fifo.is_empty());
    let data = noise(512);
    host.regs.source.extend(&data);
    let mut buffer = [0; 512];
    host.read(READ, 512, &mut buffer, 1000).unwrap();
    assert_eq!(buffer, data[..]);
}

#[test]
fn a_silent_card_ends_in_a_time_out() {
    let mut host = host();
    host.regs.behaviour = Behaviour::Silent;
    let mut buffer = [0; 512];
    let result = host.read(READ, 512, &mut buffer, 500);
    assert_eq!(result, Err(HostError::DataTimeout));
    let result = host.write(WRITE, 512, &buffer, 500);
    assert_eq!(result, Err(HostError::DataTimeout));
    assert!(host.clock.0 < 3000);
    assert_eq!(host.regs.registers[DATA_CONTROL / 4], 0);
}

#[test]
fn damaged_data_is_reported() {
    let mut host = host();
    host.regs.behaviour = Behaviour::BadCrc;
    host.regs.source.extend(noise(512));
    let result = host.read(READ, 512, &mut [0; 512], 500);
    assert_eq!(result, Err(HostError::DataCrc));
}

#[test]
fn a_refusal_calls_the_data_off() {
    let mut host = host();
    host.regs.response = Some([1 << 31, 0, 0, 0]);
    let refusing = |mut command: Command| {
        command.no_data_if = 1 << 31;
        command
    };
    let response = host.read(refusing(READ), 512, &mut [0; 512], 500).unwrap();
    assert_eq!(response.word(), 1 << 31);
    host.write(refusing(WRITE), 512, &[0; 512], 500).unwrap();
    assert!(host.regs.sink.is_empty());
    assert_eq!(host.regs.registers[DATA_CONTROL / 4], 0);
}

#[test]
fn responses_of_each_kind() {
    let mut host = host();
    let long = host.command(Command::new(2, 0, Reply::R2)).unwrap();
    assert_eq!(long, Response([0x900, 2, 3, 4]));
    assert_eq!(host.regs.commands[0].0, 2 | 0b11 << 6 | 1 << 10);
    let none = host.command(Command::new(0, 0, Reply::None)).unwrap();
    assert_eq!(none, Response::default());
    host.regs.response = None;
    let silence = host.command(Command::new(8, 0x1aa, Reply::R7));
    assert_eq!(silence, Err(HostError::CommandTimeout));
}

#[test]
fn impossible_lengths_are_refused() {
    let mut host = host();
    for (block, length) in [(512, 100), (0, 512), (100, 100), (4096, 4096), (512, 0)] {
        let result = host.read(READ, block, &mut vec![0; length], 1);
        assert_eq!(result, Err(HostError::Unsupported));
    }
    assert!(host.regs.commands.is_empty());
}
