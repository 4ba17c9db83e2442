//! The application: an index of the medium's text, a screen, a console. All of it is in the picture.

use oal_drivers::clock::Clock;

use crate::boot_stage::{BootStage, Place};
use crate::commands;
use crate::console::Input;
use crate::display::{Figures, Screen};
use crate::drivers::{self, STATE};
use crate::heap::PageHeap;
use crate::index::{self, Index, Step};
use crate::layout;
use crate::marker;
use crate::mmu::{self, Table};
use crate::platform::{Drivers as _, Platform};
use crate::storage::Storage;
use crate::system::{Board, mask_interrupts, unmask_interrupts};
use crate::terminal::Terminal;

/// The application's own translation table.
static TABLE: Table = Table::new();

/// Pages at the very end of RAM that are in use, so that every picture reaches from end to end.
const TOP_PAGES: usize = 4;

/// How the application came to where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeline {
    /// From a cold boot.
    Cold,
    /// From a cold boot, and a snapshot was taken.
    Live,
    /// From a snapshot.
    Restored,
}

impl Timeline {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Timeline::Cold => "cold",
            Timeline::Live => "live",
            Timeline::Restored => "restored",
        }
    }
}

/// The application.
pub struct Application<P: Platform> {
    /// What the boot stage left: nosave memory.
    pub stage: &'static mut BootStage<P>,
    /// The system that the engine sees.
    pub board: Board<P>,
    /// The index.
    pub index: Index,
    /// The screen.
    pub screen: Screen,
    /// How the application came here.
    pub timeline: Timeline,
    /// The image that was taken last, or booted from.
    pub image: Option<u64>,
    /// Which attempt at it the boot was.
    pub attempt: Option<u8>,
    /// Whether the boot was confirmed.
    pub confirmed: bool,
    /// How the next snapshots use the partition.
    pub slots: oal_snapshot::store::Slots,
}

/// The application's first code after a cold boot, on its own stack, with its statics as they should be.
pub fn main<P: Platform>(place: &'static Place<P>) -> ! {
    // SAFETY: this is the application's only life; the table is its own, and the heap is all RAM behind its statics.
    let (stage, mut heap) = unsafe {
        let stage = BootStage::take(place);
        mmu::switch_to::<P>(&TABLE, stage.ram_bytes);
        let heap = PageHeap::new(layout::heap_start(), (P::RAM_START + stage.ram_bytes) as usize);
        (stage, heap)
    };
    keep_top_pages(&mut heap);
    // SAFETY: the boot stage is done with the devices, and nothing else has begun with them. The frame buffer
    // is the screen's.
    let (drivers, mut screen) = unsafe {
        mask_interrupts();
        (<P::Drivers as crate::platform::Drivers<P::Uart>>::init(), Screen::new(P::FRAME_BUFFER))
    };
    let mut board = Board::new(stage.ram_bytes, heap, drivers);
    unmask_interrupts();
    screen.start(P::TITLE);
    let index = read_index(stage, &mut board, &mut screen);

    let mut application = Application {
        stage,
        board,
        index,
        screen,
        timeline: Timeline::Cold,
        image: None,
        attempt: None,
        confirmed: false,
        slots: oal_snapshot::store::Slots::Two,
    };
    application.greet();
    application.run()
}

/// Something to come back at the very end of RAM.
fn keep_top_pages(heap: &mut PageHeap) {
    if let Some(pages) = heap.take_top(TOP_PAGES * 4096) {
        for (i, byte) in pages.iter_mut().enumerate() {
            *byte = (i / 7) as u8;
        }
    }
}

fn read_index<P: Platform>(stage: &mut BootStage<P>, board: &mut Board<P>, screen: &mut Screen) -> Index {
    let terminal = board.drivers.terminal();
    let mut files = 0;
    let built = index::build::<P>(stage.storage.text(), &mut board.heap, &mut |step| match step {
        Step::Read(name, len) => {
            files += 1;
            board.work.go_on();
            say!(terminal, "  {name}: {len} bytes");
            screen.say(format_args!("reading file {files}"));
        }
        Step::Indexed(done, total) => {
            board.work.go_on();
            screen.say(format_args!("indexing {done} of {total} bytes"));
            screen.progress(done as u32, total as u32);
        }
    });
    screen.progress(0, 0);
    let Some((index, end)) = built else { panic!("too little RAM for an index") };
    board.reclaimable_from = Some(end);
    index
}

impl<P: Platform> Application<P> {
    /// The console.
    pub fn terminal(&mut self) -> &mut Terminal<P::Uart> {
        self.board.drivers.terminal()
    }

    fn greet(&mut self) {
        let (files, words, postings) = (self.index.files(), self.index.words(), self.index.postings());
        let terminal = self.board.drivers.terminal();
        say!(terminal, "\nThe index holds {words} words of {files} files in {postings} places. Try `help`.");
        self.ready();
    }

    /// Says that commands are taken, and how long after power-on or reset.
    pub fn ready(&mut self) {
        let us = P::clock().now_us();
        say!(self.terminal(), "@ready us={us}");
        marker::oal_marker_ready();
        self.screen.say(format_args!("ready: {}", self.timeline.name()));
    }

    /// Takes commands for ever, and works on.
    fn run(&mut self) -> ! {
        let mut input = Input::new();
        let mut drawn = None;
        loop {
            self.board.work.go_on();
            // Five times a second.
            let now = drivers::ticks() / 20;
            if drawn != Some(now) {
                drawn = Some(now);
                let figures = self.figures();
                self.screen.figures(&figures);
            }
            if let Some(line) = input.poll(self.terminal()) {
                commands::execute(self, &line);
            }
        }
    }

    fn figures(&self) -> Figures {
        Figures {
            timeline: self.timeline.name(),
            ticks: drivers::ticks(),
            vfp_steps: self.board.work.steps(),
            words: self.index.words(),
            postings: self.index.postings(),
            files: self.index.files(),
            text_bytes: self.index.text_bytes(),
            boots: STATE.boots(),
        }
    }
}
