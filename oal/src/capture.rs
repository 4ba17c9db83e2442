//! `OEMTakeCPUSnapshot`: the capture of the CPU for a kernel.

use core::ffi::c_void;

use oal_snapshot::hooks::{Fork, TakeCpuSnapshot};

#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
use crate::cpu::FRAME_WORDS;
use crate::cpu::Record;
use crate::engine::Engine;
use crate::error::{OalError, OalErrorInfo, OalStage, map};
use crate::types::{BOOL, DWORD, FALSE, LPVOID, OAL_CPU_CONTEXT_BYTES, TRUE};

/// Step 2: stores every register that must come back in `pCpuContext`, which is aligned to 4 and has
/// `OAL_CPU_CONTEXT_BYTES` bytes at least. After a snapshot boot execution goes on at `dwSnapPC`, with the
/// stack and the registers of this call's caller, as if this call had called `dwSnapPC`: what a function
/// there returns is what this call returns the second time. Interrupts are masked from here on, on both
/// timelines.
///
/// # Safety
/// `pCpuContext` is NULL or points to `cbCpuContext` bytes; `dwSnapPC` is code of the running system.
#[cfg_attr(all(target_arch = "arm", target_has_atomic = "32"), unsafe(naked))]
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "the documentation's names")]
pub unsafe extern "C" fn OEMTakeCPUSnapshot(
    dwSnapPC: DWORD,
    pCpuContext: LPVOID,
    cbCpuContext: DWORD,
) -> BOOL {
    // r3 is pushed for the stack's alignment only.
    #[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
    core::arch::naked_asm!(
        ".arm",
        "push {{r3-r11, lr}}",
        "add r3, sp, #4",
        "bl {take}",
        "pop {{r3-r11, pc}}",
        take = sym take_with_frame,
    );
    // SAFETY: the caller's promise.
    #[cfg(not(all(target_arch = "arm", target_has_atomic = "32")))]
    unsafe {
        take(dwSnapPC, pCpuContext, cbCpuContext)
    }
}

/// The hook, with r4 to r11 and lr of its caller, which lie at the end of the caller's stack.
///
/// # Safety
/// As for the hook; `frame` points to those nine words.
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
unsafe extern "C" fn take_with_frame(
    pc: DWORD,
    context: *mut c_void,
    bytes: DWORD,
    frame: *const [u32; 9],
) -> BOOL {
    // SAFETY: the caller's promise.
    let [r4, r5, r6, r7, r8, r9, r10, r11, lr] = unsafe { *frame };
    let sp = frame as usize as u32 + 36;
    let frame: [u32; FRAME_WORDS] = [r4, r5, r6, r7, r8, r9, r10, r11, sp, lr, pc];
    // SAFETY: the caller's promise.
    match unsafe { capture(context, bytes, &frame) } {
        Ok(Fork::Live) => TRUE,
        // The engine's own second return is never taken: `enter_frame` is.
        Ok(Fork::Restored) | Err(_) => FALSE,
    }
}

/// The hook.
///
/// # Safety
/// As for `OEMTakeCPUSnapshot`.
#[cfg(not(all(target_arch = "arm", target_has_atomic = "32")))]
unsafe fn take(pc: DWORD, context: LPVOID, bytes: DWORD) -> BOOL {
    // SAFETY: the caller's promise.
    match unsafe { capture(context, bytes, &[]) } {
        Ok(Fork::Live) => TRUE,
        Ok(Fork::Restored) => {
            // SAFETY: the caller's promise: a function of the system, which was just restored.
            let go_on: extern "C" fn() -> BOOL = unsafe { core::mem::transmute(pc as usize) };
            go_on()
        }
        Err(_) => FALSE,
    }
}

/// Step 2, for both ways to reach a CPU: captures it, with what its caller must find again.
///
/// # Safety
/// As for `OEMTakeCPUSnapshot`.
unsafe fn capture(to: *mut c_void, bytes: DWORD, frame: &[u32]) -> Result<Fork, OalError> {
    let mut engine = Engine::lock()?;
    // SAFETY: the caller's promise.
    unsafe { capture_locked(&mut engine, to, bytes, frame) }.map_err(|info| {
        engine.fail(info);
        OalError::CpuFailed
    })
}

/// # Safety
/// As for `OEMTakeCPUSnapshot`.
unsafe fn capture_locked(
    engine: &mut Engine,
    to: *mut c_void,
    bytes: DWORD,
    frame: &[u32],
) -> Result<Fork, OalErrorInfo> {
    let call = |error| OalErrorInfo::new(OalStage::Call, error);
    if to.is_null() {
        return Err(call(OalError::NullArgument));
    }
    if !to.cast::<Record>().is_aligned() {
        return Err(call(OalError::Unaligned));
    }
    if bytes < OAL_CPU_CONTEXT_BYTES {
        return Err(OalErrorInfo::too_small(OalStage::Call, OAL_CPU_CONTEXT_BYTES.into(), bytes.into()));
    }
    let digest =
        engine.tables()?.map().map_err(|error| OalErrorInfo::new(OalStage::Regions, map(error)))?.digest();
    let identity = engine.identity();
    let mut cpu = engine.cpu()?;
    let (context, record, _) = engine.cpu_places();
    // SAFETY: places of this instance's own, in nosave memory, that nothing else uses while this call has the right to it.
    let (context, record) = unsafe { (&mut *context, &mut *record) };
    let fork = cpu.take_cpu_snapshot(context, &mut |context| {
        record.fill(context, frame, &identity, digest);
        // SAFETY: the caller's promise: aligned, and large enough as was just checked.
        unsafe { to.cast::<Record>().write(record.clone()) };
    });
    if cpu.failed() { Err(OalErrorInfo::new(OalStage::Cpu, OalError::CpuFailed)) } else { Ok(fork) }
}
