//! What goes wrong, and that the next call works.

use super::*;
use oal_media::BlockDevice;

#[test]
fn after_an_error_in_mid_transfer_the_next_call_works() {
    for model in Model::ALL {
        for error in [HostError::DataCrc, HostError::Overrun, HostError::DataTimeout] {
            let mut card = ready(model);
            let mut buffer = [0; 8 * 512];
            card.bus.host.faults.push((3, error));
            let command = 18;
            assert_eq!(card.read(8, &mut buffer), Err(Error::Bus { command, error }));
            card.read(8, &mut buffer).unwrap();
            assert!(buffer.iter().all(|byte| *byte == 0xee));

            card.bus.host.faults.push((3, error));
            let command = 25;
            assert_eq!(card.write(8, &buffer), Err(Error::Bus { command, error }));
            card.write(8, &[7; 8 * 512]).unwrap();
            card.read(8, &mut buffer).unwrap();
            assert!(buffer.iter().all(|byte| *byte == 7));
            assert!(card.bus.host.aborts >= 2);
        }
    }
}

#[test]
fn errors_of_the_card_are_errors_of_the_call() {
    let mut card = ready(Model::EmmcSectors);
    let protected = 1 << 26;
    card.bus.host.card().errors = protected;
    let expected = Error::Card { command: 24, status: protected };
    assert_eq!(card.write(1, &[0; 512]), Err(expected));
    let memory = &card.bus.host.card().memory;
    assert!(memory[512..1024].iter().all(|byte| *byte == 0xee));
    card.write(1, &[0; 512]).unwrap();
}

#[test]
fn an_error_reported_after_the_data_counts() {
    let mut card = ready(Model::SdHigh);
    card.bus.host.card().sticky = 1 << 19;
    assert!(matches!(card.write(1, &[0; 512]), Err(Error::Card { status: 0x0008_0000, .. })));
}

#[test]
fn a_card_busy_for_ever_is_given_up_and_may_come_back() {
    let mut card = ready(Model::EmmcBytes);
    card.bus.host.card().busy = u32::MAX;
    let command = 24;
    assert_eq!(card.write(0, &[0; 512]), Err(Error::Busy { command }));
    // Still busy: the next call says so within its own time.
    let before = card.bus.host.now;
    assert!(card.read(0, &mut [0; 512]).is_err());
    assert!(card.bus.host.now - before < 11_000_000);
    card.bus.host.card().busy = 0;
    card.bus.host.card().state = 4;
    card.read(0, &mut [0; 512]).unwrap();
}

#[test]
fn a_clock_that_stands_still_hangs_nothing() {
    let mut sim = SimCard::new(Model::SdHigh);
    sim.power_up = u32::MAX;
    let mut host = SimHost::new(Some(sim));
    host.tick = 0;
    // A million polls or so: the log must not keep them all.
    host.log.reserve(1 << 20);
    assert!(Card::init(&mut host, Options::default()).is_err());
}

#[test]
fn a_card_taken_out() {
    let mut card = ready(Model::SdHigh);
    card.bus.host.card().gone = true;
    let error = HostError::CommandTimeout;
    let command = 17;
    assert_eq!(card.read(0, &mut [0; 512]), Err(Error::Bus { command, error }));
    let before = card.bus.host.now;
    assert_eq!(card.read(0, &mut [0; 512]), Err(Error::NoCard));
    assert!(card.bus.host.now - before < 100_000);
}

#[test]
fn a_refused_switch_is_named() {
    let mut card = ready(Model::EmmcSectors);
    card.bus.host.card().refuse_switch = true;
    assert_eq!(card.flush(), Err(Error::Switch { index: 32 }));
    // The bit sticks, but reads and writes go on.
    card.write(0, &[1; 1024]).unwrap();
    card.read(0, &mut [0; 1024]).unwrap();
}

#[test]
fn a_card_left_in_mid_transfer_by_a_reset_is_found_again() {
    for model in Model::ALL {
        let mut card = ready(model);
        let address = if model.by_sector() { 2 } else { 1024 };
        let read = Command::new(18, address, Reply::R1);
        let mut host = {
            card.bus.host.read(read, 512, &mut [0; 512], 1000).unwrap();
            card.release()
        };
        host.card().power_up = 1;
        let mut again = Card::init(host, Options::default()).unwrap();
        again.read(2, &mut [0; 512]).unwrap();
    }
}
