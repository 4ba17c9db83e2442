//! The application's first code, and the loop that takes commands.

use oal_drivers::clock::Clock;

use crate::application::Application;
use crate::arch::{self, Table};
use crate::board::Board;
use crate::boot_stage::{BootStage, StageCell};
use crate::command::{Answer, Command, Commands};
use crate::commands;
use crate::console::Input;
use crate::errors::Failure;
use crate::layout;
use crate::marker;
use crate::platform::Platform;
use crate::session::Session;
use crate::storage::Storage;

/// The application's own translation table.
static TABLE: Table = Table::new();

/// The application's first code after a cold boot, on its own stack, with its statics as they should be.
pub fn main<P: Platform, A: Commands<P>>(cell: &'static StageCell<P, A>) -> ! {
    // SAFETY: this is the only time that the application starts; the table is its own.
    let stage = unsafe {
        let stage = BootStage::take(cell);
        let map = layout::map::<P>(&stage.ram);
        arch::switch_to(&TABLE, |address| map.at(address));
        stage
    };
    // SAFETY: as above; the boot stage is done with the devices, and nothing else has begun with them.
    let board = unsafe { Board::start(&stage.ram, stage.storage.text()) };
    let mut session = Session::new(stage, board);
    ready(&mut session);
    let mut input = Input::new();
    loop {
        session.board.application.work();
        session.board.application.turn(session.timeline);
        if let Some(line) = input.poll(session.terminal()) {
            execute(&mut session, &line);
        }
    }
}

/// Prints that commands are taken, and how long after power-on or reset.
fn ready<P: Platform, A: Application<P>>(session: &mut Session<P, A>) {
    let us = P::clock().now_us();
    say!(session.terminal(), "@ready us={us}");
    marker::oal_marker_ready();
    session.board.application.ready(session.timeline);
}

/// All commands: the application's own come first.
fn all<P: Platform, A: Commands<P>>() -> impl Iterator<Item = &'static Command<P, A>> {
    A::COMMANDS.iter().chain(commands::all())
}

/// Executes a line.
fn execute<P: Platform, A: Commands<P>>(session: &mut Session<P, A>, line: &str) {
    let line = line.trim_ascii();
    let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
    let result = match all::<P, A>().find(|command| command.name == name) {
        _ if name.is_empty() => return,
        None if name == "help" => {
            help(session);
            Ok(Answer::Ok)
        }
        None => Err(Failure::new("unknown-command", "There is no such command; try `help`.")),
        Some(command) => (command.run)(session, arguments),
    };
    match result {
        Ok(Answer::Ok) => say!(session.terminal(), "@ok"),
        Ok(Answer::Ready) => ready(session),
        Err(failure) => {
            say!(session.terminal(), "{}", failure.sentence);
            say!(session.terminal(), "@error reason={}", failure.reason);
        }
    }
}

fn help<P: Platform, A: Commands<P>>(session: &mut Session<P, A>) {
    let terminal = session.terminal();
    say!(terminal, "{:<42}this list", "help");
    for Command { name, arguments, what, .. } in all::<P, A>() {
        let width = 41_usize.saturating_sub(name.len());
        say!(terminal, "{name} {arguments:<width$}{what}");
    }
}
