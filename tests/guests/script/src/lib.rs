//! The actions of a scripted component, call by call: `{"name": "n1", "script": "oox", "then": "o"}`.
//!
//! Call number k of an instance, counted from 0, does the k-th character of `script`; later calls do `then`. Every role
//! knows `i` invalid-input, `u` unavailable, `n` internal, `d` deadline-exceeded, `f` fatal and `t` trap. Other
//! characters belong to the role; `o` is always its ordinary answer.

use serde::Deserialize;
use torvyn::Error;

/// The config of a scripted component.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Name that the component writes into its output.
    pub name: String,
    #[serde(default)]
    script: String,
    #[serde(default = "ordinary")]
    then: char,
    /// Number of elements after which a source ends; 0: never.
    #[serde(default)]
    pub count: u64,
    /// Number of results of an aggregator's `flush`.
    pub flush: Option<u64>,
    #[serde(skip)]
    calls: usize,
}

fn ordinary() -> char {
    'o'
}

impl Script {
    /// Parses the config of a component that knows the characters of `own`, besides those of every role.
    pub fn init(config: &str, own: &str) -> Result<Self, Error> {
        let script: Script = serde_json::from_str(config).map_err(Error::invalid_input)?;
        let unknown = |action: &char| !"iundft".contains(*action) && !own.contains(*action);
        match script.script.chars().chain([script.then]).find(unknown) {
            Some(action) => Err(Error::InvalidInput(format!("`{action}` is no action of this role"))),
            None => Ok(script),
        }
    }

    /// The action of this call, if it is one of the role's own characters; all others are carried out here.
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
            // Without a message on standard error, unlike a panic.
            't' => std::process::abort(),
            own => Ok(own),
        }
    }
}
