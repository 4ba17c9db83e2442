#![cfg_attr(target_os = "none", no_std)]
//! The reference firmware: an application that is worth a snapshot, and the boot stage that brings it back.
//!
//! ```text
//!  power on ─ start ─ boot_stage ─┬─ an image boots: the application goes on where it was pictured
//!              (nosave memory)    └─ application: reads the medium's text files, builds an index of
//!                                    their words, then takes commands: find, snapshot, ...
//! ```
//!
//! It runs on every board that implements `Platform`; the board's program is that, and one line:
//! `firmware!`.
//!
//! | module | |
//! |---|---|
//! | `platform`, `storage`, `devices` | what a board provides |
//! | `start`, `vectors`, `mmu`, `layout` | the core and the memory map |
//! | `boot_stage`, `cpu`, `observer`, `nosave`, `build` | what runs from nosave memory |
//! | `application`, `index`, `heap`, `vfp_work`, `display` | what is worth a snapshot |
//! | `system`, `drivers`, `snapshot` | how it comes to rest, is pictured, and goes on |
//! | `terminal`, `console`, `commands`, `errors`, `regs_test` | the console, described in `docs/console.md` |
//! | `selftest` | a port tries itself |
//! | `card`, `wait`, `text_volume` | the store and the text on a card, delays of flash drivers, text in flash |
//! | `dma` | buffers for controllers that write to RAM themselves |
//! | `ram` | how much of it there is, for boards that have to try |
//!
//! What is in the picture and what is not is decided by where a static lies: `.nosave.data` and `.nosave.bss`
//! belong to the boot stage, `.data` and `.bss` to the application, whose heap is the rest of RAM.

pub mod wait;

#[macro_use]
pub mod terminal;
pub mod devices;

#[cfg(target_os = "none")]
pub mod application;
#[cfg(target_os = "none")]
pub mod boot_stage;
#[cfg(target_os = "none")]
mod build;
#[cfg(target_os = "none")]
pub mod card;
#[cfg(target_os = "none")]
mod commands;
pub mod console;
#[cfg(target_os = "none")]
mod cpu;
#[cfg(target_os = "none")]
mod display;
#[cfg(target_os = "none")]
pub mod dma;
#[cfg(target_os = "none")]
pub mod drivers;
#[cfg(target_os = "none")]
mod errors;
#[cfg(target_os = "none")]
pub mod fault;
#[cfg(target_os = "none")]
mod heap;
#[cfg(target_os = "none")]
mod index;
#[cfg(target_os = "none")]
mod layout;
#[cfg(target_os = "none")]
mod marker;
#[cfg(target_os = "none")]
mod mmu;
pub mod nosave;
#[cfg(target_os = "none")]
mod observer;
#[cfg(target_os = "none")]
pub mod platform;
#[cfg(target_os = "none")]
pub mod ram;
#[cfg(target_os = "none")]
mod regs_test;
#[cfg(target_os = "none")]
mod selftest;
#[cfg(target_os = "none")]
mod snapshot;
#[cfg(target_os = "none")]
mod start;
#[cfg(target_os = "none")]
pub mod storage;
#[cfg(target_os = "none")]
mod system;
#[cfg(target_os = "none")]
pub mod text_volume;
#[cfg(target_os = "none")]
mod vectors;
#[cfg(target_os = "none")]
mod vfp_work;

#[cfg(target_os = "none")]
pub use platform::Platform;

/// Makes a program of the firmware for one board: `oal_firmware::firmware!(MyBoard);` with a [`Platform`].
#[cfg(target_os = "none")]
#[macro_export]
macro_rules! firmware {
    ($platform:ty) => {
        /// What the boot stage leaves to the application.
        #[unsafe(link_section = ".nosave.bss")]
        static STAGE: $crate::boot_stage::Place<$platform> = $crate::boot_stage::Place::new();

        /// From the first instructions, on the boot stack.
        #[unsafe(no_mangle)]
        extern "C" fn oal_boot() -> ! {
            $crate::boot_stage::boot(&STAGE, option_env!("OAL_UNFILLED").unwrap_or(""))
        }

        /// From the boot stage, on the application's own stack.
        #[unsafe(no_mangle)]
        extern "C" fn oal_application() -> ! {
            $crate::application::main(&STAGE)
        }

        /// From the IRQ vector, with interrupts masked.
        #[unsafe(no_mangle)]
        extern "C" fn oal_interrupt() {
            $crate::drivers::interrupt::<$platform>()
        }

        /// From the other vectors.
        #[unsafe(no_mangle)]
        extern "C" fn oal_fault(vector: u32, link: u32, spsr: u32) -> ! {
            $crate::fault::exception::<$platform>(vector, link, spsr)
        }

        #[panic_handler]
        fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
            $crate::fault::panic::<$platform>(info)
        }
    };
}
