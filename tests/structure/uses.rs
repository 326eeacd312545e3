//! Uses between modules: every path in the text of a crate that starts at its root or at a parent module, also in
//! macros.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::modules::{Crate, Module};

/// A use of one module by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: Module,
    pub(crate) to: Module,
    /// File and path of the use.
    pub(crate) file: String,
    pub(crate) path: String,
}

/// All uses in a crate.
pub(crate) fn edges(of_crate: &Crate) -> Vec<Edge> {
    let exports: BTreeMap<&Module, Vec<Vec<String>>> = of_crate
        .files
        .iter()
        .map(|(module, source)| (module, paths(&source.tokens, module, of_crate)))
        .collect();
    let mut found = Vec::new();
    for (module, source) in &of_crate.files {
        for path in &exports[module] {
            let to = target(path, of_crate, &exports);
            if to != *module {
                found.push(Edge {
                    from: module.clone(),
                    to,
                    file: source.path.clone(),
                    path: format!("crate::{}", path.join("::")),
                });
            }
        }
    }
    found
}

/// The module to which a path leads. A re-exported name leads to its origin.
fn target(path: &[String], of_crate: &Crate, exports: &BTreeMap<&Module, Vec<Vec<String>>>) -> Module {
    let mut path = path.to_vec();
    // Re-exports of re-exports are rare.
    for _ in 0..4 {
        let length = (0..=path.len())
            .rev()
            .find(|length| of_crate.files.contains_key(&path[..*length]));
        let length = length.expect("the root is a module");
        let module: Module = path[..length].to_vec();
        let Some(name) = path.get(length) else { return module };
        let from_elsewhere = exports[&module]
            .iter()
            .find(|export| export.last() == Some(name) && export.len() > 1);
        match from_elsewhere {
            Some(export) if *export != path => path.clone_from(export),
            Some(_) | None => return module,
        }
    }
    path
}

/// The paths in a text, from the root of the crate.
fn paths(tokens: &TokenStream, module: &Module, of_crate: &Crate) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(tokens.clone(), module, of_crate, &mut found);
    found
}

fn collect(tokens: TokenStream, module: &Module, of_crate: &Crate, found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((start, next)) = start(&tokens, at, module, of_crate) {
            at = rest(&tokens, next, start, found);
            continue;
        }
        if let TokenTree::Group(group) = &tokens[at] {
            collect(group.stream(), module, of_crate, found);
        }
        at += 1;
    }
}

/// The start of a path to a module of the crate: `crate`, `super`, `self`, or a module in the same folder.
fn start(tokens: &[TokenTree], at: usize, module: &Module, of_crate: &Crate) -> Option<(Module, usize)> {
    let TokenTree::Ident(word) = &tokens[at] else {
        return None;
    };
    let is_continued = at > 0 && is_separator(tokens, at.saturating_sub(2));
    if is_continued || !is_separator(tokens, at + 1) {
        return None;
    }
    let word = word.to_string();
    match word.as_str() {
        "crate" => Some((Vec::new(), at + 1)),
        "self" => Some((module.clone(), at + 1)),
        "super" => {
            let mut above = module.clone();
            above.pop();
            let mut next = at + 1;
            while is_separator(tokens, next)
                && matches!(&tokens.get(next + 2), Some(TokenTree::Ident(word)) if *word == "super")
            {
                above.pop();
                next += 3;
            }
            Some((above, next))
        }
        _ => {
            let child = [&module[..], &[word]].concat();
            of_crate.files.contains_key(&child).then_some((child, at + 1))
        }
    }
}

/// Whether there is a `::` at a position.
fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    is_colon(tokens.get(at)) && is_colon(tokens.get(at + 1))
}

/// Follows a path from its `::` on, into the branches of a group. Returns the position of its end.
fn rest(tokens: &[TokenTree], mut at: usize, mut path: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    while is_separator(tokens, at) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(word)) if *word != "self" => path.push(word.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                branches(group.stream(), &path, found);
                return at + 3;
            }
            Some(_) | None => break,
        }
        at += 3;
    }
    found.push(path);
    at
}

fn branches(tokens: TokenStream, path: &[String], found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
    for branch in tokens.split(is_comma).filter(|branch| !branch.is_empty()) {
        match &branch[0] {
            TokenTree::Ident(word) if *word == "self" => found.push(path.to_vec()),
            TokenTree::Ident(word) => {
                let path = [path, &[word.to_string()]].concat();
                rest(branch, 1, path, found);
            }
            TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => found.push(path.to_vec()),
        }
    }
}
