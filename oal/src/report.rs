//! [`OalBootReport`]: what a boot found, kept where the next program finds it.

use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::Refusal;

use crate::error::OalErrorInfo;

/// Refusals that a report has room for.
pub const OAL_MAX_REFUSED: u32 = 8;
const ROOM: usize = OAL_MAX_REFUSED as usize;
/// The slot of an image whose record names none.
pub const OAL_NO_SLOT: u32 = 0xffff_ffff;

/// An image, or a record of one, that was looked at and not booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct OalRefusal {
    /// The image's number; 0 if no record names it.
    pub id: u64,
    /// Its slot, or `OAL_NO_SLOT`.
    pub slot: u32,
    /// Stage and error.
    pub error: u32,
}

/// The report of a boot. The boot writes it, in nosave memory; the restored system, or the cold one, reads
/// it, and so do `oal_snapshot_confirm`, `oal_snapshot_take` and the hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct OalBootReport {
    /// `OAL_REPORT_MAGIC` once there was a boot.
    pub magic: u32,
    /// The reason why nothing was entered; 0 if an image was.
    pub error: u32,
    /// The number of the image that was entered.
    pub id: u64,
    /// Its slot.
    pub slot: u32,
    /// The number of this attempt at it, from 1; 0 if attempts are not counted.
    pub attempt: u32,
    /// The number of filled entries of `refused`.
    pub refused_count: u32,
    /// Checks the rest.
    pub check: u32,
    /// Bytes of the image's pageable area, from which the restored system may page until
    /// `oal_snapshot_paged_in`.
    pub pageable_bytes: u32,
    /// 0.
    pub reserved: u32,
    /// The images that were not booted, in the order in which they were checked.
    pub refused: [OalRefusal; 8],
}

/// `magic` of a report: the bytes "OALR".
pub const OAL_REPORT_MAGIC: u32 = 0x524c_414f;

impl OalBootReport {
    /// A boot that found nothing yet.
    pub(crate) const NEW: OalBootReport = OalBootReport {
        magic: OAL_REPORT_MAGIC,
        error: 0,
        id: 0,
        slot: OAL_NO_SLOT,
        attempt: 0,
        refused_count: 0,
        check: 0,
        pageable_bytes: 0,
        reserved: 0,
        refused: [OalRefusal { id: 0, slot: OAL_NO_SLOT, error: 0 }; ROOM],
    };

    /// Adds a refusal; one that there is no room for is left out.
    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        if let Some(place) = self.refused.get_mut(self.refused_count as usize) {
            *place = OalRefusal {
                id: refusal.id.map_or(0, |id| id.0),
                slot: refusal.slot.map_or(OAL_NO_SLOT, u32::from),
                error: OalErrorInfo::refusal(refusal.stage, refusal.reason).error,
            };
            self.refused_count += 1;
        }
        self.seal();
    }

    /// Makes the report valid as it is.
    pub(crate) fn seal(&mut self) {
        self.check = self.checksum();
    }

    fn checksum(&self) -> u32 {
        let mut crc = Crc32c::new();
        let head = [
            self.magic,
            self.error,
            self.slot,
            self.attempt,
            self.refused_count,
            self.pageable_bytes,
            self.reserved,
        ];
        head.iter().for_each(|word| crc.update(&word.to_le_bytes()));
        crc.update(&self.id.to_le_bytes());
        for refusal in &self.refused {
            crc.update(&refusal.id.to_le_bytes());
            crc.update(&refusal.slot.to_le_bytes());
            crc.update(&refusal.error.to_le_bytes());
        }
        crc.finish()
    }

    /// Whether a boot wrote it, and nothing else since.
    pub(crate) fn is_valid(&self) -> bool {
        self.magic == OAL_REPORT_MAGIC && self.check == self.checksum()
    }

    /// The image that was entered.
    pub(crate) fn booted(&self) -> Option<ImageId> {
        (self.is_valid() && self.error == 0 && self.id != 0).then_some(ImageId(self.id))
    }

    /// Whether the running system may still page from the image that was entered.
    pub(crate) fn is_paged_from(&self) -> bool {
        self.booted().is_some() && self.pageable_bytes != 0
    }

    /// The images that were refused.
    pub(crate) fn refusals(&self) -> &[OalRefusal] {
        let count = if self.is_valid() { self.refused_count as usize } else { 0 };
        self.refused.get(..count).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oal_snapshot::refusal::{Reason, Stage};

    #[test]
    fn only_what_a_boot_wrote_is_believed() {
        let mut report = OalBootReport { id: 7, slot: 1, attempt: 1, ..OalBootReport::NEW };
        assert_eq!(report.booted(), None);
        report.seal();
        assert_eq!(report.booted(), Some(ImageId(7)));
        let changes: [fn(&mut OalBootReport); 8] = [
            |r| r.magic ^= 1,
            |r| r.error = 1,
            |r| r.id = 8,
            |r| r.slot = 0,
            |r| r.attempt = 2,
            |r| r.refused_count = 1,
            |r| r.pageable_bytes = 4096,
            |r| r.refused[3].id = 1,
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut other = report;
            change(&mut other);
            assert_eq!(other.booted(), None, "change {i}");
        }
    }

    #[test]
    fn a_report_takes_as_many_refusals_as_it_has_room_for() {
        let mut report = OalBootReport::NEW;
        let refusal = Refusal {
            id: Some(ImageId(3)),
            slot: Some(1),
            stage: Stage::Header,
            reason: Reason::BadCrc,
            at: 0,
        };
        (0..20).for_each(|_| report.refuse(&refusal));
        assert_eq!(report.refusals(), [OalRefusal { id: 3, slot: 1, error: 0x13_006d }; ROOM]);
    }
}
