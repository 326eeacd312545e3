//! Flows as text of `Torvyn.toml`. Settings that equal a default are left out.

use crate::model::{MAX_RESTARTS, SINK_PAUSE_MS};
use crate::shape::{Action, Category, EdgeShape, FanOut, LastResort, Merge, NodeShape, OnError, Policy, Role, Shape};

/// The manifest of a project with these flows. Calls have more time than any machine needs: the model knows no call
/// deadlines.
pub(crate) fn manifest(shapes: &[Shape]) -> String {
    let mut text = format!(
        "[torvyn]\nname = \"semantics\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\n\
         [runtime]\ninvocation_timeout_ms = 60000\ncomponent_init_timeout_ms = 60000\n\
         component_teardown_timeout_ms = 60000\nmax_restarts = {MAX_RESTARTS}\nsink_pause_ms = {SINK_PAUSE_MS}\n",
    );
    for role in Role::ALL.map(Role::as_str) {
        text += &format!("\n[[component]]\nname = \"scripted-{role}\"\nwasm = \"guests/scripted_{role}.wasm\"\n");
    }
    for shape in shapes {
        text += "\n";
        text += &shape.to_toml();
    }
    text
}

impl Shape {
    /// As a section of `Torvyn.toml`.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = format!("[flow.{}]\n", self.name);
        for node in &self.nodes {
            text += &node.to_toml();
        }
        text += "edges = [\n";
        for edge in &self.edges {
            text += &edge.to_toml(&self.nodes);
        }
        text + "]\n"
    }
}

impl NodeShape {
    fn to_toml(&self) -> String {
        let mut keys = vec![format!("component = \"scripted-{}\"", self.role.as_str())];
        if self.on_error != OnError::TERMINATE {
            keys.push(format!("on_error = {}", self.on_error.to_toml()));
        }
        if self.merge == Merge::Priority {
            keys.push("merge = \"priority\"".to_owned());
        }
        if self.fan_out == FanOut::Independent {
            keys.push("fan_out = \"independent\"".to_owned());
        }
        format!("nodes.{} = {{ {} }}\n", self.name, keys.join(", "))
    }
}

impl EdgeShape {
    fn to_toml(&self, nodes: &[NodeShape]) -> String {
        let (from, to) = (&nodes[self.from].name, &nodes[self.to].name);
        let mut pressure = vec![format!("queue_depth = {}", self.depth)];
        if self.policy != Policy::Block {
            pressure.push(format!("policy = \"{}\"", self.policy.as_str()));
        }
        if let Policy::RateLimit(per_second) = self.policy {
            pressure.push(format!("max_elements_per_second = {per_second}"));
        }
        if self.low_watermark_ratio != 0.5 {
            pressure.push(format!("low_watermark_ratio = {:?}", self.low_watermark_ratio));
        }
        let mut keys = vec![
            format!("from = {{ node = \"{from}\", port = \"{}\" }}", self.port),
            format!("to = {{ node = \"{to}\", port = \"input\" }}"),
            format!("backpressure = {{ {} }}", pressure.join(", ")),
        ];
        if self.rank != 0 {
            keys.push(format!("priority = {}", self.rank));
        }
        if let Some(bytes) = self.max_element_bytes {
            keys.push(format!("max_element_size = \"{bytes}B\""));
        }
        format!("    {{ {} }},\n", keys.join(", "))
    }
}

impl OnError {
    /// The policy as TOML: one action for all categories, or a table in which the last category is the default.
    fn to_toml(self) -> String {
        let default = self.0[3];
        if self.0.iter().all(|action| *action == default) {
            return default.to_toml();
        }
        let own = Category::ALL
            .into_iter()
            .filter(|category| self.of(*category) != default);
        let mut keys: Vec<String> = own
            .map(|category| format!("{} = {}", category.as_str(), self.of(category).to_toml()))
            .collect();
        if default != Action::TERMINATE {
            keys.push(format!("default = {}", default.to_toml()));
        }
        format!("{{ {} }}", keys.join(", "))
    }
}

impl Action {
    fn to_toml(self) -> String {
        let (max, backoff_ms, then) = match self {
            Action::Now(last) => return format!("\"{}\"", last.as_str()),
            Action::Retry { max, backoff_ms, then } => (max, backoff_ms, then),
        };
        let mut keys = Vec::new();
        if max != 3 {
            keys.push(format!("max = {max}"));
        }
        if backoff_ms != 100 {
            keys.push(format!("backoff_ms = {backoff_ms}"));
        }
        if then != LastResort::Terminate {
            keys.push(format!("then = \"{}\"", then.as_str()));
        }
        match keys.is_empty() {
            true => "\"retry\"".to_owned(),
            false => format!("{{ retry = {{ {} }} }}", keys.join(", ")),
        }
    }
}
