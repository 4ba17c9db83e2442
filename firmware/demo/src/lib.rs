#![cfg_attr(target_os = "none", no_std)]
//! The demonstration application of the reference firmware: it reads the medium's text files, builds an index
//! of their words, draws its figures on a screen if there is one, and computes in the registers of the vector
//! unit. All of it is saved, and comes back with a snapshot.
//!
//! A board that has a `Display`, or none, runs it by `oal_firmware::firmware!(MyBoard,
//! oal_demo::Demo<MyBoard>);`.
//!
//! | module | |
//! |---|---|
//! | `demo` | the application |
//! | `commands` | `find`, `ballast` |
//! | `index` | the text, and an index of its words |
//! | `display` | the screen, and the progress bar |

#[cfg(target_os = "none")]
#[macro_use]
extern crate oal_firmware;

#[cfg(target_os = "none")]
mod commands;
#[cfg(target_os = "none")]
mod demo;
#[cfg(target_os = "none")]
mod display;
#[cfg(target_os = "none")]
mod index;

#[cfg(target_os = "none")]
pub use demo::Demo;
#[cfg(target_os = "none")]
pub use display::{Display, FrameBuffer};
