//! Which crate may depend on which: the layers of `docs/design.md`, section 4.

use crate::paths;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A folder, and the folders whose crates those in it may depend on. A crate lies in the first folder that
/// fits; every crate must lie in one. The library is the workspace's own folder, and dependencies of tests
/// are not held to this.
const LAYERS: &[(&str, &[&str])] = &[
    ("media", &[]),
    ("drivers", &["media"]),
    (LIBRARY, &["media"]),
    ("sim", &["media", "drivers", LIBRARY]),
    ("firmware", &["media", "drivers", LIBRARY, "firmware"]),
    ("boards", &["media", "drivers", LIBRARY, "firmware", "sim"]),
    ("oal", &["media", "drivers", LIBRARY]),
    ("lab/host", &[]),
    ("lab/media", &["media", "drivers", LIBRARY, "lab/host"]),
    ("inspect", &["media", "drivers", LIBRARY, "lab/host", "lab/media"]),
    ("lab", ANYTHING),
    ("xtask", ANYTHING),
    ("tests", ANYTHING),
    ("benches", ANYTHING),
];
const LIBRARY: &str = "";
/// All that is linked into firmware, and what stands beside it to test and to measure.
const ANYTHING: &[&str] = &[
    "media",
    "drivers",
    LIBRARY,
    "sim",
    "firmware",
    "boards",
    "oal",
    "inspect",
    "lab/host",
    "lab/media",
    "lab",
    "tests",
];

/// Every dependency between crates of the workspace that its layer does not allow is an error.
pub fn check(metadata: &Value) -> Result<()> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let mut folders = BTreeMap::new();
    for package in packages.iter().filter(|p| p["source"].is_null()) {
        let name = package["name"].as_str().context("a package has no name")?;
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let folder = manifest.parent().and_then(|f| f.strip_prefix(paths::root()).ok());
        let folder = folder.with_context(|| format!("{name} lies outside of the workspace"))?;
        folders.insert(name, (folder, package));
    }
    let mut wrong = Vec::new();
    for (name, (folder, package)) in &folders {
        let Some(allowed) = layer(folder).map(|(_, allowed)| allowed) else {
            wrong.push(format!("{name} lies in no layer: `{}`", folder.display()));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let of_tests = dependency["kind"] == "dev";
            let on = dependency["name"].as_str().and_then(|on| folders.get_key_value(on));
            if let (false, Some((on, (there, _)))) = (of_tests, on)
                && !layer(there).is_some_and(|(layer, _)| allowed.contains(&layer))
            {
                wrong.push(format!("{name} depends on {on}"));
            }
        }
    }
    println!("    {} crates", folders.len());
    if !wrong.is_empty() {
        bail!("against the layers of docs/design.md, section 4: {}", wrong.join("; "));
    }
    Ok(())
}

/// The layer of a crate's folder.
fn layer(folder: &Path) -> Option<(&'static str, &'static [&'static str])> {
    let fits = |layer: &&(&str, &[&str])| match layer.0 {
        LIBRARY => folder == Path::new(LIBRARY),
        name => folder.starts_with(name),
    };
    LAYERS.iter().find(fits).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, folder: &str, dependencies: Value) -> Value {
        let manifest = paths::root().join(folder).join("Cargo.toml");
        json!({ "name": name, "source": null, "manifest_path": manifest, "dependencies": dependencies })
    }

    fn wrong(packages: &[Value]) -> String {
        check(&json!({ "packages": packages })).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn a_dependency_up_the_layers_is_found_and_one_of_tests_is_not_counted() {
        let firmware = package("firmware", "firmware/demo", json!([]));
        for (kind, found) in [(json!(null), true), (json!("build"), true), (json!("dev"), false)] {
            let drivers = package("drivers", "drivers", json!([{ "name": "firmware", "kind": kind }]));
            let text = wrong(&[firmware.clone(), drivers]);
            assert_eq!(text.contains("drivers depends on firmware"), found, "{kind}: {text}");
        }
        let down = package("board", "boards/board", json!([{ "name": "firmware", "kind": null }]));
        assert_eq!(wrong(&[firmware, down]), "");
    }

    #[test]
    fn a_crate_in_no_layer_is_found() {
        assert!(wrong(&[package("new", "newfolder", json!([]))]).contains("new lies in no layer"));
    }
}
