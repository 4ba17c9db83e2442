//! Power that goes out while a snapshot is written over a good one. The disk belongs to the harness
//! ([`nbd`]), which knows every write of the snapshot and can stop it at any byte. What is on the disk then
//! is booted by a new process whose RAM is noise.
//!
//! One snapshot is recorded, and the disk at each cut is made from its writes. Some cuts are made in a
//! snapshot that really is being written, by ending QEMU: both ways must agree.
//!
//! [`nbd`]: crate::harness::nbd

mod recording;

pub use recording::Recording;

use super::rig::{Prepared, Rig, take};
use super::{Case, SNAPSHOT};
use crate::board::{Board, Medium};
use crate::harness::boot::Ending;
use crate::harness::journal::Journal;
use crate::harness::machine::Machine;
use crate::harness::nbd::{Cut, Disk, Rest, SECTOR, Server};
use crate::media::Kind;
use anyhow::{Context, Result, bail, ensure};
use recording::{boot_older, write};
use std::sync::Arc;

/// Cases that share the cuts in the image.
const PARTS: usize = 4;
/// Cuts in the image, at both ends of it, one at every write.
const AT_AN_END: usize = 32;
/// Cuts in the image between its ends.
const BETWEEN: usize = 112;
/// Writes of the log that are cut: the first and the last ones. A card's records are two writes, those of a
/// chip with its erases are hundreds.
const FIRST_LOG_WRITES: usize = 4;
const LAST_LOG_WRITES: usize = 12;
/// Cuts in a snapshot that is really being written.
const LIVE: usize = 20;
/// Bytes that arrive of a write that is cut.
const BYTES: [usize; 6] = [0, 1, 255, 256, 508, SECTOR - 1];
/// The same in the log, for the parts of a record as well.
const LOG_BYTES: [usize; 12] = [0, 1, 8, 16, 24, 32, 72, 255, 256, 508, SECTOR - 1, SECTOR];
/// Without `--sweep`, one cut of so many.
const SHARE: usize = 8;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let image = (0..PARTS).map(|part| {
        let name = format!("power-cuts-in-the-image-{}-of-{PARTS}", part + 1);
        Case::new(name, move |b, j| {
            sweep(b, j, |r| in_image(r, b.kind()).skip(part).step_by(PARTS).collect())
        })
    });
    let others = [
        Case::new("power-cuts-in-the-log", |b, j| sweep(b, j, in_log)),
        Case::new("power-cuts-while-the-snapshot-is-written", live),
    ];
    image.chain(others).map(|case| case.only(is_one_file)).collect()
}

/// Media that QEMU gets at sector by sector or page by page, in one file.
pub fn is_one_file(_: &Board, medium: &Medium) -> bool {
    matches!(medium.kind(), Kind::Sd | Kind::Emmc | Kind::OneNand)
}

/// Cuts in the writes of the log, each at several bytes, with what was there and with garbage behind them.
fn in_log(recording: &Recording) -> Vec<Cut> {
    let writes = numbers(recording, true);
    let (first, last) = (writes.iter().take(FIRST_LOG_WRITES), writes.iter().rev().take(LAST_LOG_WRITES));
    let mut chosen: Vec<usize> = first.chain(last).copied().collect();
    chosen.sort_unstable();
    chosen.dedup();
    let cut = |after: usize, bytes| {
        let garbage = Rest::Garbage(after as u64);
        [Rest::Old, garbage].map(|rest| Cut { after, bytes, rest, lost: None })
    };
    let all =
        chosen.into_iter().flat_map(|after| LOG_BYTES.into_iter().flat_map(move |bytes| cut(after, bytes)));
    // And one behind everything.
    all.chain([Cut { after: recording.writes().count(), bytes: 0, rest: Rest::Old, lost: None }]).collect()
}

/// Cuts in all other writes. A card may have a cache that loses what was not flushed.
fn in_image(recording: &Recording, kind: Kind) -> impl Iterator<Item = Cut> + use<> {
    let writes = numbers(recording, false);
    let end = AT_AN_END.min(writes.len() / 2);
    let (first, rest) = writes.split_at(end);
    let (between, last) = rest.split_at(rest.len() - end);
    let some = (0..BETWEEN).filter_map(|i| between.get(i * between.len() / BETWEEN));
    let mut chosen: Vec<usize> = first.iter().chain(some).chain(last).copied().collect();
    chosen.dedup();
    chosen.into_iter().enumerate().map(move |(i, after)| Cut {
        after,
        bytes: BYTES[i % BYTES.len()],
        rest: if i / 2 % 2 == 0 { Rest::Old } else { Rest::Garbage(i as u64) },
        lost: (kind.is_card() && i % 2 == 0).then_some(i as u64),
    })
}

/// The snapshot's writes that are, or are not, in the log, by their numbers.
fn numbers(recording: &Recording, log: bool) -> Vec<usize> {
    let writes = recording.writes().enumerate();
    writes.filter(|(_, (offset, _))| recording.is_log(*offset) == log).map(|(number, _)| number).collect()
}

/// How the boots ended.
#[derive(Default)]
struct Counts {
    old: usize,
    new: usize,
    cold: Vec<Cut>,
}

impl Counts {
    /// Boots from the disk that a cut left, and counts the ending. An image that was not to be booted is an
    /// error at once.
    fn boot(&mut self, sweep: &Sweep, cut: Cut, disk: Disk, expected: u64) -> Result<Running> {
        let (running, ending) = boot(sweep, disk, expected).with_context(|| told(cut))?;
        match ending {
            Ending::Cold { .. } => self.cold.push(cut),
            Ending::Restored { seq } if seq == sweep.recording.newer => self.new += 1,
            Ending::Restored { .. } => self.old += 1,
        }
        Ok(running)
    }

