//! Every combination of a package's features.

use serde_json::Value;

/// A package of the workspace in cargo's metadata.
pub fn package<'a>(metadata: &'a Value, name: &str) -> Option<&'a Value> {
    metadata["packages"].as_array()?.iter().find(|p| p["name"] == name && p["source"].is_null())
}

/// All sets of the features that the package offers, the empty set first. `default` is a set, not a feature.
pub fn combinations(metadata: &Value, name: &str) -> Vec<Vec<String>> {
    let features = package(metadata, name).and_then(|p| p["features"].as_object());
    let offered: Vec<String> =
        features.into_iter().flat_map(|f| f.keys()).filter(|f| *f != "default").cloned().collect();
    let sets = 1_usize << offered.len();
    let set = |bits: usize| {
        offered.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, f)| f.clone()).collect()
    };
    (0..sets).map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sets_are_made() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "a", "source": "registry", "features": { "x": [] } },
            { "name": "a", "source": null, "features": { "default": [], "p": [], "q": [] } },
        ]});
        let sets = combinations(&metadata, "a");
        assert_eq!(sets, [vec![], vec!["p".to_string()], vec!["q".into()], vec!["p".into(), "q".into()]]);
        assert_eq!(combinations(&metadata, "other"), [Vec::<String>::new()]);
    }
}
