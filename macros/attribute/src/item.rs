//! Parsing of the annotated item. In: its tokens, which rustc has accepted as an item. Out: role, type and body.

use proc_macro::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

use crate::mistake::{Mistake, Place};
use crate::role::Role;

/// `impl ROLE for TYPE { … }`.
pub(crate) struct Item {
    /// Tokens before the braces.
    pub(crate) head: Vec<TokenTree>,
    /// The braces.
    pub(crate) body: Group,
    /// Role of the component.
    pub(crate) role: Role,
    /// Place of the role's name.
    pub(crate) role_at: Span,
    /// The component's type.
    pub(crate) component: Vec<TokenTree>,
    /// Type of `init`'s parameter, where there is an `init`.
    pub(crate) init: Option<Vec<TokenTree>>,
    /// Type after `type Config =`, where that is written.
    pub(crate) config: Option<Vec<TokenTree>>,
}

impl Item {
    /// Reads the annotated item.
    pub(crate) fn parse(item: TokenStream) -> Result<Self, Mistake> {
        let mut head: Vec<TokenTree> = item.into_iter().collect();
        let body = match head.pop() {
            Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => body,
            other => {
                head.extend(other);
                return Err(not_an_impl(without_attributes(&head).first()));
            }
        };
        let words = without_attributes(&head);
        let [TokenTree::Ident(first), words @ ..] = words else {
            return Err(not_an_impl(words.first()));
        };
        if first.to_string() != "impl" {
            return Err(not_an_impl(Some(&TokenTree::Ident(first.clone()))));
        }
        no_parameters(words)?;
        let (path, component) = split(words, "for").ok_or_else(|| {
            Mistake::new(place(words), "expected `impl ROLE for TYPE`, found no role").and("roles", Role::names())
        })?;
        let component = split(component, "where")
            .map_or(component, |(before, _)| before)
            .to_vec();
        let (role, role_at) = role(path)?;
        let items: Vec<TokenTree> = body.stream().into_iter().collect();
        Ok(Item {
            role,
            role_at,
            component,
            init: parameter_of_init(&items),
            config: config(&items),
            body,
            head,
        })
    }

    /// Whether the component uses a node's `config`.
    pub(crate) fn takes_config(&self) -> bool {
        let config = self.config.as_ref().or(self.init.as_ref());
        config.is_some_and(|tokens| match tokens.as_slice() {
            [TokenTree::Group(group)] => !(group.delimiter() == Delimiter::Parenthesis && group.stream().is_empty()),
            other => !other.is_empty(),
        })
    }
}

/// From the first to the last of some tokens.
pub(crate) fn place(tokens: &[TokenTree]) -> Place {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => (first.span(), last.span()),
        _ => (Span::call_site(), Span::call_site()),
    }
}

fn not_an_impl(found: Option<&TokenTree>) -> Mistake {
    let at = found.map_or_else(Span::call_site, TokenTree::span);
    let found = found.map_or_else(|| "nothing".to_owned(), |token| format!("`{token}`"));
    Mistake::new((at, at), format!("expected `impl ROLE for TYPE`, found {found}")).and("roles", Role::names())
}

fn without_attributes(mut tokens: &[TokenTree]) -> &[TokenTree] {
    while let [TokenTree::Punct(hash), TokenTree::Group(_), rest @ ..] = tokens
        && hash.as_char() == '#'
    {
        tokens = rest;
    }
    tokens
}

fn no_parameters(words: &[TokenTree]) -> Result<(), Mistake> {
    match words {
        [open @ TokenTree::Punct(punct), next, ..] if punct.as_char() == '<' => {
            let close = matches!(next, TokenTree::Punct(punct) if punct.as_char() == '>');
            let end = words.iter().find(|token| is_punct(token, '>')).unwrap_or(open);
            if close {
                return Ok(());
            }
            let message = "a component has no parameters: the runtime makes one of it, and names no types";
            Err(Mistake::new((open.span(), end.span()), message))
        }
        _ => Ok(()),
    }
}

fn role(path: &[TokenTree]) -> Result<(Role, Span), Mistake> {
    let name = path.iter().rev().find_map(|token| match token {
        TokenTree::Ident(name) => Some(name),
        TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    });
    let name = name.ok_or_else(|| not_an_impl(path.first()))?;
    let role = Role::of_trait(&name.to_string()).ok_or_else(|| {
        Mistake::new(place(path), format!("`{name}` is no role of a component")).and("roles", Role::names())
    })?;
    Ok((role, name.span()))
}

/// The tokens before and after a word outside all brackets.
fn split<'a>(tokens: &'a [TokenTree], word: &str) -> Option<(&'a [TokenTree], &'a [TokenTree])> {
    let at = outside_brackets(tokens, |tokens| is_word(&tokens[0], word))?;
    Some((&tokens[..at], &tokens[at + 1..]))
}

/// The first position outside `<…>` at which `found` holds.
fn outside_brackets(tokens: &[TokenTree], found: impl Fn(&[TokenTree]) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut arrow = false;
    for (at, token) in tokens.iter().enumerate() {
        if depth == 0 && found(&tokens[at..]) {
            return Some(at);
        }
        if is_punct(token, '<') {
            depth += 1;
        } else if is_punct(token, '>') && !arrow {
            depth = depth.saturating_sub(1);
        }
        arrow = matches!(token, TokenTree::Punct(punct) if punct.as_char() == '-' && punct.spacing() == Spacing::Joint);
    }
    None
}

/// The type of the parameter of `fn init(…)`; empty without a parameter.
fn parameter_of_init(items: &[TokenTree]) -> Option<Vec<TokenTree>> {
    let parameters = items.windows(3).find_map(|tokens| match tokens {
        [function, name, TokenTree::Group(group)] if is_word(function, "fn") && is_word(name, "init") => Some(group),
        _ => None,
    })?;
    let tokens: Vec<TokenTree> = parameters.stream().into_iter().collect();
    let Some(colon) = (0..tokens.len()).find(|at| is_single_colon(&tokens, *at)) else {
        return Some(Vec::new());
    };
    let after = &tokens[colon + 1..];
    let end = outside_brackets(after, |tokens| is_punct(&tokens[0], ',')).unwrap_or(after.len());
    Some(after[..end].to_vec())
}

/// The type in `type Config = …;`.
fn config(items: &[TokenTree]) -> Option<Vec<TokenTree>> {
    let at = items
        .windows(2)
        .position(|pair| is_word(&pair[0], "type") && is_word(&pair[1], "Config"))?;
    let after = items.get(at + 3..)?;
    let end = after.iter().position(|token| is_punct(token, ';'))?;
    Some(after[..end].to_vec())
}

/// Whether the token at `at` is a `:` and not half of `::`.
fn is_single_colon(tokens: &[TokenTree], at: usize) -> bool {
    let double = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Punct(punct)) => punct.as_char() == ':' && punct.spacing() == Spacing::Joint,
        _ => false,
    };
    is_punct(&tokens[at], ':') && !double(Some(at)) && !double(at.checked_sub(1))
}

/// Whether a token is this punctuation.
pub(crate) fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

/// Whether a token is this word.
pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    let is = |ident: &Ident| ident.to_string() == word;
    matches!(token, TokenTree::Ident(ident) if is(ident))
}
