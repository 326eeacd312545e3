use std::sync::LazyLock;

use wasmtime::Config;

use super::*;
use crate::layout::node;
use crate::limits::{StageLimits, TierSize};
use crate::policy::NodePolicies;
use crate::role::Role;

mod layout;

/// A stage with limits on its buffers: largest buffer, and bytes owned at once.
pub(crate) fn node(max_buffer_bytes: u64, buffer_budget_bytes: u64) -> NodePlan {
    NodePlan {
        name: "stage",
        role: Role::Processor,
        component: "component",
        config: "",
        path: "",
        lifecycle: false,
        inputs: &[],
        outputs: &[],
        dead_letters: &[],
        policies: NodePolicies::DEFAULT,
        capabilities: &[],
        own_thread: false,
        on_core: false,
        limits: StageLimits {
            memory_bytes: 0,
            invocation_timeout_ms: 0,
            init_timeout_ms: 0,
            teardown_timeout_ms: 0,
            fuel: 0,
            max_buffer_bytes,
            buffer_budget_bytes,
        },
    }
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(Config::new().shared_memory(true)).unwrap());

fn plan(slots: u32, fallback_bytes: u64) -> PoolPlan {
    let tier = |slot_bytes| TierSize { slot_bytes, slots };
    PoolPlan {
        tiers: [tier(256), tier(4096), tier(65_536), tier(1 << 20)],
        fallback_bytes,
        max_buffer_bytes: 2 << 20,
    }
}

/// Two stages: the second may own 600 bytes, in buffers up to 300.
fn nodes() -> [NodePlan; 2] {
    [node(4 << 20, u64::MAX >> 1), node(300, 600)]
}

/// A pool whose tiers have `slots` slots each, in a memory of its own.
fn pool(slots: u32, fallback_bytes: u64) -> BufferPool {
    BufferPool::new(&plan(slots, fallback_bytes), &nodes()).expect("there is memory")
}

/// The same in a memory that glue can access; the second stage is on a core path.
fn shared_pool(slots: u32, fallback_bytes: u64) -> BufferPool {
    let plan = plan(slots, fallback_bytes);
    BufferPool::shared(&ENGINE, &plan, &nodes(), "flow", &[false, true]).unwrap()
}

/// Two pools, one for each kind of memory.
fn both(slots: u32, fallback_bytes: u64) -> [BufferPool; 2] {
    [pool(slots, fallback_bytes), shared_pool(slots, fallback_bytes)]
}

fn held_bytes(pool: &BufferPool, node: usize) -> u64 {
    pool.memory.u64(pool.node_base(node) + node::HELD_BYTES)
}

fn state_of(pool: &BufferPool, id: BufferId) -> u32 {
    pool.get(Slot::of(id), slot::STATE)
}

/// A buffer in transit that holds `contents`.
fn in_transit(pool: &mut BufferPool, contents: &[u8]) -> BufferId {
    let draft = pool.allocate(contents.len() as u64).unwrap();
    pool.append(draft, contents).unwrap();
    let owned = pool.freeze(draft).unwrap();
    pool.take_over(owned).unwrap();
    owned
}

#[test]
fn contents_survive_freeze_and_fan_out() {
    for mut pool in both(2, 0) {
        let draft = pool.allocate(5).unwrap();
        pool.append(draft, b"hello").unwrap();
        pool.write(draft, 0, b"J").unwrap();
        let frozen = pool.freeze(draft).unwrap();
        pool.take_over(frozen).unwrap();
        pool.retain(frozen, 1).unwrap();
        pool.release(frozen).unwrap();
        assert_eq!(pool.contents(frozen), Ok(&b"Jello"[..]));
        pool.release(frozen).unwrap();
        assert_eq!(pool.contents(frozen), Err(BufferError::Stale));
        assert_eq!(pool.live(), 0);
    }
}

