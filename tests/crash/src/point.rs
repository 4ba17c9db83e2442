//! [`Point`]: where in a session something happens to the medium, and how it is written in a case's name.

use core::fmt;
use core::str::FromStr;

use oal_sim::{Beyond, Effect, Operation};

/// What happens to a medium in one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Power goes inside a change: `3@120n` is the fourth change, 120 bytes of it done, noise beyond.
    Cut {
        /// Changes that succeed before.
        change: u64,
        /// Bytes of it that are done.
        bytes: usize,
        /// What the rest of them hold.
        beyond: Beyond,
    },
    /// Power goes between two operations, reads included: `r17`.
    Between {
        /// Operations that succeed before.
        operations: u64,
    },
    /// An operation fails: `er5` is an error at the sixth read, `fw0` a flipped bit in the first write, `sr2`
    /// a stale third read.
    Fault {
        /// Which kind of operation; on NAND a write is a program or an erase.
        operation: Operation,
        /// How many of that kind succeed before.
        after: u64,
        /// How it fails.
        effect: Effect,
    },
}

impl Point {
    /// Whether power goes.
    pub fn is_cut(&self) -> bool {
        !matches!(self, Point::Fault { .. })
    }

    /// Whether the medium gives wrong bytes without saying so, from a place that was written well.
    pub fn is_silent_read(&self) -> bool {
        let Point::Fault { operation, effect, .. } = self else { return false };
        *operation == Operation::Read && *effect != Effect::Error
    }
}

const BEYOND: [(Beyond, char); 5] = [
    (Beyond::Old, 'o'),
    (Beyond::New, 'w'),
    (Beyond::Noise, 'n'),
    (Beyond::NoiseInBlock, 'b'),
    (Beyond::Unreadable, 'u'),
];
const EFFECTS: [(Effect, char); 3] = [(Effect::Error, 'e'), (Effect::FlippedBit, 'f'), (Effect::Stale, 's')];
const OPERATIONS: [(Operation, char); 4] =
    [(Operation::Read, 'r'), (Operation::Write, 'w'), (Operation::Discard, 'd'), (Operation::Flush, 'f')];

/// The letter of a value.
fn letter<T: PartialEq>(table: &[(T, char)], value: &T) -> char {
    table.iter().find(|(other, _)| other == value).map_or('?', |(_, letter)| *letter)
}

/// The value of a letter.
fn value<T: Copy>(table: &[(T, char)], letter: char) -> Option<T> {
    table.iter().find(|(_, other)| *other == letter).map(|(value, _)| *value)
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Point::Cut { change, bytes, beyond } => write!(f, "{change}@{bytes}{}", letter(&BEYOND, beyond)),
            Point::Between { operations } => write!(f, "r{operations}"),
            Point::Fault { operation, after, effect } => {
                write!(f, "{}{}{after}", letter(&EFFECTS, effect), letter(&OPERATIONS, operation))
            }
        }
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Point, String> {
        parse(text).ok_or_else(|| format!("{text}: no cut and no fault"))
    }
}

fn parse(text: &str) -> Option<Point> {
    if let Some((change, rest)) = text.split_once('@') {
        let beyond = rest.chars().last()?;
        let bytes = rest.strip_suffix(beyond)?;
        return Some(Point::Cut {
            change: change.parse().ok()?,
            bytes: bytes.parse().ok()?,
            beyond: value(&BEYOND, beyond)?,
        });
    }
    let mut letters = text.chars();
    let first = letters.next()?;
    if let Some(operations) = text.strip_prefix('r') {
        return Some(Point::Between { operations: operations.parse().ok()? });
    }
    Some(Point::Fault {
        effect: value(&EFFECTS, first)?,
        operation: value(&OPERATIONS, letters.next()?)?,
        after: letters.as_str().parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_back_as_it_was_written() {
        for text in ["3@120n", "0@0o", "7@511u", "12@4096b", "1@9w", "r17", "er5", "fw0", "sr2", "ef1", "ed0"]
        {
            assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
        }
        for text in ["", "@", "3@", "3@n", "r", "x3", "ex3", "er"] {
            assert!(text.parse::<Point>().is_err(), "{text}");
        }
    }
}
