//! The interrupt controller: distributor and CPU interface come back register by register.

use oal_drivers::gic::{Context, Gic, IntId};
use oal_drivers::mmio::Registers;
use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};

use crate::history::PowerHistory;
use crate::platform::Driver;

/// The driver.
pub struct GicDriver<D, C> {
    gic: Gic<D, C>,
    context: Context,
    history: PowerHistory,
}

impl<D: Registers, C: Registers> GicDriver<D, C> {
    /// Initialises `gic`, which nobody else uses, the interrupt handler excepted, and lets the `timer`'s
    /// interrupt through.
    pub fn init(mut gic: Gic<D, C>, timer: IntId) -> Self {
        gic.init();
        gic.enable(timer);
        GicDriver { gic, context: Context::new(), history: PowerHistory::new() }
    }
}

/// Answers an interrupt: `true` if it was the `tick`'s, which `clear` then takes back from the timer. Uses no
/// VFP register.
pub fn answer_tick<D: Registers, C: Registers>(
    gic: &mut Gic<D, C>,
    tick: IntId,
    clear: impl FnOnce(),
) -> bool {
    let Some(taken) = gic.acknowledge() else { return false };
    let is_tick = taken.id() == tick;
    if is_tick {
        clear();
    }
    gic.end(taken);
    is_tick
}

impl<D: Registers, C: Registers> PowerManaged for GicDriver<D, C> {
    fn name(&self) -> &'static str {
        "gic"
    }

    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.gic.save(&mut self.context).map_err(|_| DriverFailed)?;
        self.gic.silence();
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.history.up(why);
        if why == PowerUp::SnapshotBoot {
            self.gic.init();
        }
        self.gic.restore(&self.context).map_err(|_| DriverFailed)
    }
}

impl<D: Registers, C: Registers> Driver for GicDriver<D, C> {
    fn history(&self) -> PowerHistory {
        self.history
    }
}
