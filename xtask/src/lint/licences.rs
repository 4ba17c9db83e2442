//! Licences of all dependencies, against a list of those that fit `MIT OR Apache-2.0`.

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Permissive licences. A dependency needs one of them on every side of an AND, and on one side of an OR.
const ALLOWED: [&str; 12] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "Unicode-3.0",
    "CC0-1.0",
];

/// Programs with a licence of another kind that run while this project is tested, and become a part of
/// nothing that it makes.
const TOOLS: [(&str, &str); 1] = [("cbindgen", "MPL-2.0")];

/// Checks every package that cargo knows of.
pub fn check(metadata: &Value) -> Result<()> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let mut wrong = Vec::new();
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none stated");
        let name = package["name"].as_str().unwrap_or("?");
        if !is_allowed(licence) && !TOOLS.contains(&(name, licence)) {
            wrong.push(format!("{name} ({licence})"));
        }
    }
    println!("    {} packages", packages.len());
    if !wrong.is_empty() {
        bail!("licences that are not on the list: {}", wrong.join(", "));
    }
    Ok(())
}

/// Evaluates an expression of names, AND, OR and brackets; `/` is an old way to write OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let allowed = any_of(&words, &mut at);
    allowed && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = all_of(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= all_of(words, at);
    }
    allowed
}

fn all_of(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one(words, at);
    }
    allowed
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let allowed = any_of(words, at);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return allowed && closed;
    }
    match words.get(*at) {
        Some(&"WITH") => {
            let exception = words.get(*at + 1).copied().unwrap_or_default();
            *at += 2;
            ALLOWED.contains(&format!("{word} WITH {exception}").as_str()) || ALLOWED.contains(word)
        }
        _ => ALLOWED.contains(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated() {
        for good in ["MIT", "MIT OR GPL-3.0", "GPL-2.0/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(is_allowed(good), "{good}");
        }
        assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"));
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "none stated", "", "(MIT", "MIT)"] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
