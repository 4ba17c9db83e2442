//! The protocol against simulated cards.
#![allow(clippy::unwrap_used)]

mod erase;
mod fault;
mod hostile;
mod init;
mod transfer;

use super::sim::{Model, SimCard, SimHost};
use super::*;

/// A ready card of this model; the log holds nothing yet.
fn ready(model: Model) -> Card<SimHost> {
    ready_with(SimHost::new(Some(SimCard::new(model))))
}

fn ready_with(host: SimHost) -> Card<SimHost> {
    let mut card = Card::init(host, Options::default()).unwrap();
    card.bus.host.log.clear();
    card
}
