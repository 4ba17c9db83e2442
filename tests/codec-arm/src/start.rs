//! From the loader to Rust, and what a fault ends in.

use core::arch::global_asm;

use semihosting::println;

use crate::{arena, bench, compress, decode, engine, mmu, pages, random::Random, sums};

global_asm!(
    r#"
    .section .text.start, "ax", %progbits
    .arm
    .global _start
_start:
    ldr     r0, =vectors_of_test
    mcr     p15, 0, r0, c12, c0, 0
    cps     #0x17
    ldr     sp, =__stack_top - 0x80000
    cps     #0x1b
    ldr     sp, =__stack_top - 0x80000
    cps     #0x1f
    ldr     sp, =__stack_top
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b
    mrc     p15, 0, r0, c1, c0, 2
    orr     r0, r0, #0xf00000
    mcr     p15, 0, r0, c1, c0, 2
    isb
    .fpu    neon
    mov     r0, #0x40000000
    vmsr    fpexc, r0
    bl      {main}
    .ltorg
    .p2align 5
vectors_of_test:
    b       .
    b       2f
    b       .
    b       3f
    b       4f
    b       .
    b       .
    b       .
2:  sub     r0, lr, #4
    mov     r1, #1
    b       {fault}
3:  sub     r0, lr, #4
    mov     r1, #2
    b       {fault}
4:  sub     r0, lr, #8
    mov     r1, #3
    b       {fault}
"#,
    main = sym main,
    fault = sym fault,
);

/// An exception at `pc`: 1 undefined instruction, 2 prefetch abort, 3 data abort.
extern "C" fn fault(pc: u32, kind: u32) -> ! {
    let (address, status): (u32, u32);
    // SAFETY: reads DFAR and DFSR.
    unsafe {
        core::arch::asm!(
            "mrc p15, 0, {}, c6, c0, 0",
            "mrc p15, 0, {}, c5, c0, 0",
            out(reg) address,
            out(reg) status,
        );
    }
    println!("FAILED: exception {kind} at {pc:#x}, fault address {address:#x}, status {status:#x}");
    semihosting::process::exit(1)
}

/// Never returns to `_start`.
extern "C" fn main() -> ! {
    // SAFETY: once, with the MMU off.
    unsafe { mmu::enable() };
    if arena::has_ram() {
        engine::run();
        semihosting::process::exit(0);
    }
    if let Some(corpus) = arena::corpus() {
        bench::run(corpus);
        semihosting::process::exit(0);
    }
    let blocks = arena::wanted_blocks();
    let mut random = Random::new(arena::seed());
    sums::run(&mut random);
    pages::run(&mut random);
    compress::run(&mut random, (blocks / 100).min(5000));
    decode::run(&mut random, blocks);
    println!("passed");
    semihosting::process::exit(0)
}
