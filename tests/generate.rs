//! Projects of any size that resemble real ones: one flow with fan-out, fan-in and routers; components with `wit/`
//! folders of their own and vendored contracts; configuration, policies, limits and grants.
//!
//! Equal arguments make equal projects, and `check` reports nothing about them.

use std::fmt::Write as _;

use fastrand::Rng;
use torvync_compiler::contract::canonical;

/// Nodes for each component, so that components are used several times.
const NODES_PER_COMPONENT: usize = 4;

/// Role of a node, with its interface and its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Source,
    Processor,
    Filter,
    Router,
    Aggregator,
    Sink,
}

impl Role {
    fn interface(self) -> &'static str {
        match self {
            Role::Source => "torvyn:streaming/source",
            Role::Processor => "torvyn:streaming/processor",
            Role::Filter => "torvyn:filtering/filter",
            Role::Router => "torvyn:filtering/router",
            Role::Aggregator => "torvyn:aggregation/aggregator",
            Role::Sink => "torvyn:streaming/sink",
        }
    }
}

/// The files of a project with this number of nodes and edges per node: path and text, `Torvyn.toml` first.
pub(crate) fn project(nodes: usize, edges_per_node: usize, seed: u64) -> Vec<(String, String)> {
    assert!(nodes >= 4, "a source, two stages and a sink");
    let mut rng = Rng::with_seed(seed);
    let roles = roles(nodes, &mut rng);
    let components = components(&roles);
    let mut manifest = head(nodes);
    for component in &components {
        manifest.push_str(&component.declaration());
    }
    let edges = edges(&roles, nodes * edges_per_node, &mut rng);
    for (id, role) in roles.iter().enumerate() {
        manifest.push_str(&node(id, *role, &components, &mut rng));
        if drops(id, *role) && edges.iter().filter(|(from, _)| *from == id).count() > 1 {
            manifest.push_str("fan_out = \"independent\"\n");
        }
        manifest.push('\n');
    }
    for (from, to) in edges {
        manifest.push_str(&edge(from, to, roles[from], &mut rng));
    }
    let mut files = vec![("Torvyn.toml".to_owned(), manifest)];
    files.extend(components.iter().flat_map(Component::files));
    files
}

/// Roles in an order with sources first and sinks last, so that every edge can lead forward.
fn roles(nodes: usize, rng: &mut Rng) -> Vec<Role> {
    let ends = (nodes / 20).max(1);
    let inner = [
        Role::Processor,
        Role::Processor,
        Role::Filter,
        Role::Router,
        Role::Aggregator,
    ];
    (0..nodes)
        .map(|id| match id {
            id if id < ends => Role::Source,
            id if id >= nodes - ends => Role::Sink,
            _ => inner[rng.usize(..inner.len())],
        })
        .collect()
}

struct Component {
    name: String,
    role: Role,
}

/// Enough components for every role that occurs.
fn components(roles: &[Role]) -> Vec<Component> {
    let all = [
        Role::Source,
        Role::Processor,
        Role::Filter,
        Role::Router,
        Role::Aggregator,
        Role::Sink,
    ];
    let mut components = Vec::new();
    for role in all {
        let users = roles.iter().filter(|other| **other == role).count();
        for number in 0..users.div_ceil(NODES_PER_COMPONENT) {
            let word = role.interface().rsplit('/').next().expect("a name");
            let name = format!("{word}-{number}");
            components.push(Component { name, role });
        }
    }
    components
}

impl Component {
    fn declaration(&self) -> String {
        let name = &self.name;
        format!(
            "[[component]]\nname = \"{name}\"\npath = \"components/{name}\"\nlanguage = \"rust\"\n\n\
             [security.grants.{name}]\ncapabilities = [\"wasi:clocks/wall-clock\", \"wasi:random/random\"]\n\n"
        )
    }

