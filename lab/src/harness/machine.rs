//! One run of QEMU: a power-on, with everything the host needs to watch it.

use super::console::{Answer, Console};
use super::elf::Firmware;
use super::gdb::Gdb;
use super::journal::Journal;
use super::qmp::Qmp;
use super::socket;
use crate::board::Board;
use crate::media::Medium;
use crate::media::noise;
use crate::{paths, shell};
use anyhow::{Context, Result, bail, ensure};
use oal_lab_host::qemu::Emulator;
use std::fs::File;
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What an instruction takes in guest time where they are counted: QEMU shifts 1 ns by this many bits.
const SHIFT: u32 = 4;
/// The same in nanoseconds.
pub const INSTRUCTION_NS: u64 = 1 << SHIFT;

/// How long QEMU may take to come up on a busy machine.
const START: Duration = Duration::from_secs(30);

/// What a run is made of.
pub struct Power<'a> {
    /// The board.
    pub board: &'static Board,
    /// The QEMU to use.
    pub emulator: &'a Emulator,
    /// The firmware to run.
    pub firmware: &'a Firmware,
    /// MiB of RAM.
    pub ram_mib: u32,
    /// The medium, if any.
    pub medium: Option<&'a Medium>,
    /// What RAM holds at power-on.
    pub noise: u64,
    /// Addresses at which the guest stops.
    pub stops: &'a [u64],
    /// Whether the guest's time is the number of its instructions, instead of the host's time.
    pub counted: bool,
}

/// A running board. Dropping it ends the process and removes its files.
pub struct Machine {
    child: Child,
    dir: TempDir,
    qmp: Qmp,
    gdb: Option<Gdb>,
    /// The guest's console.
    pub console: Console,
    /// The guest's RAM, as a file that the guest writes to, if the board's RAM is one.
    pub ram: File,
    ram_start: u64,
    ram_bytes: u64,
    ram_is_a_file: bool,
    journal: Journal,
}

