//! The QEMU laboratory: the firmware of every board runs on emulated hardware, and the cases look at it from
//! outside.
//!
//! | module | what |
//! |---|---|
//! | `board` | the boards, as data |
//! | `firmware` | building their firmware |
//! | `harness` | a QEMU that runs: its console, its control channel and its debugger stub |
//! | `cases` | what is proved |
//! | `qemu_test` | running the cases |
//! | `guide` | the examples of `docs/porting.md` |

pub mod board;
pub mod cases;
pub mod firmware;
pub mod guide;
pub mod harness;
pub mod qemu_test;

use oal_inspect as inspect;
pub use oal_lab_host::{paths, progress, shell, table, toolchain};
pub use oal_lab_media as media;
