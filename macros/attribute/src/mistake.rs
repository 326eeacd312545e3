//! A mistake as a `compile_error!` at the tokens to change.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// First and last token.
pub(crate) type Place = (Span, Span);

/// Description and place of a mistake.
pub(crate) struct Mistake {
    at: Place,
    text: String,
    code: Option<&'static str>,
}

impl Mistake {
    /// A mistake in the use of the attribute itself.
    pub(crate) fn new(at: Place, text: impl Into<String>) -> Self {
        Mistake {
            at,
            text: text.into(),
            code: None,
        }
    }

    /// A mistake with a code of the catalogue, in the compiler's words.
    pub(crate) fn coded(code: &'static str, at: Place, text: &str) -> Self {
        Mistake {
            code: Some(code),
            ..Mistake::new(at, format!("[{code}] {text}"))
        }
    }

    /// Adds a line.
    pub(crate) fn and(mut self, kind: &str, text: impl AsRef<str>) -> Self {
        self.text.push_str(&format!("\n= {kind}: {}", text.as_ref()));
        self
    }

    /// `::core::compile_error! { "…" }`, reported from the first to the last token of the place.
    pub(crate) fn into_tokens(self) -> TokenStream {
        // rustc has codes of its own, some of which have the same numbers.
        let explained = match self.code {
            Some(code) => self.and("help", format!("`torvync explain {code}` says more")),
            None => self,
        };
        let (first, last) = explained.at;
        let spanned = |mut token: TokenTree, span| {
            token.set_span(span);
            token
        };
        let punct = |c, spacing| spanned(Punct::new(c, spacing).into(), first);
        let mut text = Literal::string(&explained.text);
        text.set_span(last);
        let mut body = Group::new(Delimiter::Brace, TokenTree::from(text).into());
        body.set_span(last);
        TokenStream::from_iter([
            punct(':', Spacing::Joint),
            punct(':', Spacing::Alone),
            Ident::new("core", first).into(),
            punct(':', Spacing::Joint),
            punct(':', Spacing::Alone),
            Ident::new("compile_error", first).into(),
            punct('!', Spacing::Alone),
            body.into(),
        ])
    }
}

/// A list in the compiler's notation: each item in backticks.
pub(crate) fn listed<T: AsRef<str>>(what: &str, items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("`{}`", item.as_ref())).collect();
    format!("{what}: {}", items.join(", "))
}
