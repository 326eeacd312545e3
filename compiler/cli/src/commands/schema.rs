//! `torvync schema`

use clap::Args;
use torvync_compiler::manifest::schema::json_schema;

use crate::output::Outcome;

/// Print the JSON schema of Torvyn.toml, for editors
#[derive(Args)]
pub(crate) struct Schema {}

impl Schema {
    pub(crate) fn exec(self) -> Outcome {
        let schema = json_schema();
        Outcome::success(format!("{schema:#}\n")).field("schema", schema)
    }
}
