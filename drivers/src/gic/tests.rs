//! The driver against a model of the distributor's set and clear registers.
#![allow(clippy::unwrap_used)]

use super::*;
use std::vec;
use std::vec::Vec;

struct Words(Vec<u32>, u32);

impl Registers for Words {
    fn read(&mut self, offset: usize) -> u32 {
        match offset {
            TYPE if self.0.len() > 0x40 => self.1,
            CLEAR_ENABLE..SET_PENDING | CLEAR_PENDING..ACTIVE if self.0.len() > 0x40 => {
                self.0[(offset - 0x80) / 4]
            }
            _ => self.0[offset / 4],
        }
    }

    fn write(&mut self, offset: usize, value: u32) {
        let distributor = self.0.len() > 0x40;
        match offset {
            SET_ENABLE..CLEAR_ENABLE | SET_PENDING..CLEAR_PENDING if distributor => {
                self.0[offset / 4] |= value;
            }
            CLEAR_ENABLE..SET_PENDING | CLEAR_PENDING..ACTIVE if distributor => {
                self.0[(offset - 0x80) / 4] &= !value;
            }
            _ => self.0[offset / 4] = value,
        }
    }
}

fn gic(type_register: u32) -> Gic<Words, Words> {
    Gic::new(Words(vec![0; 0x400], type_register), Words(vec![0; 0x40], 0))
}

#[test]
fn what_is_saved_is_put_back() {
    let mut gic = gic(2);
    gic.init();
    let timer = IntId::shared(2);
    gic.set_priority(timer, 0x50);
    gic.set_edge(timer, true);
    gic.set_targets(timer, 3);
    gic.enable(timer);
    gic.enable(IntId::PRIVATE_TIMER);
    let mut saved = Context::<8>::new();
    gic.save(&mut saved).unwrap();
    assert_eq!(saved.used, 3);
    assert_eq!(saved.blocks[1].enabled, 1 << 2);

    gic.init();
    assert!(!gic.is_enabled(timer));
    gic.restore(&saved).unwrap();
    let mut again = Context::<8>::new();
    gic.save(&mut again).unwrap();
    assert_eq!(again, saved);
}

#[test]
fn only_edges_become_pending_again() {
    let mut gic = gic(1);
    gic.init();
    let (level, edge, message) = (IntId::shared(2), IntId::shared(19), IntId::new(5).unwrap());
    gic.set_edge(edge, true);
    // As built in: software interrupts and one private interrupt.
    gic.distributor.0[CONFIGURATION / 4] = 0xaaaa_aaaa;
    gic.distributor.0[CONFIGURATION / 4 + 1] = 0b10 << (2 * 13);
    let first = 1 << message.number() | 1 << 27 | 1 << 29;
    gic.distributor.write(SET_PENDING, first);
    gic.distributor.write(SET_PENDING + 4, 1 << 2 | 1 << 19);
    let mut saved = Context::<2>::new();
    gic.save(&mut saved).unwrap();
    assert_eq!([saved.blocks[0].pending, saved.blocks[1].pending], [first, 1 << 2 | 1 << 19]);
    gic.silence();
    gic.restore(&saved).unwrap();
    assert!(gic.is_pending(edge) && !gic.is_pending(level));
    assert!(gic.is_pending(IntId::PRIVATE_TIMER) && !gic.is_pending(IntId::GLOBAL_TIMER));
    // That one was sent, not set.
    assert!(!gic.is_pending(message));
    assert_eq!(gic.distributor.0[SOFTWARE / 4], 0b10 << 24 | 5);
}

#[test]
fn a_context_of_another_size_is_refused() {
    let mut large = gic(7);
    assert_eq!(large.save(&mut Context::<4>::new()), Err(TooManyInterrupts { blocks: 8 }));
    assert_eq!(large.restore(&Context::<8>::new()), Err(TooManyInterrupts { blocks: 8 }));
}

#[test]
fn spurious_interrupts_are_none() {
    let mut gic = gic(0);
    gic.cpu.write(ACKNOWLEDGE, 1023);
    assert!(gic.acknowledge().is_none());
    gic.cpu.write(ACKNOWLEDGE, 3 << 10 | 5);
    let taken = gic.acknowledge().unwrap();
    assert_eq!((taken.id().number(), taken.sender()), (5, 3));
}
