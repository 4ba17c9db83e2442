//! Statics that are lent once after each power-on.

use oal_firmware::nosave::NosaveCell;

static PLACE: NosaveCell<[u32; 4]> = NosaveCell::new([0; 4]);

#[test]
fn what_the_last_owner_left_is_what_the_next_one_finds() {
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
