//! The expansion of the attribute: the block with its omitted items, the exports, and the errors.

use std::path::Path;

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::check;
use crate::item::{Item, place};
use crate::manifest::Project;
use crate::mistake::Mistake;
use crate::ports;
use crate::tokens::code;

/// Expands the attribute.
pub(crate) fn component(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = match Item::parse(item.clone()) {
        Ok(parsed) => parsed,
        Err(mistake) => return [mistake.into_tokens(), item].into_iter().collect(),
    };
    let mut expansion = TokenStream::new();
    let arguments: Vec<TokenTree> = arguments.into_iter().collect();
    expansion.extend(ports::section(&arguments, &parsed).unwrap_or_else(Mistake::into_tokens));
    let project = Project::around(&Span::call_site());
    if let Some(project) = &project {
        expansion.extend(check::all(&parsed, project).into_iter().map(Mistake::into_tokens));
        expansion.extend(project.files.iter().flat_map(|file| dependency_on(file)));
    }
    expansion.extend(exports(&parsed));
    expansion.extend(only_one(&parsed));
    expansion.extend(block(parsed));
    expansion
}

/// Makes cargo recompile the component when the file has changed.
fn dependency_on(file: &Path) -> TokenStream {
    match file.to_str() {
        Some(path) => code(&format!("const _: &[u8] = ::core::include_bytes!({path:?});")),
        None => TokenStream::new(),
    }
}

/// The block, with `type Config` and `init` added if omitted.
fn block(item: Item) -> TokenStream {
    let mut items = TokenStream::new();
    match (&item.config, &item.init) {
        (Some(_), _) => {}
        (None, Some(parameter)) if !parameter.is_empty() => {
            items.extend(code("type Config ="));
            items.extend(parameter.iter().cloned());
            items.extend(code(";"));
        }
        (None, Some(_)) => items.extend(code("type Config = ();")),
        (None, None) => items.extend(default_init(&item)),
    }
    items.extend(item.body.stream());
    let mut body = Group::new(item.body.delimiter(), items);
    body.set_span(item.body.span());
    item.head.into_iter().chain([body.into()]).collect()
}

/// An `init` for a component without configuration. rustc's error about a missing `Default` points at the type.
fn default_init(item: &Item) -> TokenStream {
    let made = code("<Self as ::core::default::Default>::default()");
    let at = place(&item.component).0;
    let made: TokenStream = made
        .into_iter()
        .map(|mut token| {
            token.set_span(token.span().located_at(at));
            token
        })
        .collect();
    let mut text = code("type Config = (); fn init(_: ()) -> ::core::result::Result<Self, ::torvyn::Error>");
    let body: TokenStream = code("::core::result::Result::Ok")
        .into_iter()
        .chain([group(Delimiter::Parenthesis, made)])
        .collect();
    text.extend([group(Delimiter::Brace, body)]);
    text
}

fn group(delimiter: Delimiter, tokens: TokenStream) -> TokenTree {
    Group::new(delimiter, tokens).into()
}

fn exports(item: &Item) -> TokenStream {
    let role = TokenTree::Ident(Ident::new(item.role.name, Span::call_site()));
    let arguments = item.component.iter().cloned().chain(code(":")).chain([role]);
    let arguments = group(Delimiter::Brace, arguments.collect());
    code("::torvyn::__export!").into_iter().chain([arguments]).collect()
}

/// A macro that makes a second component in the same crate an error, in any module: exported macros share one
/// namespace.
fn only_one(item: &Item) -> TokenStream {
    let name = Ident::new("a_crate_has_one_component", item.role_at);
    let mut text = code("#[doc(hidden)] #[macro_export] macro_rules!");
    text.extend([TokenTree::Ident(name)]);
    text.extend(code("{ () => {}; }"));
    text
}
