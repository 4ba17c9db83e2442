//! A computation that lives in the registers d0 to d31 and nowhere else, for ever.
//!
//! The firmware is built without floating point, so nothing but this file, and the register test, touches them.
//! d0 to d7 are doubles, d8 to d15 integers; each step adds to every one its own number from d16 to d31. The sums
//! of doubles stay below 2^53 and are exact, so that every register can be told from the number of steps.

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
    safe fn vfp_step(count: u32);
    safe fn vfp_control() -> u32;
    safe fn vfp_set_control(value: u32);
}

/// Registers that hold doubles.
const DOUBLES: usize = 8;
/// Registers that hold sums; as many hold what is added.
const SUMS: usize = 16;
/// Steps at a time.
const BATCH: u32 = 500;

/// The computation.
pub struct VfpWork {
    steps: u64,
}

/// What register `i` holds after `steps` steps.
fn expected(i: usize, steps: u64) -> u64 {
    let sum = i < SUMS;
    let lane = i % SUMS;
    let number = lane as u64 + 1;
    match lane < DOUBLES {
        // Number at the start, an odd increment.
        true if sum => ((number + steps * (2 * number + 1)) as f64).to_bits(),
        true => ((2 * number + 1) as f64).to_bits(),
        false => {
            let increment = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            if sum { (number << 56).wrapping_add(steps.wrapping_mul(increment)) } else { increment }
        }
    }
}

impl VfpWork {
    /// Fills the registers.
    pub fn start() -> VfpWork {
        vfp_set_control(0);
        vfp_load(&core::array::from_fn(|i| expected(i, 0)));
        VfpWork { steps: 0 }
    }

    /// Goes on a little.
    pub fn go_on(&mut self) {
        vfp_step(BATCH);
        self.steps += u64::from(BATCH);
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether every register holds what it must.
    pub fn is_right(&self) -> bool {
        read().iter().enumerate().all(|(i, value)| *value == expected(i, self.steps))
    }
}

/// What the registers hold.
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