impl Machine {
    /// Powers the board on: RAM is noise, the console is read from the first byte on.
    pub fn start(power: &Power, journal: &Journal) -> Result<Self> {
        let ram_bytes = u64::from(power.ram_mib) << 20;
        let free = free_ram(power)?;
        let dir = tempfile::Builder::new().prefix("oal-run-").tempdir_in(paths::scratch(ram_bytes))?;
        let ram_path = dir.path().join("ram");
        let mut ram = File::options().read(true).write(true).create_new(true).open(&ram_path)?;
        noise::write(&mut ram, free.end - free.start, power.noise)?;

        let mut command = command_line(power, dir.path(), free.start);
        journal.add(format!("$ {}", shell::line(&command)));
        let errors = dir.path().join("stderr");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&errors)?);
        die_with_parent(&mut command);
        let mut child = command.spawn().context("cannot start QEMU")?;
        match connect(&mut child, dir.path(), power.stops, journal) {
            Ok((qmp, console, gdb)) => {
                // QEMU has the file open by now. Without a name it cannot stay behind, whatever ends this process.
                std::fs::remove_file(&ram_path)?;
                let (ram_start, ram_is_a_file) = (power.board.ram_start, power.board.ram_is_a_file);
                let journal = journal.clone();
                let mut machine =
                    Self { child, dir, qmp, gdb, console, ram, ram_start, ram_bytes, ram_is_a_file, journal };
                match &mut machine.gdb {
                    Some(gdb) => gdb.resume()?,
                    None => machine.qmp.cont()?,
                }
                Ok(machine)
            }
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                let said = std::fs::read_to_string(&errors).unwrap_or_default();
                Err(error.context(format!("QEMU did not come up and said: {}", said.trim())))
            }
        }
    }

    /// Waits until the guest stops at a symbol, which must be one of the stops that it was started with.
    pub fn wait_at(&mut self, firmware: &Firmware, symbol: &str, patience: Duration) -> Result<()> {
        let gdb = self.gdb.as_mut().context("this run has no debugger")?;
        // QEMU 11.1 can sleep over a stop (seen after DMA by an SDHCI): the guest stands at the breakpoint, and the report comes
        // with the next event, whatever that is.
        gdb.wait_stop(patience, || self.qmp.wake())
            .with_context(|| format!("waited for the guest to get to `{symbol}`"))?;
        let at = gdb.program_counter()?;
        let expected = firmware.function(symbol)?;
        ensure!(
            at == expected,
            "the guest stopped at {at:#x} ({}) instead of `{symbol}`",
            firmware.nearest(at)
        );
        self.journal.add(format!("(stopped at {symbol})"));
        Ok(())
    }

    /// Goes on from a stop; the stop is forgotten.
    pub fn go_on(&mut self, firmware: &Firmware, symbol: &str) -> Result<()> {
        let gdb = self.gdb.as_mut().context("this run has no debugger")?;
        gdb.clear_breakpoint(firmware.function(symbol)?)?;
        gdb.resume()
    }

    /// The guest's RAM as it is now; the guest should be stopped. Where QEMU keeps it in no file, QEMU writes
    /// it to one.
    pub fn ram_now(&mut self) -> Result<File> {
        if self.ram_is_a_file {
            return self.ram.try_clone().context("the guest's RAM cannot be shared");
        }
        let path = self.dir.path().join("saved-ram");
        self.qmp.save_memory(self.ram_start, self.ram_bytes, &path)?;
        let file = File::open(&path).context("QEMU wrote no RAM")?;
        std::fs::remove_file(&path)?;
        Ok(file)
    }

    /// Copies the guest's RAM; the guest should be stopped.
    pub fn copy_ram(&mut self) -> Result<File> {
        if !self.ram_is_a_file {
            return self.ram_now();
        }
        let mut copy = tempfile::tempfile_in(paths::scratch(self.ram_bytes))?;
        let mut source = &self.ram;
        std::io::Seek::rewind(&mut source)?;
        let n = std::io::copy(&mut source, &mut copy).context("cannot copy the guest's RAM")?;
        ensure!(n == self.ram_bytes, "the RAM file has {n} bytes instead of {}", self.ram_bytes);
        Ok(copy)
    }

    /// Reads guest-physical memory, such as what is outside RAM.
    pub fn device_memory(&mut self, address: u64, size: u64) -> Result<Vec<u8>> {
        let file = self.dir.path().join("memory");
        self.qmp.save_memory(address, size, &file)?;
        Ok(std::fs::read(&file)?)
    }

    /// The display's contents as a PPM picture.
    pub fn screen(&mut self) -> Result<Vec<u8>> {
        let file = self.dir.path().join("screen");
        self.qmp.screendump(&file)?;
        Ok(std::fs::read(&file)?)
    }

    /// What the emulator has printed so far: its own messages, and what the guest writes by semihosting.
    pub fn emulator_said(&self) -> String {
        std::fs::read(self.dir.path().join("stderr"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Runs a console command that must succeed.
    pub fn command(&mut self, text: &str, patience: Duration) -> Result<Answer> {
        self.console.command(text, patience)
    }

    /// Powers the board off by its own command and waits for the process to end.
    pub fn power_off(mut self) -> Result<()> {
        self.console.send("poweroff")?;
        let end = Instant::now() + START;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "QEMU ended with {status} at power-off");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("the board did not power off within {START:?}")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The process may be gone already; there is nothing to do about any other error here.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let said = std::fs::read_to_string(self.dir.path().join("stderr")).unwrap_or_default();
        said.lines().for_each(|l| self.journal.add(format!("(QEMU) {l}")));
    }
}

fn connect(
    child: &mut Child,
    dir: &Path,
    stops: &[u64],
    journal: &Journal,
) -> Result<(Qmp, Console, Option<Gdb>)> {
    let qmp = Qmp::new(socket::connect(&dir.join("qmp"), child, START)?)?;
    let console = Console::new(socket::connect(&dir.join("console"), child, START)?, journal.clone())?;
    if stops.is_empty() {
        return Ok((qmp, console, None));
    }
    let mut gdb = Gdb::new(socket::connect(&dir.join("gdb"), child, START)?)?;
    stops.iter().try_for_each(|address| gdb.set_breakpoint(*address))?;
    Ok((qmp, console, Some(gdb)))
}

/// The options that every run shares, whatever its console is.
pub fn board_options(command: &mut Command, power: &Power) {
    command.args(&power.board.qemu);
    command.args(["-nodefaults", "-display", "none", "-monitor", "none"]);
    command.args(power.emulator.quiet_audio());
    command.arg("-m").arg(format!("{}M", power.ram_mib));
    command.args(["-semihosting-config", "enable=on,target=native"]);
    match &power.firmware.flash {
        None => command.arg("-kernel").arg(&power.firmware.path),
        Some(flash) => {
            let flash = format!("if=pflash,index=0,format=raw,readonly=on,file={}", flash.display());
            command.arg("-drive").arg(flash)
        }
    };
    if power.counted {
        // Without `sleep=off` an idle guest would wait for the host's clock; the date is the host's, too, unless told.
        command.arg("-icount").arg(format!("shift={SHIFT},sleep=off"));
        command.args(["-rtc", "base=2013-06-13,clock=vm"]);
    }
    if let Some(medium) = power.medium {
        medium.attach(command, power.firmware.flash.is_some());
    }
}

/// RAM that can hold noise before the first instruction: all of it where it is a file, since the firmware is
/// loaded over the noise; else what the firmware leaves, since QEMU refuses to load two things to one place.
fn free_ram(power: &Power) -> Result<Range<u64>> {
    let base = power.board.ram_start;
    let start = if power.board.ram_is_a_file { base } else { power.firmware.symbol("__heap_start")? };
    Ok(start..base + (u64::from(power.ram_mib) << 20))
}

fn command_line(power: &Power, dir: &Path, noise_at: u64) -> Command {
    let mut command = power.emulator.command();
    board_options(&mut command, power);
    let show = |name: &str| dir.join(name).display().to_string();
    let ram = show("ram");
    if power.board.ram_is_a_file {
        let size = power.ram_mib;
        command.arg("-object");
        command.arg(format!("memory-backend-file,id=mem0,size={size}M,mem-path={ram},share=on"));
        command.args(["-machine", "memory-backend=mem0"]);
    } else {
        command.arg("-device").arg(format!("loader,file={ram},addr={noise_at:#x},force-raw=on"));
    }
    let channels: &[&str] =
        if power.stops.is_empty() { &["qmp", "console"] } else { &["qmp", "console", "gdb"] };
    for name in channels {
        command.arg("-chardev").arg(format!("socket,id={name},path={},server=on,wait=off", show(name)));
    }
    command.args(["-qmp", "chardev:qmp", "-serial", "chardev:console", "-S"]);
    if !power.stops.is_empty() {
        command.args(["-gdb", "chardev:gdb"]);
    }
    command
}

/// Lets the kernel end the child when the thread that started it ends, so that not even a killed task leaves
/// a QEMU behind.
pub fn die_with_parent(command: &mut Command) {
    use rustix::process::{Signal, set_parent_process_death_signal};
    // SAFETY: the closure runs in the child between fork and exec, where only async-signal-safe calls are sound; it makes
    // one prctl system call and touches no memory that the parent's other threads could have locked.
    unsafe {
        command.pre_exec(|| set_parent_process_death_signal(Some(Signal::KILL)).map_err(Into::into));
    }
}
