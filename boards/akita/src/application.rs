//! The application: memory with known contents, and a console. All of it is in the picture.

use embedded_hal::delay::DelayNs;
use heapless::String;
use oal_snapshot::frame::{Pfn, RamRegion};
use oal_snapshot::hooks::{BootPolicy, GetSnapshotRegions, SnapshotResume};
use oal_snapshot::memory_map::MemoryLayout;
use oal_snapshot::state::StateCell;
use oal_snapshot::store::Store as _;
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};
use oal_snapshot::take::{Settings, Snapshot, TakeReport, Timeline};

use crate::boot_stage::{BootStage, Store};
use crate::cpu::{self, BANKED};
use crate::layout;
use crate::pattern::Pattern;
use crate::pxa::{self, Delay, Terminal};

/// The snapshot's state, in the picture.
static STATE: StateCell = StateCell::new();

/// The system that the engine sees. Interrupts are masked at all times, and there are no drivers but the UART's.
struct Board {
    nosave: [RamRegion; 2],
    terminal: Terminal,
}

impl System for Board {
    fn layout(&self) -> MemoryLayout<'_> {
        layout::of(&self.nosave)
    }

    fn page_class(&self, frame: Pfn) -> PageClass {
        if frame < Pattern::end() { PageClass::Used } else { PageClass::Free }
    }

    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        if self.terminal.drain() { Ok(()) } else { Err(SuspendFailed { who: "uart" }) }
    }

    fn resume(&mut self, why: Resume) {
        if why == Resume::Restored {
            self.terminal.init();
        }
    }

    fn pause(&mut self, milliseconds: u32) {
        Delay.delay_ms(milliseconds);
    }
}

impl GetSnapshotRegions for Board {}
impl SnapshotResume for Board {}

/// The application.
struct Application {
    /// What the boot stage left: nosave memory.
    stage: &'static mut BootStage,
    board: Board,
    pattern: Pattern,
}

/// What a command's last line says.
enum Answer {
    /// The command is done: `@ok`.
    Ok,
    /// The system was restored, and nobody on this console waits for the command's answer: `@ready`.
    Ready,
}

type Failure = &'static str;

/// The application's first code after a cold boot, on its own stack, with its statics as they should be.
pub extern "C" fn main() -> ! {
    // SAFETY: this is the application's only life, and the boot stage is done with the UART.
    let mut application = unsafe {
        Application {
            stage: BootStage::take(),
            board: Board { nosave: layout::nosave(), terminal: Terminal::new() },
            pattern: Pattern::new(1),
        }
    };
    application.board.terminal.init();
    application.ready();
    application.run()
}

impl Application {
    fn ready(&mut self) {
        say!(self.board.terminal, "@ready us={}", pxa::now_us());
    }

    fn run(&mut self) -> ! {
        let mut line = String::<96>::new();
        loop {
            match self.board.terminal.read() {
                Some(b'\r' | b'\n') if line.is_empty() => {}
                Some(b'\r' | b'\n') => {
                    self.execute(&line);
                    line.clear();
                }
                // What is too long becomes an unknown command.
                Some(byte @ b' '..=b'~') => {
                    let _ = line.push(char::from(byte));
                }
                _ => {}
            }
        }
    }

    fn execute(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let answer = match (words.next(), words.next(), words.next()) {
            (None, ..) => return,
            (Some("fill"), Some(seed), None) => self.fill(seed),
            (Some("check"), None, None) => self.check(),
            (Some("snapshot"), None | Some("always"), None) => self.snapshot(BootPolicy::Always),
            (Some("snapshot"), Some("once"), None) => self.snapshot(BootPolicy::Once),
            (Some("invalidate"), None, None) => self.invalidate(),
            (Some("poweroff"), None, None) => {
                say!(self.board.terminal, "@ok");
                self.board.terminal.drain();
                semihosting::process::exit(0)
            }
            (Some("fill" | "check" | "snapshot" | "invalidate" | "poweroff"), ..) => Err("bad-argument"),
            _ => Err("unknown-command"),
        };
        match answer {
            Ok(Answer::Ok) => say!(self.board.terminal, "@ok"),
            Ok(Answer::Ready) => self.ready(),
            Err(reason) => say!(self.board.terminal, "@error reason={reason}"),
        }
    }

    fn fill(&mut self, seed: &str) -> Result<Answer, Failure> {
        self.pattern.fill(seed.parse().map_err(|_| "bad-argument")?);
        Ok(Answer::Ok)
    }

    fn check(&mut self) -> Result<Answer, Failure> {
        let (seed, found) = (self.pattern.seed, self.pattern.check());
        say!(
            self.board.terminal,
            "@pattern seed={seed} pages={} wrong={} digest={:08x} boots={}",
            found.pages,
            found.wrong,
            found.digest,
            STATE.boots()
        );
        Ok(Answer::Ok)
    }

    fn invalidate(&mut self) -> Result<Answer, Failure> {
        self.store()?.invalidate().map_err(|_| "device-error")?;
        Ok(Answer::Ok)
    }

    fn store(&mut self) -> Result<&mut Store, Failure> {
        self.stage.store.as_mut().map_err(|why| why.reason.name())
    }

    /// Takes a snapshot. Comes back on the machine that took it, and on every one that boots from it.
    fn snapshot(&mut self, policy: BootPolicy) -> Result<Answer, Failure> {
        let want = cpu::banked_pattern(self.pattern.seed);
        cpu::set_banked(&want);
        let stage = &mut *self.stage;
        let store = stage.store.as_mut().map_err(|why| why.reason.name())?;
        let mut snapshot = Snapshot {
            system: &mut self.board,
            state: &STATE,
            identity: &stage.identity,
            memory: &mut stage.memory,
            cpu: &mut stage.cpu,
            codec: &mut *stage.codec,
            store,
            observer: &mut (),
            settings: Settings { policy, pause_ms: 100, oem_data: 0 },
        };
        let timeline = snapshot.take(stage.workspace).map_err(|_| "snapshot-failed")?;
        let got = cpu::banked();
        let answer = match timeline {
            Timeline::Live(report) => {
                self.taken(&report);
                Answer::Ok
            }
            Timeline::Restored => {
                self.restored();
                Answer::Ready
            }
        };
        let wrong = want.iter().zip(&got).filter(|(want, got)| want != got).count();
        say!(self.board.terminal, "@regs checked={BANKED} wrong={wrong}");
        Ok(answer)
    }

    fn taken(&mut self, report: &TakeReport) {
        say!(
            self.board.terminal,
            "@taken seq={} slot={} bytes={} pages={} zero={} free={} chunks={} raw={}",
            report.id.0,
            report.slot,
            report.image_len,
            report.pages,
            report.zero_pages,
            report.free_pages,
            report.chunks,
            report.raw_chunks
        );
    }

    fn restored(&mut self) {
        let id = self.stage.report.booted.map(|candidate| candidate.id);
        say!(self.board.terminal, "@restored seq={}", id.map_or(0, |id| id.0));
        let stage = &mut *self.stage;
        let confirmed = stage.store.as_mut().ok().map(|store| stage.report.confirm(store));
        if !matches!(confirmed, Some(Ok(Some(_)))) {
            say!(self.board.terminal, "This boot could not be confirmed.");
        }
    }
}