    fn files(&self) -> Vec<(String, String)> {
        let (name, interface) = (&self.name, self.role.interface());
        let folder = format!("components/{name}");
        let world = format!(
            "package acme:{name}@1.0.0;\n\n/// What the stage is told when it starts.\ninterface settings {{\n    \
             record threshold {{ name: string, value: f64, tags: list<string> }}\n    \
             variant action {{ keep, discard, rename(string), split(list<threshold>) }}\n    \
             settings: func() -> list<threshold>;\n}}\n\nworld {name} {{\n    \
             import torvyn:streaming/types@0.1.0;\n    import torvyn:streaming/buffer-allocator@0.1.0;\n    \
             export {interface}@0.1.0;\n    \
             export torvyn:streaming/lifecycle@0.1.0;\n}}\n"
        );
        let mut files = vec![
            (
                format!("{folder}/Cargo.toml"),
                format!("[package]\nname = \"{name}\"\n"),
            ),
            (format!("{folder}/wit/world.wit"), world),
        ];
        let vendored = canonical().iter();
        files.extend(vendored.map(|(path, text)| (format!("{folder}/wit/deps/{path}"), (*text).to_owned())));
        files
    }
}

fn head(nodes: usize) -> String {
    format!(
        "[torvyn]\nname = \"generated-{nodes}\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n\
         description = \"{nodes} stages in one flow\"\n\n[runtime]\nworker_threads = 4\n\n\
         [runtime.backpressure]\ndefault_policy = \"block\"\n\n\
         [flow.main]\ndescription = \"Everything\"\ndefault_queue_depth = 8\n\n"
    )
}

fn node(id: usize, role: Role, components: &[Component], rng: &mut Rng) -> String {
    let fitting: Vec<&Component> = components.iter().filter(|component| component.role == role).collect();
    let component = &fitting[rng.usize(..fitting.len())].name;
    let interface = role.interface();
    let mut text = format!(
        "[flow.main.nodes.n{id}]\ncomponent = \"{component}\"\ninterface = \"{interface}\"\n\
         config = {{ name = \"n{id}\", threshold = {}, tags = [\"a\", \"b\"], nested = {{ on = true }} }}\n",
        rng.u32(..100)
    );
    if id.is_multiple_of(3) {
        text.push_str("limits = { max_memory = \"32MiB\", invocation_timeout_ms = 500 }\n");
    }
    if id.is_multiple_of(5) && role != Role::Source {
        text.push_str("on_error = { invalid-input = \"skip\", default = { retry = { max = 2, backoff_ms = 10 } } }\n");
    }
    text
}

/// Whether the output streams of the node may lose elements.
fn drops(id: usize, role: Role) -> bool {
    id.is_multiple_of(2) && role != Role::Router && role != Role::Sink
}

/// Edges: first those that each role needs, then any others, none twice.
fn edges(roles: &[Role], count: usize, rng: &mut Rng) -> Vec<(usize, usize)> {
    let sources = roles.iter().filter(|role| **role == Role::Source).count();
    let sinks = roles.iter().position(|role| *role == Role::Sink).unwrap_or(roles.len());
    // Nearby nodes: a pipeline, not a tangle.
    let before = |to: usize, rng: &mut Rng| {
        let last = to.min(sinks);
        rng.usize(last.saturating_sub(12)..last)
    };
    let mut edges: Vec<(usize, usize)> = (sources..roles.len()).map(|to| (before(to, rng), to)).collect();
    for from in 0..sinks {
        if !edges.iter().any(|edge| edge.0 == from) {
            let first = (from + 1).max(sources);
            edges.push((from, rng.usize(first..(first + 12).min(roles.len()))));
        }
    }
    let mut tries = 0;
    while edges.len() < count && tries < 20 * count {
        tries += 1;
        let to = rng.usize(sources..roles.len());
        let edge = (before(to, rng), to);
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    }
    edges
}

fn edge(from: usize, to: usize, role: Role, rng: &mut Rng) -> String {
    let port = match role {
        Role::Router => format!("port-{}", to % 3),
        Role::Source | Role::Processor | Role::Filter | Role::Aggregator | Role::Sink => "output".to_owned(),
    };
    let mut text = format!(
        "[[flow.main.edges]]\nfrom = {{ node = \"n{from}\", port = \"{port}\" }}\n\
         to = {{ node = \"n{to}\", port = \"input\" }}\n"
    );
    let policy = if drops(from, role) { "drop-oldest" } else { "block" };
    if rng.u8(..4) == 0 {
        writeln!(text, "backpressure = {{ queue_depth = 16, policy = \"{policy}\" }}").expect("a String takes all");
    }
    text + "\n"
}
