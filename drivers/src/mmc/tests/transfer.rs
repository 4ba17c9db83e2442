//! Blocks in and out.

use oal_media::BlockDevice;
use std::vec;
use std::vec::Vec;

use super::*;

fn pattern(sectors: usize, seed: u8) -> Vec<u8> {
    let bytes = (0..sectors * 512).map(|i| (i / 512) as u8 ^ i as u8 ^ seed);
    bytes.collect()
}

#[test]
fn what_is_written_is_where_it_belongs_and_reads_back() {
    for model in Model::ALL {
        let mut card = ready(model);
        for (first, sectors) in [(0, 1), (5, 2), (40, 16), (100, 17), (300, 300), (2047, 1), (2030, 18)] {
            let data = pattern(sectors, first as u8);
            card.write(first, &data).unwrap();
            let at = first as usize * 512;
            let memory = &card.bus.host.card().memory;
            assert_eq!(memory[at..at + data.len()], data, "{model:?}");
            let mut back = vec![0; data.len()];
            card.read(first, &mut back).unwrap();
            assert_eq!(back, data, "{model:?}");
        }
    }
}

#[test]
fn addresses_count_bytes_or_sectors() {
    for model in Model::ALL {
        let mut card = ready(model);
        card.read(3, &mut [0; 512]).unwrap();
        let expected = if model.by_sector() { 3 } else { 3 * 512 };
        assert_eq!(card.bus.host.arguments(17), [expected]);
    }
}

#[test]
fn counted_transfers_need_no_stop() {
    let mut card = ready(Model::EmmcSectors);
    card.read(0, &mut [0; 20 * 512]).unwrap();
    assert_eq!(card.bus.host.sent(), [23, 18, 23, 18]);
    assert_eq!(card.bus.host.arguments(23), [16, 4]);
    card.bus.host.log.clear();
    card.write(0, &[0; 17 * 512]).unwrap();
    assert_eq!(card.bus.host.sent(), [23, 25, 24]);
}

#[test]
fn open_transfers_are_stopped() {
    let mut sim = SimCard::new(Model::SdV1);
    sim.scr = 0x0025_0000_0000_0000;
    let mut card = ready_with(SimHost::new(Some(sim)));
    assert!(!card.info().counted);
    card.read(0, &mut [0; 20 * 512]).unwrap();
    assert_eq!(card.bus.host.sent(), [18, 12, 18, 12]);
    card.bus.host.log.clear();
    card.write(0, &[0; 20 * 512]).unwrap();
    assert_eq!(card.bus.host.sent(), [25, 12, 25, 12]);
}

#[test]
fn reading_ahead_past_the_end_is_forgiven_at_the_end_only() {
    let mut sim = SimCard::new(Model::SdHigh);
    sim.scr = 0x0025_0000_0000_0000;
    sim.complain_at_stop = true;
    let mut card = ready_with(SimHost::new(Some(sim)));
    let mut buffer = [0; 1024];
    assert_eq!(card.read(2046, &mut buffer), Ok(()));
    let refused = Error::Card { command: 12, status: R1::OUT_OF_RANGE };
    assert_eq!(card.read(2045, &mut buffer), Err(refused));
}

#[test]
fn nothing_is_sent_for_what_is_not_on_the_card() {
    let mut card = ready(Model::SdV2);
    let mut two = [0; 1024];
    assert_eq!(card.read(2047, &mut two), Err(Error::OutOfRange));
    assert_eq!(card.write(2048, &two), Err(Error::OutOfRange));
    assert_eq!(card.write_reliable(u64::MAX, &two), Err(Error::OutOfRange));
    assert_eq!(card.read(0, &mut two[..1000]), Err(Error::BadLength));
    assert_eq!(card.read(2048, &mut []), Ok(()));
    assert!(card.bus.host.log.is_empty());
}

#[test]
fn a_commit_record_is_a_reliable_write() {
    let mut card = ready(Model::EmmcSectors);
    card.write_reliable(9, &pattern(3, 1)).unwrap();
    assert_eq!(card.bus.host.arguments(23), [0x8000_0003]);
    assert_eq!(card.bus.host.card().reliable, [(9, 3)]);
    // And it is flushed.
    assert_eq!(card.bus.host.arguments(6), [0x0320_0100]);
}

#[test]
fn a_card_of_fixed_portions_gets_them() {
    let mut sim = SimCard::new(Model::EmmcBytes);
    sim.ext_csd[166] = 0;
    sim.ext_csd[222] = 8;
    let mut card = ready_with(SimHost::new(Some(sim)));
    assert!(card.info().reliable_write);
    card.write_reliable(6, &pattern(20, 1)).unwrap();
    assert_eq!(card.bus.host.card().reliable, [(6, 1), (7, 1), (8, 8), (16, 8), (24, 1), (25, 1)]);
}

#[test]
fn without_the_feature_sectors_go_one_by_one() {
    let mut card = ready(Model::SdHigh);
    card.write_reliable(4, &pattern(2, 3)).unwrap();
    assert_eq!(card.bus.host.sent(), [24, 24]);
    assert!(!card.info().reliable_write);
}

#[test]
fn flushing() {
    let mut card = ready(Model::EmmcBytes);
    card.flush().unwrap();
    assert_eq!(card.bus.host.arguments(6), [0x0320_0100]);
    let mut sim = SimCard::new(Model::EmmcBytes);
    sim.ext_csd[249] = 0;
    let mut without = ready_with(SimHost::new(Some(sim)));
    without.flush().unwrap();
    assert!(without.bus.host.log.is_empty());
}
