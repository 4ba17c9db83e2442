//! The time of day, which the FAT volume's files would be stamped with.

use core::marker::PhantomData;

use embedded_sdmmc::{TimeSource, Timestamp};

use oal_firmware::Platform;

/// The time of day for crate `embedded-sdmmc`, from the board.
pub struct Calendar<P>(PhantomData<P>);

impl<P> Calendar<P> {
    /// The board's calendar.
    pub const fn new() -> Self {
        Calendar(PhantomData)
    }
}

impl<P: Platform> TimeSource for Calendar<P> {
    fn get_timestamp(&self) -> Timestamp {
        let seconds = P::seconds();
        let (days, time) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        Timestamp {
            year_since_1970: (year - 1970) as u8,
            zero_indexed_month: month as u8 - 1,
            zero_indexed_day: day as u8 - 1,
            hours: (time / 3600) as u8,
            minutes: (time / 60 % 60) as u8,
            seconds: (time % 60) as u8,
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil(days: u32) -> (u32, u32, u32) {
    let leap = |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut year, mut rest) = (1970, days);
    // A 32-bit count of seconds ends in 2106.
    while rest >= 365 + u32::from(leap(year)) {
        rest -= 365 + u32::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for days in [31, 28 + u32::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < days {
            break;
        }
        rest -= days;
        month += 1;
    }
    (year, month, rest + 1)
}
