//! A CPU of the C side's.

use core::ffi::c_void;

use oal_snapshot::cpu::{Architecture, CpuContext};
use oal_snapshot::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};

use super::functions::{CONTEXT_WORDS, OalCpu};
use crate::config::OalConfig;
use crate::error::OalError;
use crate::stack::Stack;

const _: () = assert!(CONTEXT_WORDS * 4 <= CpuContext::CAPACITY);

/// The registers' architecture: a C side's table.
pub(crate) const ARCHITECTURE: Architecture = Architecture(0xc000_0001);

type Capture = unsafe extern "C" fn(
    *mut c_void,
    *mut u32,
    Option<unsafe extern "C" fn(*mut c_void)>,
    *mut c_void,
) -> i32;

/// The CPU, with its functions at hand.
pub(crate) struct Cpu {
    table: &'static OalCpu,
    capture: Capture,
    restore: unsafe extern "C" fn(*mut c_void, *const u32),
    failed: bool,
}

impl Cpu {
    /// Whether the configuration says all that is needed.
    pub fn check(config: &'static OalConfig) -> Result<(), OalError> {
        Cpu::of(config).map(|_| ())
    }

    fn of(config: &'static OalConfig) -> Result<Cpu, OalError> {
        // SAFETY: `oal_snapshot_init` asks for a table that is valid and constant from then on.
        let table = unsafe { config.cpu.as_ref() }.ok_or(OalError::NullArgument)?;
        let (Some(capture), Some(restore)) = (table.capture, table.restore) else {
            return Err(OalError::MissingFunction);
        };
        if !(1..=CONTEXT_WORDS as u32).contains(&table.words) {
            return Err(OalError::BadArgument);
        }
        Ok(Cpu { table, capture, restore, failed: false })
    }

    /// The CPU.
    ///
    /// # Safety
    /// None is asked for; it is where the library has a stack to give.
    pub unsafe fn new(config: &'static OalConfig, _stack: *mut Stack) -> Result<Cpu, OalError> {
        Cpu::of(config)
    }

    /// Whether a capture went wrong.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Whether a hook's context can be restored.
    pub fn accepts_record(&self, words: &[u32]) -> bool {
        words.len() == self.table.words as usize
    }

    /// Restores a hook's context, as the table does it.
    ///
    /// # Safety
    /// `context` holds the words of a context that [`Cpu::accepts_record`] accepted, and memory is what it
    /// was at the capture.
    pub unsafe fn enter(&mut self, context: &mut CpuContext) -> OalError {
        self.restore_cpu(context)
    }
}

/// The engine's closure, where C finds it.
struct Live<'a> {
    closure: &'a mut dyn FnMut(&CpuContext),
    context: *const CpuContext,
    called: bool,
}

/// Calls the closure.
///
/// # Safety
/// `live` points to a [`Live`].
unsafe extern "C" fn call_live(live: *mut c_void) {
    // SAFETY: the caller's promise.
    let live = unsafe { &mut *live.cast::<Live<'_>>() };
    // SAFETY: the context outlives the call, and is complete.
    (live.closure)(unsafe { &*live.context });
    live.called = true;
}

impl TakeCpuSnapshot for Cpu {
    const ARCHITECTURE: Architecture = ARCHITECTURE;

    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        let context: *mut CpuContext = context;
        // SAFETY: the exclusive borrow that this function was given.
        let words = unsafe { &mut *context }.words_mut(self.table.words as usize);
        words.fill(0);
        let words = words.as_mut_ptr();
        let mut live = Live { closure: live, context, called: false };
        // SAFETY: the C side's function, called as its table says.
        let returned =
            unsafe { (self.capture)(self.table.context, words, Some(call_live), (&raw mut live).cast()) };
        if returned == 1 {
            return Fork::Restored;
        }
        self.failed = returned != 0 || !live.called;
        Fork::Live
    }
}

impl RestoreCpu for Cpu {
    /// It returned, which it must not.
    type Entered = OalError;

    fn accepts(&self, context: &CpuContext) -> bool {
        context.words().len() == self.table.words as usize
    }

    fn restore_cpu(&mut self, context: &CpuContext) -> OalError {
        // SAFETY: as above.
        unsafe { (self.restore)(self.table.context, context.words().as_ptr()) };
        OalError::CpuReturned
    }
}
