//! The registers of VFP and Advanced SIMD: d0 to d31 and FPSCR (DDI 0406C, A2.6).
//!
//! The firmware is built without floating point, so nothing but the callers of this file touches them.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .text.vfp, "ax", %progbits
    .arm
    .fpu    neon
    .global vfp_load
vfp_load:
    vldmia  r0!, {{d0-d15}}
    vldmia  r0, {{d16-d31}}
    bx      lr

    .global vfp_store
vfp_store:
    vstmia  r0!, {{d0-d15}}
    vstmia  r0, {{d16-d31}}
    bx      lr

    .global vfp_step
vfp_step:
    cmp     r0, #0
    bxeq    lr
1:  vadd.f64 d0, d0, d16
    vadd.f64 d1, d1, d17
    vadd.f64 d2, d2, d18
    vadd.f64 d3, d3, d19
    vadd.f64 d4, d4, d20
    vadd.f64 d5, d5, d21
    vadd.f64 d6, d6, d22
    vadd.f64 d7, d7, d23
    vadd.i64 q4, q4, q12
    vadd.i64 q5, q5, q13
    vadd.i64 q6, q6, q14
    vadd.i64 q7, q7, q15
    subs    r0, r0, #1
    bne     1b
    bx      lr

    .global vfp_control
vfp_control:
    vmrs    r0, fpscr
    bx      lr

    .global vfp_set_control
vfp_set_control:
    vmsr    fpscr, r0
    bx      lr
"#
);

/// The registers d0 to d31.
pub type Registers = [u64; 32];

// SAFETY: defined in the assembly above, with these arguments. Two of them take memory: 32 double words, as the type says.
unsafe extern "C" {
    safe fn vfp_load(registers: &Registers);
    safe fn vfp_store(registers: &mut Registers);
    /// Adds to each of d0 to d15 its own number from d16 to d31, `count` times.
    pub safe fn vfp_step(count: u32);
    safe fn vfp_control() -> u32;
    safe fn vfp_set_control(value: u32);
}

/// The registers' values.
pub fn read() -> Registers {
    let mut registers = [0; 32];
    vfp_store(&mut registers);
    registers
}

/// Sets the registers.
pub fn write(registers: &Registers) {
    vfp_load(registers);
}

/// FPSCR.
pub fn control() -> u32 {
    vfp_control()
}

/// Sets FPSCR.
pub fn set_control(value: u32) {
    vfp_set_control(value);
}
