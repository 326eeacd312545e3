//! What a scripted component does in each of its calls: `{"name": "n1", "script": "oox", "then": "o"}`.
//!
//! Call number k of an instance, counted from 0, does the k-th character of `script`; calls beyond its end do `then`.
//! Every role knows `i` invalid-input, `u` unavailable, `n` internal, `d` deadline-exceeded, `f` fatal and `t` trap.
//! The other characters are the role's own; `o` is always its ordinary answer.

use serde::Deserialize;
use torvyn::Error;

/// The config of a scripted component.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// How the component signs what it makes.
    pub name: String,
    #[serde(default)]
    script: String,
    #[serde(default = "ordinary")]
    then: char,
    /// A source ends after that many elements; 0: never.
    #[serde(default)]
    pub count: u64,
    /// How many results an aggregator's `flush` has.
    pub flush: Option<u64>,
    #[serde(skip)]
    calls: usize,
}

fn ordinary() -> char {
    'o'
}

impl Script {
    /// Reads the config of a component that knows the characters of `own`, besides those that every role knows.
    pub fn init(config: &str, own: &str) -> Result<Self, Error> {
        let script: Script = serde_json::from_str(config).map_err(Error::invalid_input)?;
        let unknown = |action: &char| !"iundft".contains(*action) && !own.contains(*action);
        match script.script.chars().chain([script.then]).find(unknown) {
            Some(action) => Err(Error::InvalidInput(format!("`{action}` is no action of this role"))),
            None => Ok(script),
        }
    }

    /// What this call is to do: one of the role's own characters. All others are done.
    pub fn act(&mut self) -> Result<char, Error> {
        let call = self.calls;
        self.calls += 1;
        let why = format!("call {call} of {}", self.name);
        match self.script.chars().nth(call).unwrap_or(self.then) {
            'i' => Err(Error::InvalidInput(why)),
            'u' => Err(Error::Unavailable(why)),
            'n' => Err(Error::Internal(why)),
            'd' => Err(Error::DeadlineExceeded),
            'f' => Err(Error::Fatal(why)),
            // Without a message on stderr, unlike a panic.
            't' => std::process::abort(),
            own => Ok(own),
        }
    }
}
