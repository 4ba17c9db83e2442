//! Media that lie, or fail, when they are read at boot. The disk belongs to the harness ([`nbd`]) and has two
//! good images; at sixteen places of an image, or in the log, a bit is the other way round, or a sector
//! cannot be read. QEMU's card models do not tell the guest of the latter: it gets what was read before, once
//! more. What is written anew is right again.
//!
//! [`nbd`]: crate::harness::nbd

use super::Case;
use super::power_cuts::is_one_file;
use super::rig::{Prepared, Rig};
use crate::harness::boot::{Boot, Ending};
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::harness::machine::Machine;
use crate::harness::nbd::{Disk, ReadFault, SECTOR, Server};
use crate::media::images::{self, Found};
use crate::media::noise::Noise;
use crate::media::records;
use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// Places in an image that are tried.
const PLACES: u64 = 16;
/// Sectors of a OneNAND that QEMU itself reads at reset, and gives up if it cannot.
const BOOT_RAM: u64 = 8;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let cases = [
        Case::new("flipped-bits-in-an-image-boot-it-or-the-older-one", |b, j| {
            newest_image(b, j, |noise| ReadFault::Flip(noise.below(8 * SECTOR)))
        }),
        Case::new("unreadable-sectors-in-an-image-boot-it-or-the-older-one", |b, j| {
            newest_image(b, j, |_| ReadFault::Fail)
        }),
        Case::new("flipped-bits-and-unreadable-sectors-in-the-log", log),
        Case::new("flipped-bits-in-both-images-boot-cold", both_images),
    ];
    cases.map(|case| case.only(is_one_file)).into()
}

/// What is wrong with a disk, sector by sector.
type Faults = [(u64, ReadFault)];

/// A medium with two images, and what a boot without faults says of it.
struct Scene<'a> {
    rig: &'a Rig,
    journal: &'a Journal,
    prepared: Prepared,
    index: String,
    /// How often the boots ended how.
    endings: BTreeMap<String, usize>,
}

impl<'a> Scene<'a> {
    fn new(rig: &'a Rig, journal: &'a Journal) -> Result<Self> {
        let prepared = rig.with_two_images(journal)?;
        let mut scene = Self { rig, journal, prepared, index: String::new(), endings: BTreeMap::new() };
        let (mut machine, boot, _server) = scene.start(&[])?;
        boot.expect_restored(scene.prepared.newest)?;
        let status = machine.command("status", QUICK)?;
        scene.index = status.event("status")?.text("index_digest")?.to_string();
        Ok(scene)
    }

    /// The images, the older one first.
    fn images(&self) -> Result<[Found; 2]> {
        let images = images::find(&self.prepared.medium)?;
        images.try_into().ok().context("there are not two images on the medium")
    }

    /// The sector with a byte of an image.
    fn sector(&self, image: &Found, offset: u64) -> Result<u64> {
        let place = image.in_file(&self.prepared.medium, offset).context("beyond the image's end")?;
        Ok(place / SECTOR as u64)
    }

    fn start(&self, faults: &Faults) -> Result<(Machine, Boot, Server)> {
        let mut disk = Disk::over(&self.prepared.medium)?;
        faults.iter().for_each(|(sector, fault)| disk.harm(*sector, *fault));
        let server = Server::start(disk, &self.rig.new_path())?;
        let medium = self.prepared.medium.behind(&server.socket);
        let (machine, boot) = self.rig.boot(Some(&medium), self.journal)?;
        Ok((machine, boot, server))
    }

    /// Boots, checks that what runs then is what one of the images holds, or a system from scratch, and
    /// counts it.
    fn boot(&mut self, faults: &Faults) -> Result<Ending> {
        let (mut machine, boot, _server) = self.start(faults)?;
        let Prepared { newest, older, .. } = self.prepared;
        let (boots, name) = match &boot.ending {
            Ending::Restored { seq } if *seq == newest => (2, "newest image".to_string()),
            Ending::Restored { seq } if *seq == older => {
                ensure!(
                    !boot.refused.is_empty() || !self.touches_image(faults)?,
                    "nothing was said of the newest image"
                );
                (1, "older image".to_string())
            }
            Ending::Restored { seq } => bail!("image {seq} was booted, which is none of those on the medium"),
            Ending::Cold { stage, reason } => (0, format!("cold at {stage} ({reason})")),
        };
        self.rig.check_life(&mut machine, boots, &self.index)?;
        *self.endings.entry(name).or_default() += 1;
        Ok(boot.ending)
    }

