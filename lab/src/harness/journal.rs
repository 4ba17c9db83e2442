//! What happened in a case: command lines and console lines, kept until it is known whether they matter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines of all runs of one case. Clones write to the same journal.
#[derive(Clone, Default)]
pub struct Journal {
    lines: Arc<Mutex<Vec<String>>>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Journal {
    /// Adds a line.
    pub fn add(&self, line: impl Into<String>) {
        lock(&self.lines).push(line.into());
    }

    /// Adds a line that the report shows even if the case passes: what was measured.
    pub fn note(&self, line: impl Into<String>) {
        let line = line.into();
        self.add(format!("({line})"));
        lock(&self.notes).push(line);
    }

    /// All notes.
    pub fn notes(&self) -> Vec<String> {
        lock(&self.notes).clone()
    }

    /// The last command line and the last `count` lines, for a person who looks for the cause of a failure.
    pub fn tail(&self, count: usize) -> String {
        let lines = lock(&self.lines);
        let start = lines.len().saturating_sub(count);
        let command = lines[..start].iter().rposition(|l| l.starts_with("$ "));
        let shown_already = lines[start..].iter().any(|l| l.starts_with("$ "));
        let mut text = Vec::new();
        if let (Some(at), false) = (command, shown_already) {
            text.push(lines[at].as_str());
            text.push("...");
        }
        text.extend(lines[start..].iter().map(String::as_str));
        text.join("\n")
    }
}

fn lock(lines: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_names_the_command() {
        let journal = Journal::default();
        journal.add("$ qemu first");
        journal.add("$ qemu second");
        (0..10).for_each(|i| journal.add(format!("line {i}")));
        assert_eq!(journal.tail(2), "$ qemu second\n...\nline 8\nline 9");
        assert!(journal.tail(100).starts_with("$ qemu first\n$ qemu second\nline 0"));
    }
}
