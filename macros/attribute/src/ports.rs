//! `#[torvyn::component(ports("a", "b"))]`: the output ports of a router, emitted as a custom section of the component.
//! `torvync link` compares it with the edges of the flow.

use proc_macro::{TokenStream, TokenTree};

use crate::item::{Item, place};
use crate::mistake::Mistake;
use crate::tokens::code;

/// Name of the section, known to the compiler. Its contents are names, one on each line.
const SECTION: &str = "torvyn:ports";

/// The port of dead letters, to which only the runtime sends.
const ERROR_PORT: &str = "error";

/// Parses the attribute's arguments and makes the section from them.
pub(crate) fn section(arguments: &[TokenTree], item: &Item) -> Result<TokenStream, Mistake> {
    let [name, list] = arguments else {
        return match arguments {
            [] => Ok(TokenStream::new()),
            _ => Err(unknown(arguments)),
        };
    };
    let (TokenTree::Ident(ident), TokenTree::Group(list)) = (name, list) else {
        return Err(unknown(arguments));
    };
    if ident.to_string() != "ports" {
        return Err(unknown(arguments));
    }
    if item.role.name != "Router" {
        return Err(Mistake::new(place(arguments), "only a `Router` has ports to name"));
    }
    let mut text = String::new();
    for token in list.stream() {
        match token {
            TokenTree::Literal(_) => text.push_str(&format!("{}\n", port(&token)?)),
            TokenTree::Punct(comma) if comma.as_char() == ',' => {}
            TokenTree::Punct(_) | TokenTree::Ident(_) | TokenTree::Group(_) => return Err(no_name(&token)),
        }
    }
    Ok(custom_section(text.as_bytes()))
}

fn port(token: &TokenTree) -> Result<String, Mistake> {
    let text = token.to_string();
    let name = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match name.filter(|name| !name.is_empty() && !name.contains(['\\', '\n'])) {
        Some(ERROR_PORT) => Err(Mistake::new(
            place(std::slice::from_ref(token)),
            "`error` is the port of dead letters",
        )),
        Some(name) => Ok(name.to_owned()),
        None => Err(no_name(token)),
    }
}

fn no_name(token: &TokenTree) -> Mistake {
    Mistake::new(
        place(std::slice::from_ref(token)),
        "expected the name of a port, such as `\"rest\"`",
    )
}

fn unknown(arguments: &[TokenTree]) -> Mistake {
    Mistake::new(
        place(arguments),
        "`#[torvyn::component]` takes nothing but `ports(\"…\", \"…\")`",
    )
}

fn custom_section(bytes: &[u8]) -> TokenStream {
    let (length, bytes) = (
        bytes.len(),
        bytes.iter().map(|byte| format!("{byte},")).collect::<String>(),
    );
    code(&format!(
        "#[cfg(target_family = \"wasm\")]
         const _: () = {{
             #[used]
             #[unsafe(link_section = \"{SECTION}\")]
             static PORTS: [u8; {length}] = [{bytes}];
         }};"
    ))
}
