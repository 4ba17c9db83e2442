//! Identification and set-up.

use super::*;
use oal_media::BlockDevice;

fn init(host: &mut SimHost) -> Result<Info, Error> {
    Card::init(host, Options::default()).map(|card| *card.info())
}

#[test]
fn sd_is_set_up_in_the_standards_order() {
    let mut host = SimHost::new(Some(SimCard::new(Model::SdHigh)));
    let info = init(&mut host).unwrap();
    assert_eq!(host.sent(), [0, 8, 55, 41, 55, 41, 55, 41, 2, 3, 9, 7, 16, 55, 51]);
    assert_eq!(host.arguments(41)[0], 0x40ff_8000);
    assert_eq!(host.arguments(7), [0x4567_0000]);
    assert_eq!((info.kind, info.sectors), (Kind::SdHigh, 2048));
    assert_eq!((info.clock_hz, info.width), (25_000_000, BusWidth::One));
    assert!(info.counted && !info.reliable_write);
}

#[test]
fn an_old_sd_card_is_not_asked_for_high_capacity() {
    let mut host = SimHost::new(Some(SimCard::new(Model::SdV1)));
    let info = init(&mut host).unwrap();
    assert_eq!(host.sent()[..5], [0, 8, 0, 55, 41]);
    assert_eq!(host.arguments(41)[0], 0x00ff_8000);
    assert_eq!((info.kind, info.sectors), (Kind::SdStandard, 2048));
}

#[test]
fn emmc_is_set_up_in_the_standards_order() {
    let mut host = SimHost::new(Some(SimCard::new(Model::EmmcSectors)));
    let info = init(&mut host).unwrap();
    assert_eq!(host.sent(), [0, 8, 0, 55, 0, 1, 1, 1, 2, 3, 9, 7, 16, 8, 6]);
    assert_eq!(host.arguments(1)[0], 0x40ff_8080);
    assert_eq!(host.arguments(3), [0x0001_0000]);
    // One line only: the one CMD6 switches the cache on.
    assert_eq!(host.arguments(6), [0x0321_0100]);
    assert_eq!((info.kind, info.sectors), (Kind::Emmc, 2048));
    assert_eq!((info.cache_kib, info.erase_group), (8, 32));
    assert!(info.reliable_write && info.trim);
    assert_eq!(&info.cid.product(), b"NAME55");
}

#[test]
fn a_small_emmc_may_leave_its_size_to_the_csd() {
    let mut card = SimCard::new(Model::EmmcBytes);
    card.ext_csd[212..216].fill(0);
    let info = init(&mut SimHost::new(Some(card))).unwrap();
    assert_eq!(info.sectors, 2048);

    let mut card = SimCard::new(Model::EmmcSectors);
    card.ext_csd[212..216].fill(0);
    let result = init(&mut SimHost::new(Some(card)));
    assert_eq!(result, Err(Error::BadRegister(Register::ExtCsd)));
}

#[test]
fn wide_and_fast_where_host_and_card_can() {
    let wide = Capabilities {
        max_clock_hz: 52_000_000,
        widest: BusWidth::Eight,
        high_speed: true,
        max_read_blocks: 16,
        max_write_blocks: 16,
    };
    let mut host = SimHost::new(Some(SimCard::new(Model::EmmcSectors)));
    host.capabilities = wide;
    let info = init(&mut host).unwrap();
    assert_eq!((info.clock_hz, info.width), (52_000_000, BusWidth::Eight));
    assert_eq!(host.arguments(6), [0x03b9_0100, 0x03b7_0200, 0x0321_0100]);

    let mut host = SimHost::new(Some(SimCard::new(Model::SdHigh)));
    host.capabilities = wide;
    let info = init(&mut host).unwrap();
    assert_eq!((info.clock_hz, info.width), (50_000_000, BusWidth::Four));
    assert_eq!(host.arguments(6), [2, 0x80ff_fff1]);
    assert_eq!((host.clock_hz, host.width), (50_000_000, BusWidth::Four));
}

#[test]
fn options_hold_back() {
    let mut host = SimHost::new(Some(SimCard::new(Model::EmmcSectors)));
    host.capabilities.widest = BusWidth::Four;
    let options = Options { max_clock_hz: 10_000_000, wide_bus: false, high_speed: false, cache: false };
    let card = Card::init(&mut host, options).unwrap();
    let info = *card.info();
    assert_eq!((info.clock_hz, info.width), (10_000_000, BusWidth::One));
    assert_eq!(info.cache_kib, 0);
    assert_eq!(host.arguments(6), [0x0321_0000]);
}

#[test]
fn no_card() {
    assert_eq!(init(&mut SimHost::new(None)), Err(Error::NoCard));
}

#[test]
fn a_card_that_never_powers_up_is_given_a_second() {
    for model in Model::ALL {
        let mut card = SimCard::new(model);
        card.power_up = u32::MAX;
        let mut host = SimHost::new(Some(card));
        assert_eq!(init(&mut host), Err(Error::PowerUp));
        assert!((1_000_000..1_500_000).contains(&host.now), "{}", host.now);
    }
}

#[test]
fn a_card_for_another_voltage() {
    let mut card = SimCard::new(Model::EmmcBytes);
    card.ocr = 0x80;
    assert_eq!(init(&mut SimHost::new(Some(card))), Err(Error::Voltage));
}

#[test]
fn a_locked_card() {
    for model in Model::ALL {
        let mut card = SimCard::new(model);
        card.sticky = R1::LOCKED;
        assert_eq!(init(&mut SimHost::new(Some(card))), Err(Error::Locked));
    }
}

#[test]
fn the_user_area_gets_selected() {
    let mut card = SimCard::new(Model::EmmcSectors);
    card.ext_csd[179] = 0x49;
    let mut host = SimHost::new(Some(card));
    init(&mut host).unwrap();
    // Boot enable and acknowledge stay as they were.
    assert_eq!(host.card().ext_csd[179], 0x48);
    assert_eq!(host.arguments(6)[0], 0x02b3_0700);

    let mut card = SimCard::new(Model::EmmcSectors);
    card.ext_csd[179] = 3;
    card.refuse_switch = true;
    let result = init(&mut SimHost::new(Some(card)));
    assert_eq!(result, Err(Error::Switch { index: 179 }));
}

#[test]
fn boot_areas_and_their_protection_are_never_written() {
    let mut host = SimHost::new(Some(SimCard::new(Model::EmmcSectors)));
    host.capabilities.widest = BusWidth::Eight;
    let mut card = Card::init(&mut host, Options::default()).unwrap();
    card.write(0, &[1; 1024]).unwrap();
    card.write_reliable(0, &[1; 1024]).unwrap();
    card.trim(0, 64).unwrap();
    card.flush().unwrap();
    let switched = host.arguments(6).into_iter().map(|word| word >> 16 & 0xff);
    assert!(switched.into_iter().all(|byte| matches!(byte, 32 | 33 | 183 | 185)));
}
