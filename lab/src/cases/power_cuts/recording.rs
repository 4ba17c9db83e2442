//! What one snapshot writes, in order, and the disk that power leaves behind anywhere in it.

use crate::cases::rig::{Prepared, Rig, take};
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::harness::machine::Machine;
use crate::harness::nbd::{Cut, Disk, Op, Server};
use crate::media::{Medium, records};
use anyhow::{Context, Result, ensure};
use std::ops::Range;

/// A snapshot over a good image, write by write.
pub struct Recording {
    /// The medium before: it holds the old image.
    pub medium: Medium,
    /// The old image's number.
    pub older: u64,
    /// The new image's number.
    pub newer: u64,
    /// What the boot of the old image wrote.
    pub before: Vec<Op>,
    /// What the snapshot wrote. No model of QEMU hands a flush on; these are where the store asks for them:
    /// before a record and behind it.
    pub snapshot: Vec<Op>,
    /// The digest of the application's index, which is the same after every boot.
    pub index: String,
    /// The copies of the record that commits the new image: where they are, and their bytes.
    commit: Vec<(u64, Vec<u8>)>,
    log: Vec<Range<u64>>,
}

/// Boots the old image from a disk that may be cut, and waits until it is confirmed: nothing more is written
/// then.
pub fn boot_older(
    rig: &Rig,
    journal: &Journal,
    server: &Server,
    prepared: &Prepared,
) -> Result<(Machine, String)> {
    let (mut machine, boot) = rig.boot(Some(&prepared.medium.behind(&server.socket)), journal)?;
    boot.expect_restored(prepared.older)?;
    let status = machine.command("status", QUICK)?;
    let status = status.event("status")?;
    ensure!(status.number("confirmed")? == 1, "the old image is not confirmed: {status}");
    Ok((machine, status.text("index_digest")?.to_string()))
}

impl Recording {
    /// Takes a snapshot and records it.
    pub fn of(rig: &Rig, journal: &Journal) -> Result<Self> {
        let prepared = rig.with_one_image(journal)?;
        let server = Server::start(Disk::over(&prepared.medium)?, &rig.new_path())?;
        let (mut machine, index) = boot_older(rig, journal, &server, &prepared)?;
        let booted = server.disk().journal.len();
        let newer = take(&mut machine, "snapshot")?;
        let all = server.disk().journal.clone();
        machine.power_off()?;

        let Prepared { medium, older, .. } = prepared;
        let after = medium.copy(&rig.new_path())?.temporary()?;
        for op in &all {
            if let Op::Write { offset, data } = op {
                after.write(*offset, data)?;
            }
        }
        let record = records::newest(&after)?;
        ensure!(
            record.record.sequence == newer,
            "the newest record is {}, not that of image {newer}",
            record.record.sequence
        );
        let copy = |place: Range<u64>| {
            Ok((place.start, after.read(place.start, (place.end - place.start) as usize)?))
        };
        let commit = record.in_file(&after).into_iter().map(copy).collect::<Result<_>>()?;
        let log = records::log(&after);
        let (before, snapshot) = all.split_at(booted);
        let snapshot = with_flushes(snapshot, &log);
        Ok(Self { medium, older, newer, before: before.to_vec(), snapshot, index, commit, log })
    }

    /// The snapshot's writes, without the flushes.
    pub fn writes(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.snapshot.iter().filter_map(write)
    }

    /// Whether an offset is in the log.
    pub fn is_log(&self, offset: u64) -> bool {
        self.log.iter().any(|part| part.contains(&offset))
    }

    /// The disk as the cut leaves it, with power on again.
    pub fn after(&self, cut: Cut) -> Result<Disk> {
        let mut disk = Disk::over(&self.medium)?;
        disk.replay(&self.before)?;
        disk.flush();
        disk.cut(cut);
        disk.replay(&self.snapshot)?;
        disk.power_on();
        Ok(disk)
    }

    /// The image that a boot from this disk must end in: the new one if a copy of its record is whole.
    pub fn expected(&self, disk: &Disk) -> Result<u64> {
        let mut whole = false;
        for (offset, bytes) in &self.commit {
            whole |= disk.contents(*offset, bytes.len())? == *bytes;
        }
        Ok(if whole { self.newer } else { self.older })
    }

    /// The number of the write that commits the new image.
    pub fn committing(&self) -> Result<usize> {
        let mut disk = Disk::over(&self.medium)?;
        disk.replay(&self.before)?;
        for (number, (offset, data)) in self.writes().enumerate() {
            disk.write(offset, data)?;
            if self.expected(&disk)? == self.newer {
                return Ok(number);
            }
        }
        None.context("no write of the snapshot commits the new image")
    }
}

/// An operation's offset and bytes, if it is a write.
pub fn write(op: &Op) -> Option<(u64, &[u8])> {
    match op {
        Op::Write { offset, data } => Some((*offset, data)),
        Op::Flush => None,
    }
}

fn with_flushes(ops: &[Op], log: &[Range<u64>]) -> Vec<Op> {
    let mut flushed = Vec::new();
    for op in ops {
        let is_record = write(op).is_some_and(|(offset, _)| log.iter().any(|part| part.contains(&offset)));
        if is_record {
            flushed.extend([Op::Flush, op.clone(), Op::Flush]);
        } else {
            flushed.push(op.clone());
        }
    }
    flushed
}
