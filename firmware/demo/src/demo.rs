//! [`Demo`]: the application.

use core::fmt;
use core::marker::PhantomData;

use oal_firmware::application::{Application, Timeline};
use oal_firmware::arch::Work;
use oal_firmware::drivers;
use oal_firmware::heap::PageHeap;
use oal_firmware::history::STATE;
use oal_firmware::storage::Sectors;
use oal_firmware::terminal::{Terminal, Uart};
use oal_snapshot::frame::RamRegion;

use crate::display::{Bar, Display, Figures, Screen, memory};
use crate::index::{self, Index, Step};

/// Bytes at the very end of RAM that are in use, so that every image reaches from end to end.
const TOP_BYTES: usize = 4 * 4096;

/// The application.
pub struct Demo<P> {
    /// The index.
    pub(crate) index: Index,
    /// The screen.
    pub(crate) screen: Screen,
    /// The computation.
    work: Work,
    /// The address to which the heap's low end may shrink at the next snapshot.
    reclaimable_from: Option<usize>,
    /// When the figures were drawn last, in steps of 20 ticks.
    drawn: Option<u32>,
    board: PhantomData<P>,
}

impl<P: Display> Application<P> for Demo<P> {
    type Observer = Bar<P>;

    const OBSERVER_MEMORY: &'static [RamRegion] = memory::<P>();

    fn observer() -> Bar<P> {
        Bar::new()
    }

    fn start(text: Option<&mut dyn Sectors>, heap: &mut PageHeap, terminal: &mut Terminal<P::Uart>) -> Self {
        fill_top(heap);
        let mut work = Work::start();
        // SAFETY: the frame buffer is the screen's, and there is one screen.
        let mut screen = unsafe { Screen::new(P::SCREEN) };
        screen.start(P::TITLE);
        let mut files = 0;
        let built = index::build::<P>(text, heap, &mut |step| {
            work.go_on();
            match step {
                Step::Read(name, len) => {
                    files += 1;
                    say!(terminal, "  {name}: {len} bytes");
                    screen.say(format_args!("reading file {files}"));
                }
                Step::Indexed(done, total) => {
                    screen.say(format_args!("indexing {done} of {total} bytes"));
                    screen.progress(done as u32, total as u32);
                }
            }
        });
        screen.progress(0, 0);
        let Some((index, end)) = built else { panic!("too little RAM for an index") };
        greet(&index, terminal);
        Demo { index, screen, work, reclaimable_from: Some(end), drawn: None, board: PhantomData }
    }

    fn ready(&mut self, timeline: Timeline) {
        self.screen.say(format_args!("ready: {}", timeline.name()));
    }

    fn work(&mut self) {
        self.work.go_on();
    }

    /// Draws the figures five times a second.
    fn turn(&mut self, timeline: Timeline) {
        let now = drivers::ticks() / 20;
        if self.drawn != Some(now) {
            self.drawn = Some(now);
            let figures = self.figures(timeline);
            self.screen.figures(&figures);
        }
    }

    /// The index was given the pages that it might need; here it gives back those that it does not.
    fn reclaim(&mut self, heap: &mut PageHeap) {
        if let Some(end) = self.reclaimable_from.take() {
            // SAFETY: the index ends there, and nothing was handed out from the low end after it.
            unsafe { heap.trim_bottom(end) };
        }
    }

    fn reclaimable_from(&self) -> Option<usize> {
        self.reclaimable_from
    }

    fn digest(&self) -> u32 {
        self.index.digest()
    }

    fn is_consistent(&self) -> bool {
        self.work.is_right()
    }

    fn status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = &self.index;
        write!(f, " vfp_steps={} vfp_ok={}", self.work.steps(), u8::from(self.work.is_right()))?;
        write!(f, " words={} postings={} files={}", index.words(), index.postings(), index.files())?;
        write!(f, " text_bytes={} index_digest={:08x}", index.text_bytes(), index.digest())
    }
}

impl<P: Display> Demo<P> {
    fn figures(&self, timeline: Timeline) -> Figures {
        Figures {
            timeline: timeline.name(),
            ticks: drivers::ticks(),
            vfp_steps: self.work.steps(),
            words: self.index.words(),
            postings: self.index.postings(),
            files: self.index.files(),
            text_bytes: self.index.text_bytes(),
            boots: STATE.boots(),
        }
    }
}

/// Something to come back at the very end of RAM.
fn fill_top(heap: &mut PageHeap) {
    if let Some(pages) = heap.take_top(TOP_BYTES) {
        for (i, byte) in pages.iter_mut().enumerate() {
            *byte = (i / 7) as u8;
        }
    }
}

fn greet<U: Uart>(index: &Index, terminal: &mut Terminal<U>) {
    let (files, words, postings) = (index.files(), index.words(), index.postings());
    say!(terminal, "\nThe index holds {words} words of {files} files in {postings} places. Try `help`.");
}