#[test]
fn a_reused_slot_does_not_answer_to_its_old_id() {
    for mut pool in both(1, 0) {
        let first = pool.allocate(1).unwrap();
        pool.drop_owned(first).unwrap();
        let second = pool.allocate(1).unwrap();
        assert_ne!(first, second);
        assert_eq!(pool.append(first, b"x"), Err(BufferError::Stale));
        assert_eq!(pool.append(second, b"x"), Ok(()));
    }
}

#[test]
fn writes_outside_the_capacity_change_nothing() {
    for mut pool in both(1, 0) {
        let draft = pool.allocate(256).unwrap();
        pool.append(draft, &[7; 250]).unwrap();
        assert_eq!(pool.append(draft, &[8; 7]), Err(BufferError::CapacityExceeded));
        assert_eq!(pool.write(draft, 251, b"x"), Err(BufferError::OutOfBounds));
        assert_eq!(pool.write(draft, u64::MAX, b"x"), Err(BufferError::OutOfBounds));
        assert_eq!(pool.extent(draft), Ok((250, 256)));
    }
}

#[test]
fn an_empty_tier_falls_back_within_the_budget() {
    for mut pool in both(1, 256) {
        let pooled = pool.allocate(10).unwrap();
        let heap = pool.allocate(10).unwrap();
        assert_eq!(pool.allocate(10), Err(BufferError::Exhausted));
        assert_eq!(pool.stats().fallback, 1);
        pool.drop_owned(heap).unwrap();
        let again = pool.allocate(10).unwrap();
        pool.drop_owned(again).unwrap();
        pool.drop_owned(pooled).unwrap();
        assert_eq!((pool.live(), pool.stats().peak_live), (0, 2));
    }
}

#[test]
fn a_buffer_above_the_largest_size_is_refused() {
    for mut pool in both(1, u64::MAX) {
        assert_eq!(pool.allocate((2 << 20) + 1), Err(BufferError::TooLarge(2 << 20)));
        assert_eq!(pool.allocate(u64::MAX), Err(BufferError::TooLarge(2 << 20)));
        pool.begin_call(1);
        assert_eq!(
            pool.allocate(301),
            Err(BufferError::TooLarge(300)),
            "the stage's own limit"
        );
    }
}

#[test]
fn a_stage_owns_no_more_than_its_budget() {
    for mut pool in both(4, 0) {
        pool.begin_call(1);
        let first = pool.allocate(100).unwrap();
        let second = pool.allocate(100).unwrap();
        assert_eq!(
            pool.allocate(100),
            Err(BufferError::OverBudget(600)),
            "slots count as a whole"
        );
        let frozen = pool.freeze(first).unwrap();
        assert_eq!(held_bytes(&pool, 1), 512);
        pool.take_over(frozen).unwrap();
        assert_eq!(held_bytes(&pool, 1), 256, "what left is not its own");
        assert!(pool.allocate(100).is_ok());
        pool.drop_owned(second).unwrap();
        pool.end_call();
        assert!(pool.allocate(100).is_ok(), "the flow itself has no budget");
    }
}

#[test]
fn what_a_dead_stage_owned_comes_back() {
    for mut pool in both(4, 0) {
        pool.begin_call(1);
        let _forgotten = pool.allocate(1).unwrap();
        let draft = pool.allocate(1).unwrap();
        let _finished = pool.freeze(draft).unwrap();
        pool.end_call();
        let kept = in_transit(&mut pool, b"kept");
        assert_eq!((pool.reclaim(1), pool.reclaim(1), pool.live()), (2, 0, 1));
        assert_eq!(held_bytes(&pool, 1), 0);
        assert_eq!(pool.contents(kept), Ok(&b"kept"[..]));
    }
}

/// Names of all operations on a buffer.
const ACTIONS: [&str; 9] = [
    "write",
    "freeze",
    "take_over",
    "lend",
    "end_loan",
    "retain",
    "release",
    "drop_owned",
    "contents",
];

