//! The scripted components of `tests/guests`, as the model sees them.

use crate::model::{Element, Fault};
use crate::shape::{Category, Role, Script};

/// A new payload.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) content_type: String,
    pub(crate) payload: String,
}

impl Output {
    fn text(payload: String) -> Self {
        Self {
            content_type: "text/plain".to_owned(),
            payload,
        }
    }

    pub(crate) fn numbered(self, sequence: u64) -> Element {
        Element {
            sequence,
            content_type: self.content_type,
            payload: self.payload,
        }
    }
}

/// Result of a successful call.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A new element, of a source, processor or aggregator.
    Element(Output),
    /// No element: a source has ended; a processor or aggregator has none this time.
    Nothing,
    /// The verdict of a filter.
    Verdict(bool),
    /// The ports named by a router.
    Ports(Vec<&'static str>),
    /// A sink took the element, and may ask for a pause.
    Taken { pause: bool },
}

/// An instance of a scripted component.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    name: String,
    role: Role,
    script: Script,
    calls: usize,
    emitted: u64,
    texts: Vec<String>,
}

impl Guest {
    pub(crate) fn new(name: &str, role: Role, script: &Script) -> Self {
        Self {
            name: name.to_owned(),
            role,
            script: script.clone(),
            calls: 0,
            emitted: 0,
            texts: Vec::new(),
        }
    }

    /// Starts a new instance.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(&self.name, self.role, &self.script);
    }

    /// Calls the function of the role. A source has no `input`. A sink adds a line to `lines`.
    pub(crate) fn call(&mut self, input: Option<&Element>, lines: &mut Vec<String>) -> Result<Reply, Fault> {
        if self.role == Role::Source && self.script.count != 0 && self.emitted == self.script.count {
            return Ok(Reply::Nothing);
        }
        let letter = self.script.script.chars().nth(self.calls).unwrap_or(self.script.then);
        self.calls += 1;
        match letter {
            'i' => Err(Fault::Reported(Category::InvalidInput)),
            'u' => Err(Fault::Reported(Category::Unavailable)),
            'n' => Err(Fault::Reported(Category::Internal)),
            'd' => Err(Fault::Reported(Category::DeadlineExceeded)),
            'f' => Err(Fault::Fatal),
            't' => Err(Fault::Trap),
            _ => Ok(self.succeed(letter, input, lines)),
        }
    }

    fn succeed(&mut self, letter: char, input: Option<&Element>, lines: &mut Vec<String>) -> Reply {
        let text = |input: Option<&Element>| input.expect("only sources have no input").payload.clone();
        match (self.role, letter) {
            (Role::Source, 'o') => {
                self.emitted += 1;
                Reply::Element(Output::text(format!("{}:{}", self.name, self.emitted - 1)))
            }
            (Role::Source, 'e') | (Role::Processor, 'x') => Reply::Nothing,
            (Role::Processor, 'o') => Reply::Element(Output {
                content_type: format!("text/x-{}", self.name),
                payload: format!("{}.{}", text(input), self.name),
            }),
            (Role::Processor, 'b') => Reply::Element(Output {
                content_type: format!("text/x-{}", self.name),
                payload: "B".repeat(2_000),
            }),
            (Role::Filter, 'o') => Reply::Verdict(true),
            (Role::Filter, 'x') => Reply::Verdict(false),
            (Role::Router, '0') => Reply::Ports(vec![]),
            (Role::Router, '1' | 'o') => Reply::Ports(vec!["a"]),
            (Role::Router, '2') => Reply::Ports(vec!["b"]),
            (Role::Router, '3') => Reply::Ports(vec!["b", "a"]),
            (Role::Router, '4') => Reply::Ports(vec!["zzz"]),
            (Role::Router, '7') => Reply::Ports(vec!["a", "a"]),
            (Role::Aggregator, 'o') => {
                self.texts.push(text(input));
                Reply::Nothing
            }
            (Role::Aggregator, 'e') => {
                self.texts.push(text(input));
                Reply::Element(Output::text(std::mem::take(&mut self.texts).join("+")))
            }
            (Role::Sink, 'o' | 'p') => {
                lines.push(self.line(input.expect("only sources have no input")));
                Reply::Taken { pause: letter == 'p' }
            }
            (role, letter) => panic!("a {} does not know `{letter}`", role.as_str()),
        }
    }

    fn line(&self, element: &Element) -> String {
        let content_type = match element.content_type.as_str() {
            "" => "-",
            content_type => content_type,
        };
        format!("{} {} {content_type} {}", self.name, element.sequence, element.payload)
    }

    /// The results of an aggregator's `flush`.
    pub(crate) fn flush(&self) -> Vec<Output> {
        let results = self.script.flush.unwrap_or(u64::from(!self.texts.is_empty()));
        (0..results)
            .map(|result| Output::text(format!("{}!{result}", self.name)))
            .collect()
    }

    /// Runs a sink's `complete`.
    pub(crate) fn complete(&self, lines: &mut Vec<String>) {
        lines.push(format!("{} complete", self.name));
    }
}
