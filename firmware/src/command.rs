//! [`Command`]: a command of the console.

use crate::application::Application;
use crate::errors::Failure;
use crate::platform::Platform;
use crate::session::Session;

/// The last line of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The command is done: `@ok`.
    Ok,
    /// The system was restored, and nobody on this console waits for the command's answer: `@ready`.
    Ready,
}

/// The action of a command, with the words behind its name.
pub type Run<P, A> = fn(&mut Session<P, A>, arguments: &str) -> Result<Answer, Failure>;

/// A command.
pub struct Command<P: Platform, A: Application<P>> {
    /// Its name.
    pub name: &'static str,
    /// Its arguments, for the list of commands.
    pub arguments: &'static str,
    /// Its purpose, in a few words.
    pub what: &'static str,
    /// Executes it.
    pub run: Run<P, A>,
}

/// An application with commands of its own, beside those of the firmware.
pub trait Commands<P: Platform>: Application<P> {
    /// The commands.
    const COMMANDS: &'static [Command<P, Self>] = &[];
}

impl<P: Platform> Commands<P> for () {}
