//! Comparison of the component's code with its project. The words are the compiler's: a test compares them.

use crate::capability::{self, Name, Use, is_provided};
use crate::item::{Item, place};
use crate::manifest::{Node, Project};
use crate::mistake::{Mistake, listed};
use crate::role::{CONTRACTS, Role, are_compatible};

/// Words for a capability that no component gets.
const NOT_PROVIDED: &str = "this runtime does not implement it yet";

/// Every disagreement between the two.
pub(crate) fn all(item: &Item, project: &Project) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = contract_version(project).into_iter().collect();
    for node in &project.nodes {
        mistakes.extend(interface(item, project, node));
        mistakes.extend(config(item, project, node));
    }
    let uses = capability::uses(item.body.stream());
    let uses = uses.into_iter().chain(capability::imports(project));
    mistakes.extend(uses.filter_map(|needed| undeclared(project, needed)));
    mistakes
}

fn contract_version(project: &Project) -> Option<Mistake> {
    let targets = project.contract_version.as_ref()?;
    if are_compatible(&targets.text, CONTRACTS)? {
        return None;
    }
    let text = format!(
        "the project targets contracts {}, but the runtime supports {CONTRACTS}",
        targets.text
    );
    Some(Mistake::coded("E0201", place(&[]), &text).and("at", &targets.place))
}

fn interface(item: &Item, project: &Project, node: &Node) -> Option<Mistake> {
    let written = node.interface.as_ref()?;
    let (path, version) = match written.text.split_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (written.text.as_str(), None),
    };
    let at = (item.role_at, item.role_at);
    let name = &written.text;
    if path != item.role.interface {
        // `torvync check` reports names that are no interface.
        let text = format!("component `{}` does not export `{name}`", project.component);
        return Role::has_interface(path).then(|| {
            Mistake::coded("E0211", at, &text)
                .and("note", listed("exports", &item.role.exports()))
                .and("at", &written.place)
        });
    }
    if are_compatible(version?, CONTRACTS)? {
        return None;
    }
    let text = format!("the node expects `{name}`, but the component exports version {CONTRACTS}");
    Some(Mistake::coded("E0201", at, &text).and("at", &written.place))
}

fn config(item: &Item, project: &Project, node: &Node) -> Option<Mistake> {
    let written = node.config.as_ref().filter(|_| !item.takes_config())?;
    let text = format!("`config` has no effect: component `{}` takes none", project.component);
    Some(
        Mistake::coded("E0706", place(&item.component), &text)
            .and("at", written)
            .and(
                "help",
                "write `fn init(config: …) -> Result<Self, Error>`, or remove `config`",
            ),
    )
}

fn undeclared(project: &Project, needed: Use) -> Option<Mistake> {
    let named = |(text, wanted): &(String, bool)| Some((Name::of(text)?.members, *wanted));
    let declared: Vec<(&[&str], bool)> = project.capabilities.iter().filter_map(named).collect();
    let is_declared = |member: &str, as_wanted: bool| {
        let mut about = declared.iter().filter(|(members, _)| members.contains(&member));
        about.any(|(_, wanted)| *wanted == as_wanted)
    };
    let members = needed.members.iter().copied();
    let missing: Vec<&str> = members.filter(|member| !is_declared(member, true)).collect();
    if missing.is_empty() || needed.takes_one && missing.len() < needed.members.len() {
        return None;
    }
    let (component, key) = (&project.component, needed.key);
    let is_denied = missing.iter().any(|member| is_declared(member, false));
    let problem = if is_denied {
        "which the manifest declares as not needed"
    } else {
        "which the manifest does not declare"
    };
    let help = match (is_denied, is_provided(key)) {
        (true, true) => "set it to `true`, or remove the code that needs it".to_owned(),
        (true, false) => {
            format!("set it to `true` in `[capabilities.optional]`, or remove the code that needs it: {NOT_PROVIDED}")
        }
        (false, true) => format!("add `{key} = true` to `[capabilities.required]`"),
        (false, false) => format!("add `{key} = true` to `[capabilities.optional]`: {NOT_PROVIDED}"),
    };
    let text = format!("component `{component}` needs the capability `{key}`, {problem}");
    let mistake = Mistake::coded("E0103", needed.at, &text);
    let mistake = match &needed.place {
        Some(place) => mistake.and("at", place),
        None => mistake,
    };
    Some(mistake.and("help", help))
}
