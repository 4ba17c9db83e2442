//! The header of a checked image, and why one is refused.

use oal_snapshot::refusal::{Reason, Stage};

/// The stage and the reason of a refusal.
pub(super) type Fault = (Stage, Reason);

/// The header's numbers that are needed later, consistent in themselves.
pub(super) struct Head {
    pub table: u64,
    pub pages: u64,
    pub contents: u64,
    pub len: u64,
    pub table_sum: u32,
    pub sum: u32,
    pub pageable_bytes: u32,
}
