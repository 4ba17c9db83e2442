//! The names of a crate: which module defines what, imports what, and names what.

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A path of names, as it is written.
pub type Name = Vec<String>;

/// A module: a file, or a part of one.
#[derive(Default)]
pub struct Module {
    /// Its file, from the crate's `src`.
    pub file: String,
    /// Items that it defines, other than modules.
    pub defined: BTreeSet<String>,
    /// What it imports or re-exports, by the name that this has here.
    pub imported: Vec<(String, Name)>,
    /// Modules all of whose names it imports.
    pub globs: Vec<Name>,
    /// What it names: in its code, and by imports for itself.
    pub named: BTreeSet<Name>,
}

impl Module {
    /// Whether the name is one of the module's own, or imported here.
    pub fn knows(&self, name: &String) -> bool {
        self.defined.contains(name) || self.imported.iter().any(|(alias, _)| alias == name)
    }
}

/// Reads a crate from its `lib.rs`. The key is a module's path; the root's is empty.
pub fn read(source: &Path) -> Result<BTreeMap<Vec<String>, Module>> {
    let mut modules = BTreeMap::new();
    file(source, "lib.rs".into(), Vec::new(), &mut modules)?;
    Ok(modules)
}

fn file(
    source: &Path,
    file: PathBuf,
    path: Vec<String>,
    modules: &mut BTreeMap<Vec<String>, Module>,
) -> Result<()> {
    let text = std::fs::read_to_string(source.join(&file))
        .with_context(|| format!("cannot read `{}`", source.join(&file).display()))?;
    let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse `{}`", file.display()))?;
    // Modules of `a/mod.rs` and of `lib.rs` lie beside it, those of `a.rs` in `a`.
    let beside = matches!(file.file_name().and_then(|n| n.to_str()), Some("mod.rs" | "lib.rs"));
    let folder = if beside { file.with_file_name("") } else { file.with_extension("") };
    items(source, &file, &folder, path, parsed.items, modules)
}

fn items(
    source: &Path,
    here: &Path,
    folder: &Path,
    path: Vec<String>,
    items: Vec<Item>,
    modules: &mut BTreeMap<Vec<String>, Module>,
) -> Result<()> {
    let mut module = Module { file: here.display().to_string(), ..Module::default() };
    for item in items {
        match item {
            Item::Mod(item) if !is_test(&item.attrs) => {
                let name = item.ident.to_string();
                let path = [path.as_slice(), std::slice::from_ref(&name)].concat();
                match item.content {
                    Some((_, inner)) => {
                        self::items(source, here, &folder.join(&name), path, inner, modules)?;
                    }
                    None => file(source, found(source, folder, &name, &item.attrs), path, modules)?,
                }
            }
            Item::Use(item) if !is_test(&item.attrs) => {
                let own = matches!(item.vis, syn::Visibility::Inherited);
                flatten(&item.tree, Vec::new(), own, &mut module);
            }
            Item::Mod(_) | Item::Use(_) => {}
            item => {
                let mut names = Names(&mut module);
                names.visit_item(&item);
                module.defined.extend(defines(&item));
            }
        }
    }
    modules.insert(path, module);
    Ok(())
}

/// The file of a module that is declared without its content.
fn found(source: &Path, folder: &Path, name: &str, attributes: &[Attribute]) -> PathBuf {
    let stated = attributes.iter().filter(|a| a.path().is_ident("path")).find_map(|a| match &a.meta {
        syn::Meta::NameValue(syn::MetaNameValue {
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(file), .. }),
            ..
        }) => Some(folder.join(file.value())),
        _ => None,
    });
    let folder_of_its_own = folder.join(name).join("mod.rs");
    stated.unwrap_or_else(|| {
        if source.join(&folder_of_its_own).is_file() {
            folder_of_its_own
        } else {
            folder.join(format!("{name}.rs"))
        }
    })
}

fn flatten(tree: &UseTree, mut prefix: Name, own: bool, module: &mut Module) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, own, module);
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, prefix.clone(), own, module));
        }
        UseTree::Glob(_) => module.globs.push(prefix),
        UseTree::Name(syn::UseName { ident }) | UseTree::Rename(syn::UseRename { ident, .. }) => {
            let mut alias = ident.to_string();
            if alias == "self" {
                alias = prefix.last().cloned().unwrap_or_default();
            } else {
                prefix.push(alias.clone());
            }
            if let UseTree::Rename(renamed) = tree {
                alias = renamed.rename.to_string();
            }
            if own {
                module.named.insert(prefix.clone());
            }
            module.imported.push((alias, prefix));
        }
    }
}

fn defines(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|a| a.path().is_ident("cfg")).any(|a| {
        a.meta.require_list().is_ok_and(|list| {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test")
        })
    })
}

/// Collects the paths of an item, in macros too.
struct Names<'a>(&'a mut Module);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.0.named.insert(path.segments.iter().map(|s| s.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        tokens(call.tokens.clone(), &mut self.0.named);
    }
}

/// Names with `::` in them, in what a macro is given.
fn tokens(stream: TokenStream, named: &mut BTreeSet<Name>) {
    let mut name = Name::new();
    let mut colons = 0;
    for token in stream {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' && !name.is_empty() => colons += 1,
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    finish(&mut name, named);
                }
                name.push(ident.to_string());
                colons = 0;
            }
            other => {
                finish(&mut name, named);
                colons = 0;
                if let TokenTree::Group(group) = other {
                    tokens(group.stream(), named);
                }
            }
        }
    }
    finish(&mut name, named);
}

fn finish(name: &mut Name, named: &mut BTreeSet<Name>) {
    if !name.is_empty() {
        named.insert(std::mem::take(name));
    }
}