    /// Whether a fault is in one of the images, and not in the log.
    fn touches_image(&self, faults: &Faults) -> Result<bool> {
        let log = records::log(&self.prepared.medium);
        Ok(faults.iter().any(|(sector, _)| !log.iter().any(|part| part.contains(&(sector * SECTOR as u64)))))
    }

    fn note(&self) {
        let endings: Vec<String> =
            self.endings.iter().map(|(name, count)| format!("{count} {name}")).collect();
        self.journal.note(format!("{} boots: {}", self.endings.values().sum::<usize>(), endings.join(", ")));
    }
}

/// One sector of the newest image at a time: the image boots all the same, where nothing needs what is wrong,
/// or the older one.
fn newest_image(rig: &Rig, journal: &Journal, fault: fn(&mut Noise) -> ReadFault) -> Result<()> {
    let mut scene = Scene::new(rig, journal)?;
    let [_, newest] = scene.images()?;
    let mut noise = Noise::new(16);
    for i in 0..PLACES {
        let sector = scene.sector(&newest, newest.header.image_len() * i / PLACES)?;
        let fault = (sector, fault(&mut noise));
        let ending = scene.boot(&[fault]).with_context(|| format!("with {fault:?}"))?;
        ensure!(
            matches!(ending, Ending::Restored { .. }),
            "with {fault:?} there was a good image, and the boot was a cold one: {ending:?}"
        );
    }
    ensure!(scene.endings.contains_key("older image"), "no fault was noticed");
    scene.note();
    Ok(())
}

/// The records one at a time, then all of them: without any there is no image.
fn log(rig: &Rig, journal: &Journal) -> Result<()> {
    let mut scene = Scene::new(rig, journal)?;
    let medium = scene.prepared.medium.clone();
    let mut sectors = BTreeSet::new();
    for place in records::guarded(&medium) {
        let bytes = medium.read(place.start, (place.end - place.start) as usize)?;
        if bytes.iter().any(|b| *b != 0 && *b != 0xff) {
            sectors.insert(place.start / SECTOR as u64);
        }
    }
    let mut noise = Noise::new(8);
    let mut flip = |sector: &u64| (*sector, ReadFault::Flip(noise.below(8 * SECTOR)));
    let flips: Vec<_> = sectors.iter().map(&mut flip).collect();
    let readable = if medium.layout.kind.is_card() { 0 } else { BOOT_RAM };
    let fails = sectors.iter().filter(|s| **s >= readable).map(|sector| (*sector, ReadFault::Fail));
    for fault in flips.iter().copied().chain(fails) {
        let ending = scene.boot(&[fault]).with_context(|| format!("with {fault:?}"))?;
        ensure!(
            matches!(ending, Ending::Restored { .. }),
            "with {fault:?} there was a good record, and the boot was a cold one: {ending:?}"
        );
    }
    let ending = scene.boot(&flips).context("with a bit flipped in every record")?;
    ensure!(
        matches!(ending, Ending::Cold { .. }),
        "there was no good record, and an image was booted: {ending:?}"
    );
    scene.note();
    Ok(())
}

/// Bits of the header, of the map and of the chunks of both images: a cold boot says what is wrong with the
/// newest one.
fn both_images(rig: &Rig, journal: &Journal) -> Result<()> {
    let mut scene = Scene::new(rig, journal)?;
    let images = scene.images()?;
    let map = |image: &Found| image.header.map.offset + u64::from(image.header.map.len / 2);
    let stages = [
        ("header", images.each_ref().map(|_| 70)),
        ("map", images.each_ref().map(map)),
        ("chunk", images.each_ref().map(Found::chunk_byte)),
    ];
    for (stage, offsets) in stages {
        let flip = |(image, offset): (&Found, &u64)| {
            let bit = 8 * (*offset as usize % SECTOR);
            Ok((scene.sector(image, *offset)?, ReadFault::Flip(bit)))
        };
        let faults = images.iter().zip(&offsets).map(flip).collect::<Result<Vec<_>>>()?;
        let ending = scene.boot(&faults).with_context(|| format!("with {faults:?}"))?;
        let wanted = Ending::Cold { stage: stage.into(), reason: "bad-crc".into() };
        ensure!(ending == wanted, "with {faults:?} the boot came to {ending:?}");
    }
    scene.note();
    Ok(())
}
