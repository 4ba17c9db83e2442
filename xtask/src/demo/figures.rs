//! What the demonstration found out: told line by line, and once more as a table for the README.

use crate::table;

/// Width of a line's first column.
const NAME: usize = 28;

/// Figures by name.
#[derive(Debug, Default)]
pub struct Figures(Vec<Vec<String>>);

impl Figures {
    /// Prints a figure and keeps it.
    pub fn tell(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        println!("{name:<NAME$}{value}");
        self.0.push(vec![name.to_string(), value]);
    }

    /// All figures as a table of Markdown.
    pub fn markdown(&self) -> String {
        table::markdown(&["what", "figure"], &self.0)
    }
}
