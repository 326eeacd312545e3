//! A line of a dpkg log as a record.
//!
//! The lines of `dpkg.log`, after date and time:
//!
//! ```text
//! install|upgrade|configure|trigproc|remove|purge|disappear PACKAGE:ARCH VERSION VERSION
//! status STATE PACKAGE:ARCH VERSION
//! conffile FILE DECISION
//! startup TYPE COMMAND
//! ```

use serde::Serialize;

/// One line of the log. Fields that its action doesn't have are left out; a version `<none>` is null.
#[derive(Serialize)]
pub struct Record<'a> {
    time: String,
    action: &'a str,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What<'a> {
    Change {
        #[serde(flatten)]
        package: Package<'a>,
        from: Option<&'a str>,
        to: Option<&'a str>,
    },
    Status {
        state: &'a str,
        #[serde(flatten)]
        package: Package<'a>,
        version: Option<&'a str>,
    },
    Conffile {
        file: &'a str,
        decision: &'a str,
    },
    Startup {
        kind: &'a str,
        command: &'a str,
    },
}

#[derive(Serialize)]
struct Package<'a> {
    package: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arch: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// `None` for a line in another format.
    pub fn parse(line: &'a str) -> Option<Self> {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (&[date, time, action], rest) = fields.split_first_chunk()?;
        Some(Record {
            time: format!("{date}T{time}"),
            action,
            what: What::parse(action, rest)?,
        })
    }
}

impl<'a> What<'a> {
    fn parse(action: &str, rest: &[&'a str]) -> Option<Self> {
        match (action, rest) {
            ("status", &[state, package, version_]) => Some(What::Status {
                state,
                package: Package::parse(package),
                version: version(version_),
            }),
            ("conffile", &[file, decision]) => Some(What::Conffile { file, decision }),
            ("startup", &[kind, command]) => Some(What::Startup { kind, command }),
            (_, &[package, from, to]) => Some(What::Change {
                package: Package::parse(package),
                from: version(from),
                to: version(to),
            }),
            _ => None,
        }
    }
}

impl<'a> Package<'a> {
    fn parse(text: &'a str) -> Self {
        match text.split_once(':') {
            Some((package, arch)) => Package {
                package,
                arch: Some(arch),
            },
            None => Package {
                package: text,
                arch: None,
            },
        }
    }
}

fn version(text: &str) -> Option<&str> {
    (text != "<none>").then_some(text)
}