/// Brings a buffer of stage 0 into a state.
fn in_state(pool: &mut BufferPool, state: State) -> BufferId {
    pool.begin_call(0);
    let draft = pool.allocate(4).unwrap();
    if state == State::Draft {
        return draft;
    }
    if state == State::Pooled {
        pool.drop_owned(draft).unwrap();
        return draft;
    }
    let owned = pool.freeze(draft).unwrap();
    if state == State::Owned {
        return owned;
    }
    pool.take_over(owned).unwrap();
    if state == State::Borrowed {
        pool.lend(owned).unwrap();
    }
    owned
}

fn act(pool: &mut BufferPool, action: &str, id: BufferId) -> Result<(), BufferError> {
    match action {
        "write" => pool.append(id, b"x"),
        "freeze" => pool.freeze(id).map(|_| ()),
        "take_over" => pool.take_over(id),
        "lend" => pool.lend(id),
        "end_loan" => pool.end_loan(id),
        "retain" => pool.retain(id, 1),
        "release" => pool.release(id),
        "drop_owned" => pool.drop_owned(id),
        "contents" => pool.contents(id).map(|_| ()),
        other => unreachable!("{other} is no action"),
    }
}

#[test]
fn each_state_allows_exactly_these_actions() {
    let allowed: [(State, &[&str]); 5] = [
        (State::Pooled, &[]),
        (State::Draft, &["write", "freeze", "drop_owned"]),
        (State::Owned, &["take_over", "drop_owned", "contents"]),
        (State::Transit, &["lend", "retain", "release", "contents"]),
        (State::Borrowed, &["end_loan", "contents"]),
    ];
    for (state, allowed) in allowed {
        for action in ACTIONS {
            for pool in both(1, 0) {
                check_action(pool, state, action, allowed.contains(&action));
            }
        }
    }
}

fn check_action(mut pool: BufferPool, state: State, action: &str, is_allowed: bool) {
    let id = in_state(&mut pool, state);
    let before = state_of(&pool, id);
    let done = act(&mut pool, action, id);
    assert_eq!(done.is_ok(), is_allowed, "{action} of a buffer that is {state:?}");
    if let Err(error) = done {
        let expected = if (state, action) == (State::Borrowed, "release") {
            BufferError::Borrowed
        } else {
            BufferError::Stale
        };
        assert_eq!(error, expected, "{action} of a buffer that is {state:?}");
        assert_eq!(state_of(&pool, id), before, "a refused {action} changes nothing");
    }
}

#[test]
fn nobody_takes_or_drops_what_another_stage_owns() {
    for state in [State::Draft, State::Owned] {
        for mut pool in both(1, 0) {
            let id = in_state(&mut pool, state);
            pool.begin_call(1);
            assert_eq!(pool.drop_owned(id), Err(BufferError::NotOwner));
            if state == State::Owned {
                assert_eq!(pool.take_over(id), Err(BufferError::NotOwner));
            }
            assert_eq!(pool.live(), 1);
        }
    }
}

#[test]
fn buffers_move_between_pools_without_a_copy() {
    let mut from = pool(0, 4096);
    let draft = from.allocate(300).unwrap();
    from.append(draft, &[7; 300]).unwrap();
    let frozen = from.freeze(draft).unwrap();
    from.take_over(frozen).unwrap();
    let bytes = from.export(frozen).unwrap();
    let address = bytes.as_ptr();
    assert_eq!((bytes.len(), from.live()), (300, 0));

    let mut to = pool(0, 300);
    let adopted = to.adopt(bytes, "a/b").unwrap();
    assert_eq!(to.contents(adopted).unwrap().as_ptr(), address);
    assert_eq!(to.adopt(vec![0], ""), Err(BufferError::Exhausted), "within the budget");
    to.release(adopted).unwrap();
    assert!(to.adopt(vec![0; 300], "").is_ok());
}

#[test]
fn a_bound_of_the_manifest_is_named() {
    let mut pool = pool(1, 0).naming_bounds(3, 10);
    let refusal = pool.refuse(BufferError::Exhausted, 100);
    assert!(
        refusal.words.contains("that `small_pool_size` allows is in use"),
        "{}",
        refusal.words
    );
    assert!(refusal.help.starts_with("raise `small_pool_size`"), "{}", refusal.help);
}
