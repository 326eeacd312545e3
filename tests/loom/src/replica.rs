//! Replicas of a flow, as in the runtime's module of that name.

#[path = "../../../runtime-core/src/replica/budget.rs"]
mod budget;
#[path = "../../../runtime-core/src/replica/shared.rs"]
mod shared;
#[path = "../../../runtime-core/src/replica/team.rs"]
mod team;

pub(crate) use budget::Standing;
pub use shared::Shared;
pub use team::Replica;
