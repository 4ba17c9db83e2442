//! Statics that are lent once in each life.

use oal_firmware::nosave::Handout;

static PLACE: Handout<[u32; 4]> = Handout::new([0; 4]);

#[test]
fn what_one_life_left_is_what_the_next_one_finds() {
    // SAFETY: the first borrow.
    let first = unsafe { PLACE.take() };
    first[2] = 7;
    // SAFETY: the first one is not used any more.
    let second = unsafe { PLACE.take() };
    assert_eq!(*second, [0, 0, 7, 0]);
    second.fill(1);
    // SAFETY: nor is the second.
    assert_eq!(unsafe { PLACE.take() }, &mut [1; 4]);
}
