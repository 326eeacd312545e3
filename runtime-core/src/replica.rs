//! Replicas of a flow: parallel runs, each with its own stages and buffers, that divide the elements of the flow's
//! sources or the ports of a router.

mod budget;
mod shared;
mod team;

pub(crate) use budget::Standing;
pub(crate) use shared::Shared;
pub(crate) use team::Replica;

impl Replica {
    /// Whether this replica handles the elements for the router's port with this number, where ports are divided.
    pub(crate) fn has_port(&self, port: usize) -> bool {
        port % self.count() == self.number as usize
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::executor::Group;

    fn team(count: usize, limit: Option<u64>) -> Vec<Replica> {
        let group = Group::new(count);
        Replica::team((0..count).map(|task| group.waker(task)).collect(), limit)
    }

    #[test]
    fn a_configuration_names_the_replica() {
        let team = team(3, None);
        let filled = team[2].fill("part {replica} of {replicas}, {Replica} {replica}");
        assert_eq!(filled, "part 2 of 3, {Replica} 2");
        assert_eq!(Replica::alone().fill("{replica}/{replicas}"), "0/1");
        let path = OsStr::from_bytes(b"\xff{replica}\xfe of {replicas}");
        assert_eq!(
            team[2].fill_path(Path::new(path)).as_os_str().as_bytes(),
            b"\xff2\xfe of 3"
        );
    }

    #[test]
    fn elements_pass_when_all_are_prepared() {
        let team = team(2, None);
        team[1].prepared();
        assert!(!team[0].may_begin() && !team[1].may_begin());
        team[0].prepared();
        assert!(team[0].may_begin() && team[1].may_begin());
    }

    #[test]
    fn a_failure_is_everyones() {
        let team = team(2, None);
        assert!(!team[1].has_failed());
        team[0].fail();
        assert!(team[1].has_failed());
    }

    #[test]
    fn a_source_shares_with_itself_only() {
        let team = team(2, None);
        let shared = |replica: &Replica, position| replica.shared(position).expect("there are several replicas");
        assert!(Arc::ptr_eq(&shared(&team[0], 4), &shared(&team[1], 4)));
        assert!(!Arc::ptr_eq(&shared(&team[0], 4), &shared(&team[0], 5)));
        assert!(Replica::alone().shared(4).is_none());
    }

    #[test]
    fn every_port_has_one_replica() {
        for count in 1..5 {
            let team = team(count, None);
            for port in 0..9 {
                assert_eq!(team.iter().filter(|replica| replica.has_port(port)).count(), 1);
            }
        }
    }
}
