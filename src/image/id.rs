//! [`ImageId`]: the name of an image in its store.

/// The name of an image in its store: a number that no image there had before. Larger is newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ImageId(pub u64);
