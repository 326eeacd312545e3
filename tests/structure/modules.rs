//! The modules of a crate, read from its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Item, Visibility};

/// A module, by its path in the crate.
pub(crate) type Module = Vec<String>;

/// A crate without its tests.
pub(crate) struct Crate {
    pub(crate) files: BTreeMap<Module, Source>,
}

/// The file of a module.
pub(crate) struct Source {
    /// Path relative to the crate's sources.
    pub(crate) path: String,
    pub(crate) tokens: TokenStream,
    syntax: File,
}

impl Crate {
    /// Reads the crate whose sources are in `folder`.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        let root = ["lib.rs", "main.rs"]
            .iter()
            .map(|name| folder.join(name))
            .find(|path| path.is_file());
        let root = root.expect("a crate has a root");
        read(folder, &root, Vec::new(), &mut files);
        Self { files }
    }

    /// The modules of the root, in order of declaration.
    pub(crate) fn order(&self) -> Vec<String> {
        let declared = self.root().syntax.items.iter().filter_map(declaration);
        declared.map(|item| item.ident.to_string()).collect()
    }

    /// The public modules of the root.
    pub(crate) fn public(&self) -> Vec<String> {
        let declared = self.root().syntax.items.iter().filter_map(declaration);
        let public = declared.filter(|item| matches!(item.vis, Visibility::Public(_)));
        public.map(|item| item.ident.to_string()).collect()
    }

    fn root(&self) -> &Source {
        &self.files[&Vec::new()]
    }
}

fn declaration(item: &Item) -> Option<&syn::ItemMod> {
    let Item::Mod(item) = item else { return None };
    item.content.is_none().then_some(item)
}

/// Reads the file of a module, and those of the modules that it declares.
fn read(folder: &Path, path: &Path, module: Module, files: &mut BTreeMap<Module, Source>) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    syntax.items.retain(|item| !is_test(item));
    for item in syntax.items.iter().filter_map(declaration) {
        let name = item.ident.to_string();
        let below = module.iter().fold(folder.to_owned(), |path, name| path.join(name));
        let found = [below.join(format!("{name}.rs")), below.join(&name).join("mod.rs")];
        // Generated modules have no file in the sources.
        let Some(path) = found.iter().find(|path| path.is_file()) else {
            continue;
        };
        let child = [&module[..], &[name]].concat();
        read(folder, path, child, files);
    }
    let tokens = syntax.to_token_stream();
    let path = path.strip_prefix(folder).expect("it is below").display().to_string();
    files.insert(module, Source { path, tokens, syntax });
}

/// Whether an item is for tests only.
fn is_test(item: &Item) -> bool {
    let says_test = |token: TokenTree| matches!(token, TokenTree::Ident(word) if word == "test");
    let mut tokens = item.to_token_stream().into_iter();
    while let (Some(TokenTree::Punct(mark)), Some(TokenTree::Group(attribute))) = (tokens.next(), tokens.next()) {
        let mut inside = attribute.stream().into_iter();
        let is_cfg = matches!(inside.next(), Some(TokenTree::Ident(word)) if word == "cfg");
        let arguments = inside.next();
        if mark.as_char() == '#'
            && is_cfg
            && let Some(TokenTree::Group(arguments)) = arguments
            && arguments.stream().into_iter().any(says_test)
        {
            return true;
        }
    }
    false
}
