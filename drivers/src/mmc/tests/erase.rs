//! Trim and erase.

use super::*;

#[test]
fn trim_clears_exactly_what_it_is_told() {
    for model in Model::ALL {
        let mut card = ready(model);
        card.trim(5, 40).unwrap();
        let memory = &card.bus.host.card().memory;
        assert!(memory[5 * 512..45 * 512].iter().all(|byte| *byte == 0));
        assert!(memory[..5 * 512].iter().all(|byte| *byte == 0xee));
        assert!(memory[45 * 512..].iter().all(|byte| *byte == 0xee));
        assert_eq!(card.erased_byte(), 0);
    }
}

#[test]
fn each_kind_has_its_commands() {
    let mut sd = ready(Model::SdV2);
    sd.trim(1, 2).unwrap();
    assert_eq!(sd.bus.host.log[..3], [(32, 512), (33, 1024), (38, 0)]);
    let mut emmc = ready(Model::EmmcSectors);
    emmc.trim(1, 2).unwrap();
    assert_eq!(emmc.bus.host.log[..3], [(35, 1), (36, 2), (38, 1)]);
    emmc.bus.host.log.clear();
    emmc.erase(32, 64).unwrap();
    assert_eq!(emmc.bus.host.log[..3], [(35, 32), (36, 95), (38, 0)]);
}

#[test]
fn whole_groups_only() {
    let mut card = ready(Model::EmmcBytes);
    assert_eq!(card.erase(1, 32), Err(Error::Unsupported));
    assert_eq!(card.erase(32, 33), Err(Error::Unsupported));
    assert_eq!(card.erase(2016, 33), Err(Error::OutOfRange));
    assert_eq!(card.erase(2016, 32), Ok(()));
}

#[test]
fn a_card_without_trim_erases_groups() {
    let mut sim = SimCard::new(Model::EmmcSectors);
    sim.ext_csd[231] = 0;
    let mut card = ready_with(SimHost::new(Some(sim)));
    assert!(!card.info().trim);
    assert_eq!(card.trim(3, 1), Err(Error::Unsupported));
    assert_eq!(card.trim(64, 32), Ok(()));
    assert_eq!(card.bus.host.arguments(38), [0]);
}

#[test]
fn nothing_is_nothing() {
    let mut card = ready(Model::EmmcSectors);
    card.trim(7, 0).unwrap();
    card.erase(0, 0).unwrap();
    assert!(card.bus.host.log.is_empty());
}
