//! Circles of imports inside a crate: files that need each other, so that none can be read or tested without
//! the rest.
//!
//! A file needs another if it names something that is defined there, by whatever path: names are followed
//! through re-exports, which need nothing themselves. Tests do not count. A name that a macro defines counts
//! as its module's.

mod names;

use anyhow::{Result, bail};
use names::{Module, Name};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which file needs which, and by which name: paths from the crate's `src`.
type Needs = BTreeMap<String, BTreeMap<String, String>>;

/// Looks for circles in the crate whose root is `src/lib.rs` of this folder.
pub fn check(folder: &Path) -> Result<()> {
    let source = folder.join("src");
    let modules = names::read(&source)?;
    let needs = needs(&modules);
    let circles = circles(&needs);
    println!("    {} files, {} imports", modules.len(), needs.values().map(BTreeMap::len).sum::<usize>());
    if circles.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = circles.iter().map(|circle| show(circle, &needs)).collect();
    bail!("files of {} need each other:\n{}", source.display(), shown.join("\n"));
}

fn needs(modules: &BTreeMap<Vec<String>, Module>) -> Needs {
    let mut needs = Needs::new();
    for (path, module) in modules {
        for name in &module.named {
            if let Some(file) = defined_in(modules, path, name, 0)
                && file != module.file
            {
                let by = needs.entry(module.file.clone()).or_default();
                by.entry(file).or_insert_with(|| name.join("::"));
            }
        }
    }
    needs
}

/// The file that defines what `name` means in the module `here`; `None` for what is not of this crate, and
/// for a module, of which nothing is named yet.
fn defined_in(
    modules: &BTreeMap<Vec<String>, Module>,
    here: &[String],
    name: &Name,
    depth: usize,
) -> Option<String> {
    /// Longer chains of re-exports are circles of their own.
    const DEPTH: usize = 16;
    if depth > DEPTH {
        return None;
    }
    let module = modules.get(here)?;
    let (first, rest) = name.split_first()?;
    let child = || [here, std::slice::from_ref(first)].concat();
    let mut place = match first.as_str() {
        "crate" => Vec::new(),
        "self" => here.to_vec(),
        "super" => here.split_last()?.1.to_vec(),
        _ if modules.contains_key(&child()) => child(),
        _ if module.defined.contains(first) => return Some(module.file.clone()),
        _ => {
            let meant = module.imported.iter().find(|(alias, _)| alias == first);
            if let Some((_, path)) = meant
                && path.first() != Some(first)
            {
                let whole = [path.as_slice(), rest].concat();
                return defined_in(modules, here, &whole, depth + 1);
            }
            let through = |glob: &Name| {
                let whole = [glob.as_slice(), name.as_slice()].concat();
                let found = defined_in(modules, here, &whole, depth + 1)?;
                let certain = modules.values().any(|m| m.file == found && m.defined.contains(first));
                certain.then_some(found)
            };
            return module.globs.iter().find_map(through);
        }
    };
    let mut rest = rest;
    while let Some((next, after)) = rest.split_first() {
        match next.as_str() {
            "super" => drop(place.pop()?),
            "self" => {}
            _ => {
                let deeper = [place.as_slice(), std::slice::from_ref(next)].concat();
                if !modules.contains_key(&deeper) {
                    let there = modules.get(&place)?;
                    let foreign = place == here && !there.knows(next);
                    let found = defined_in(modules, &place, &rest.to_vec(), depth + 1);
                    return found.or_else(|| (!foreign).then(|| there.file.clone()));
                }
                place = deeper;
            }
        }
        rest = after;
    }
    None
}

/// Files that reach each other, by groups.
fn circles(needs: &Needs) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        needs.keys().map(|file| (file, reach(needs, file))).collect();
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for (file, there) in &reached {
        if !there.contains(file) || seen.contains(file) {
            continue;
        }
        let back = |other: &&&String| reached.get(**other).is_some_and(|from| from.contains(file));
        let circle: Vec<&String> = there.iter().filter(back).copied().collect();
        seen.extend(circle.iter().copied());
        circles.push(circle.into_iter().cloned().collect());
    }
    circles
}

fn reach<'a>(needs: &'a Needs, from: &String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&String> = needs.get(from).into_iter().flat_map(BTreeMap::keys).collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(needs.get(file).into_iter().flat_map(BTreeMap::keys));
        }
    }
    reached
}

/// The files of a circle, each with those of it that it needs, and by which name.
fn show(circle: &[String], needs: &Needs) -> String {
    let mut lines = Vec::new();
    for file in circle {
        for (other, name) in needs.get(file).into_iter().flatten().filter(|(other, _)| circle.contains(other))
        {
            lines.push(format!("      {file} needs {other} for `{name}`"));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    /// What a crate of these files needs.
    fn crate_of(files: &[(&str, &str)]) -> Result<()> {
        let folder = tempfile::tempdir()?;
        for (file, text) in files {
            let path = folder.path().join("src").join(file);
            std::fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
            std::fs::write(path, text)?;
        }
        check(folder.path())
    }

    #[test]
    fn two_files_that_name_each_others_items_are_a_circle_by_use_or_by_path() {
        let root = ("lib.rs", "mod a; mod b;");
        let a = ("a.rs", "use crate::b::B; pub struct A(B);");
        for b in ["use super::a::A; pub struct B(A);", "pub struct B; fn f(_: crate::a::A) {}"] {
            let error = crate_of(&[root, a, ("b.rs", b)]).unwrap_err().to_string();
            assert!(error.contains("a.rs needs b.rs for `B`"), "{error}");
            assert!(error.contains("b.rs needs a.rs"), "{error}");
        }
        crate_of(&[root, a, ("b.rs", "pub struct B;")]).unwrap();
    }

    #[test]
    fn a_re_export_is_no_need_and_is_followed_to_what_it_names() {
        let root = ("lib.rs", "mod a; mod c;");
        let files =
            [root, ("a/mod.rs", "mod b; pub use b::B;"), ("a/b.rs", "use crate::c::C; pub struct B(C);")];
        crate_of(&[&files[..], &[("c.rs", "pub struct C;")]].concat()).unwrap();
        let error = crate_of(&[&files[..], &[("c.rs", "pub struct C; fn f(_: crate::a::B) {}")]].concat());
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("c.rs needs a/b.rs for `crate::a::B`") && !error.contains("a/mod.rs"),
            "{error}"
        );
    }

    #[test]
    fn tests_and_other_crates_are_not_counted_and_what_a_macro_holds_is() {
        let root = ("lib.rs", "mod a; mod b;");
        let a = ("a.rs", "use crate::b::B; pub struct A(B);");
        crate_of(&[root, a, ("b.rs", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }")]).unwrap();
        crate_of(&[root, a, ("b.rs", "use other::a::A; pub struct B(A);")]).unwrap();
        let error = crate_of(&[root, a, ("b.rs", "pub struct B; fn f() { matches!(x, crate::a::A(_)); }")]);
        assert!(error.unwrap_err().to_string().contains("b.rs needs a.rs"));
    }
}
