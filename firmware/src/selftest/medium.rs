//! The medium: who it is, and whether it keeps what it is given.

use oal_snapshot::store::{SlotState, Store};

use super::rehearsal::{self, Transfer, Trouble};
use super::report::{Findings, Guide};
use crate::application::Application;
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::errors;
use crate::platform::Platform;
use crate::storage::Storage;

/// Pages of the image of patterns: 1 MiB.
const PAGES: u32 = 256;

/// The check.
pub fn check<P: Platform, A: Application<P>>(
    stage: &mut BootStage<P, A>,
    board: &mut Board<P, A>,
) -> Findings {
    let mut findings = Findings::new("medium", Guide::Medium);
    let (kind, mib) = stage.storage.describe();
    findings.fact(format_args!("kind={kind} capacity_mib={mib}"));
    let store = match stage.storage.store() {
        Ok(store) => store,
        Err(why) => {
            findings.fault(
                "no-store",
                format_args!("stage={} reason={}", why.stage, why.reason.name()),
                "There is no place for images: the medium was not identified, or has no partition for them.",
            );
            return findings;
        }
    };
    if kind == "none" || mib == 0 {
        findings.fault(
            "not-identified",
            format_args!("kind={kind} capacity_mib={mib}"),
            "Storage::describe() must name the medium and its capacity.",
        );
    }
    match store.blocks().map_err(|error| errors::store(&error)) {
        Ok(None) => {}
        Ok(Some(blocks)) => {
            findings.fact(format_args!("blocks={} bad={}", blocks.all, blocks.bad));
            // ONFI and the makers of older chips promise 98 % and more for a chip's life; a driver that looks in the wrong place sees
            // far more bad ones.
            if u64::from(blocks.bad) * 20 > u64::from(blocks.all) {
                findings.fault(
                    "too-many-bad-blocks",
                    format_args!("bad={} of={}", blocks.bad, blocks.all),
                    "Chips come with 2 in 100 bad blocks at most: is the marker looked for in the right byte and page?",
                );
            }
        }
        Err(error) => findings.fault(
            "bad-blocks-unreadable",
            format_args!("reason={}", error.reason),
            "The driver's is_bad() failed.",
        ),
    }
    let newest = newest_image(stage);
    match rehearsal::run(stage, board, PAGES) {
        // What was said above is not undone, but no word was written.
        Err(obstacle) if !findings.is_bad() => return findings.skip(obstacle),
        Err(_) => {}
        Ok(found) => transfer(found.medium, &mut findings),
    }
    if newest_image(stage) != newest {
        findings.fault(
            "newest-image-lost",
            format_args!(""),
            "The image that would have booted is gone: the store's two slots share a part of the medium.",
        );
    }
    if let Ok(store) = stage.storage.store()
        && let Err(error) = store.flush().map_err(|error| errors::store(&error))
    {
        findings.fault(
            "flush-failed",
            format_args!("reason={}", error.reason),
            "The driver's flush() failed.",
        );
    }
    findings
}

/// The image that would boot, by its number.
fn newest_image<P: Platform, A: Application<P>>(stage: &mut BootStage<P, A>) -> Option<u64> {
    let record = stage.storage.store().ok()?.record().ok()?;
    let committed = record.slots.iter().flatten().filter(|entry| entry.state == SlotState::Committed);
    committed.map(|entry| entry.id.0).max()
}

/// KiB in a second.
fn speed(bytes: u32, us: u32) -> u64 {
    u64::from(bytes) * 1_000_000 / 1024 / u64::from(us.max(1))
}

fn transfer(result: Result<Transfer, Trouble>, findings: &mut Findings) {
    match result {
        Ok(Transfer { bytes, prepare_us, write_us, finish_us, read_us }) => {
            findings.fact(format_args!("bytes={bytes} erase_us={prepare_us} commit_us={finish_us}"));
            findings.fact(format_args!("write_kib_s={}", speed(bytes, write_us)));
            findings.fact(format_args!("read_kib_s={}", speed(bytes, read_us)));
        }
        Err(Trouble::Store(step, failure)) => findings.fault(
            failure.reason,
            format_args!("step={step}"),
            "The medium did not do what the store asked: see the driver's error above all, then transfers of many sectors or \
             pages, time-outs and the bus's width.",
        ),
        Err(Trouble::Differs(at)) => findings.fault(
            "read-back-differs",
            format_args!("at={at}"),
            "What was read is not what was written: look at transfers of several lengths, at byte order and at DMA.",
        ),
    }
}
