//! [`Card`]: an SD card or an eMMC behind the motherboard's PL181.

use oal_firmware::card::CardStorage;

use crate::Medium;
use crate::devices::{self, Mmci};

/// The medium.
pub struct Card;

impl Medium for Card {
    type Storage = CardStorage<Mmci>;

    unsafe fn find() -> CardStorage<Mmci> {
        // SAFETY: the caller's promise.
        let (mmci, mut system) = unsafe { (devices::mmci(), devices::system()) };
        // The slot's switch is the motherboard's, not the controller's.
        if system.card_present() { CardStorage::find(mmci) } else { CardStorage::no_card() }
    }
}