    /// Tells the counts. There was a good image all the time, so no boot may be a cold one.
    fn judge(&self, sweep: &Sweep) -> Result<()> {
        let Self { old, new, cold } = self;
        let (all, writes) = (old + new + cold.len(), sweep.recording.writes().count());
        sweep.journal.note(format!(
            "{all} cuts in a snapshot of {writes} writes: {old} old image, {new} new image, {} cold",
            cold.len()
        ));
        ensure!(cold.is_empty(), "there was a good image, and these cuts led to cold boots: {cold:?}");
        Ok(())
    }
}

/// What every cut of a case needs.
struct Sweep<'a> {
    rig: &'a Rig,
    journal: &'a Journal,
    recording: Arc<Recording>,
}

/// Boots from the disk that each cut leaves.
fn sweep(rig: &Rig, journal: &Journal, choose: impl Fn(&Recording) -> Vec<Cut>) -> Result<()> {
    let sweep = Sweep { rig, journal, recording: rig.recording(journal)? };
    let mut counts = Counts::default();
    // From the last on: the cut behind the commit is always one of them.
    for cut in choose(&sweep.recording).into_iter().rev().step_by(share(rig)) {
        let disk = sweep.recording.after(cut)?;
        let expected = sweep.recording.expected(&disk)?;
        counts.boot(&sweep, cut, disk, expected)?;
    }
    counts.judge(&sweep)
}

/// One cut of so many is tried.
fn share(rig: &Rig) -> usize {
    if rig.sweep { 1 } else { SHARE }
}

fn told(cut: Cut) -> String {
    format!("power went out over a write of the snapshot ({cut:?})")
}

/// A running board and the disk it runs from. The board goes first.
struct Running {
    machine: Machine,
    server: Server,
}

/// Boots from a disk. If an image is booted, it is the expected one, and its system works.
fn boot(sweep: &Sweep, disk: Disk, expected: u64) -> Result<(Running, Ending)> {
    let Sweep { rig, journal, recording } = sweep;
    let server = Server::start(disk, &rig.new_path())?;
    let (mut machine, boot) = rig.boot(Some(&recording.medium.behind(&server.socket)), journal)?;
    if let Ending::Restored { seq } = boot.ending {
        let Recording { older, newer, .. } = **recording;
        ensure!(
            seq == expected,
            "image {seq} was booted, not {expected} (the old one is {older}, the new {newer})"
        );
        // The old image was taken by a system that had never been booted from one, the new one by one that had.
        let boots = if expected == newer { 2 } else { 1 };
        rig.check_life(&mut machine, boots, &recording.index)?;
    }
    Ok((Running { machine, server }, boot.ending))
}

/// Ends QEMU while the snapshot is written. What was written until then is what the recording says; the boot
/// ends as expected, and its system can take the next snapshot, which boots.
fn live(rig: &Rig, journal: &Journal) -> Result<()> {
    let sweep = Sweep { rig, journal, recording: rig.recording(journal)? };
    let (writes, committing) = (sweep.recording.writes().count(), sweep.recording.committing()?);
    let mut counts = Counts::default();
    for i in (0..LIVE).rev().step_by(share(rig)) {
        // From the first write to the last; what is torn in a record is torn before its checksum.
        let cut = Cut { after: i * (writes - 1) / (LIVE - 1), bytes: i * 13, rest: Rest::Old, lost: None };
        let disk = cut_live(&sweep, cut).with_context(|| told(cut))?;
        let Recording { older, newer, .. } = *sweep.recording;
        let expected = if cut.after > committing { newer } else { older };
        let running = counts.boot(&sweep, cut, disk, expected)?;
        goes_on(&sweep, running).with_context(|| told(cut))?;
    }
    counts.judge(&sweep)
}

/// Starts a snapshot, cuts the power in it, and compares what was written before with the recording.
fn cut_live(sweep: &Sweep, cut: Cut) -> Result<Disk> {
    let Sweep { rig, journal, recording } = sweep;
    let prepared =
        Prepared { medium: recording.medium.clone(), newest: recording.older, older: recording.older };
    let server = Server::start(Disk::over(&prepared.medium)?, &rig.new_path())?;
    let (mut machine, _) = boot_older(rig, journal, &server, &prepared)?;
    server.disk().cut(cut);
    machine.console.send("snapshot")?;
    server.wait_off(SNAPSHOT)?;
    drop(machine);
    let mut disk = server.disk().clone();
    disk.power_on();
    let place = |(offset, data): (u64, &[u8])| (offset, data.len());
    let recorded = recording.before.iter().filter_map(write).chain(recording.writes().take(cut.after));
    let recorded: Vec<_> = recorded.map(place).collect();
    let done: Vec<_> = disk.journal.iter().filter_map(write).map(place).collect();
    if let Some(at) = (0..recorded.len().max(done.len())).find(|i| recorded.get(*i) != done.get(*i)) {
        let [recorded, done] = [recorded.get(at), done.get(at)];
        bail!("write {at} (offset, bytes) was {recorded:?} in the recording, and is {done:?} now");
    }
    Ok(disk)
}

/// The next snapshot completes and boots.
fn goes_on(sweep: &Sweep, running: Running) -> Result<()> {
    let Sweep { rig, journal, recording } = sweep;
    let Running { mut machine, server } = running;
    let next = take(&mut machine, "snapshot")?;
    machine.power_off()?;
    let disk = server.disk().clone();
    drop(server);
    let server = Server::start(disk, &rig.new_path())?;
    let (mut machine, boot) = rig.boot(Some(&recording.medium.behind(&server.socket)), journal)?;
    boot.expect_restored(next)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}
