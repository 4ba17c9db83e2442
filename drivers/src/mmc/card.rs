//! A card, ready for use.
#![forbid(unsafe_code)]

use super::SECTOR;
use super::bus::Bus;
use super::cid::Cid;
use super::error::Error;
use super::ext_csd::Reliable;
use super::host::{BusWidth, Capabilities, Host};

/// The standard of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// SD, version 1 or 2, up to 2 GB, addressed by bytes.
    SdStandard,
    /// SDHC or SDXC, addressed by sectors.
    SdHigh,
    /// eMMC.
    Emmc,
}

/// Features that the caller lets the driver use, where host and card have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Options {
    /// Fastest card clock in Hz.
    pub max_clock_hz: u32,
    /// More than one data line.
    pub wide_bus: bool,
    /// High-speed timing.
    pub high_speed: bool,
    /// The volatile cache of an eMMC. With it, written data is safe only after
    /// [`BlockDevice::flush`](oal_media::BlockDevice::flush).
    pub cache: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_clock_hz: 52_000_000, wide_bus: true, high_speed: true, cache: true }
    }
}

/// The description of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Info {
    /// Its standard.
    pub kind: Kind,
    /// Its identification.
    pub cid: Cid,
    /// Capacity (eMMC: of the user area) in sectors of 512 bytes.
    pub sectors: u64,
    /// Card clock in Hz.
    pub clock_hz: u32,
    /// Data lines in use.
    pub width: BusWidth,
    /// Whether the length of a transfer is set beforehand (CMD23) and not ended by CMD12.
    pub counted: bool,
    /// Size of the cache in use, in KiB; 0 if there is none or it is off.
    pub cache_kib: u32,
    /// Whether [`BlockDevice::write_reliable`](oal_media::BlockDevice::write_reliable) is more than a write
    /// and a flush: a power cut leaves each sector old or new.
    pub reliable_write: bool,
    /// Whether the card says that a power cut during any write leaves the old data.
    pub protected_writes: bool,
    /// Whether [`Card::trim`] takes any range of sectors; otherwise whole erase groups.
    pub trim: bool,
    /// Sectors in an erase group: the unit of [`Card::erase`].
    pub erase_group: u32,
    /// The value of erased bytes, according to the card's registers.
    pub erased_byte: u8,
}

/// Figures that the operations need beyond [`Info`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways {
    pub(super) by_sector: bool,
    pub(super) reliable: Reliable,
    pub(super) max_read: usize,
    pub(super) max_write: usize,
    pub(super) switch_us: u32,
    pub(super) erase_group_us: u32,
}

/// An initialised SD card or eMMC with its host.
///
/// A plain value: no heap, no statics. Put it where no snapshot reaches, because the card's state in
/// it must follow the card and not the saved memory; after a restore make a new one with [`Card::init`].
///
/// ```no_run
/// # fn demo(host: impl oal_drivers::mmc::Host) -> Result<(), oal_drivers::mmc::Error> {
/// use oal_drivers::mmc::{Card, Options};
/// use oal_media::BlockDevice;
/// let mut card = Card::init(host, Options::default())?;
/// let mut sector = [0u8; 512];
/// card.read(0, &mut sector)?;
/// card.write(card.sectors() - 1, &sector)?;
/// card.flush()?;
/// # Ok(())
/// # }
/// ```
pub struct Card<H> {
    pub(super) bus: Bus<H>,
    pub(super) info: Info,
    pub(super) ways: Ways,
    /// An earlier operation failed and the card could not be brought to rest.
    pub(super) unwell: bool,
}

impl<H: Host> Card<H> {
    /// Finds the card behind `host` and makes it ready: selected, at full clock, 512-byte blocks, and
    /// for eMMC the user area selected. Boot areas and RPMB and their protection are left alone.
    ///
    /// To keep the host when this fails, pass `&mut host`.
    ///
    /// # Errors
    ///
    /// [`Error::NoCard`] if nothing answers; others name the command or register at fault.
    pub fn init(mut host: H, options: Options) -> Result<Self, Error> {
        if !host.card_present() {
            return Err(Error::NoCard);
        }
        let capabilities = host.capabilities();
        host.reset().map_err(|error| Error::Bus { command: 0, error })?;
        let mut bus = Bus { host, rca: 0 };
        let found = bus.find()?;
        let set_up = if found.emmc {
            bus.set_up_emmc(found.by_sector, &capabilities, &options)
        } else {
            bus.set_up_sd(found.by_sector, &capabilities, &options)
        };
        let (info, ways) = set_up?;
        Ok(Self { bus, info, ways, unwell: false })
    }

    /// The standard of the card.
    pub const fn kind(&self) -> Kind {
        self.info.kind
    }

    /// Everything known of the card.
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// The value of erased bytes, according to the card's registers. Do not build a format on it: some
    /// cards, and QEMU's models, say 0 and read as 0xff.
    pub const fn erased_byte(&self) -> u8 {
        self.info.erased_byte
    }

    /// Gives the host back. The card stays selected, with its settings.
    pub fn release(self) -> H {
        self.bus.host
    }

    /// Number of sectors in `length` bytes, if they are all on the card from `first` on.
    pub(super) fn check(&self, first: u64, length: usize) -> Result<(), Error> {
        if !length.is_multiple_of(SECTOR) {
            return Err(Error::BadLength);
        }
        self.check_count(first, (length / SECTOR) as u64)
    }

    /// Refuses sectors that are not on the card. Some cards never answer a transfer past their end.
    pub(super) fn check_count(&self, first: u64, count: u64) -> Result<(), Error> {
        match first.checked_add(count) {
            Some(end) if end <= self.info.sectors => Ok(()),
            _ => Err(Error::OutOfRange),
        }
    }

    /// The sector's address as the card counts. Checked sectors always have one.
    pub(super) fn address(&self, sector: u64) -> Result<u32, Error> {
        let address = if self.ways.by_sector { Some(sector) } else { sector.checked_mul(SECTOR as u64) };
        address.and_then(|address| u32::try_from(address).ok()).ok_or(Error::OutOfRange)
    }

    /// Runs an operation on a card at rest, and brings it back to rest if the operation fails.
    pub(super) fn attempt(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.unwell {
            self.bus.recover()?;
            self.unwell = false;
        }
        let result = operation(self);
        if result.is_err() {
            self.unwell = self.bus.recover().is_err();
        }
        result
    }
}

impl Ways {
    /// Operations of both kinds of card.
    pub(super) fn new(by_sector: bool, capabilities: &Capabilities) -> Self {
        Self {
            by_sector,
            reliable: Reliable::No,
            max_read: usize::from(capabilities.max_read_blocks.max(1)),
            max_write: usize::from(capabilities.max_write_blocks.max(1)),
            switch_us: 500_000,
            erase_group_us: 300_000,
        }
    }
}
