//! The contracts as Rust types, generated from `wit/` at compile time.

/// Resource type `torvyn:streaming/types.buffer`; the representation is a `BufferId`.
#[derive(Debug)]
pub struct Buffer;
/// Resource type `torvyn:streaming/types.mutable-buffer`; the representation is a `BufferId`.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "generated code has it under another name")]
pub struct MutableBuffer;
/// Resource type `torvyn:streaming/types.flow-context`; a store has one, so the representation is 0.
#[derive(Debug)]
pub struct FlowContext;

mod generated {
    wasmtime::component::bindgen!({
        path: ["../wit/torvyn-streaming", "../wit/torvyn-filtering", "../wit/torvyn-aggregation"],
        inline: "
            package torvyn:host;
            world stages {
                import torvyn:streaming/types@0.1.0;
                export torvyn:streaming/source@0.1.0;
                export torvyn:streaming/processor@0.1.0;
                export torvyn:streaming/sink@0.1.0;
                export torvyn:streaming/lifecycle@0.1.0;
                export torvyn:filtering/filter@0.1.0;
                export torvyn:filtering/router@0.1.0;
                export torvyn:aggregation/aggregator@0.1.0;
            }
        ",
        with: {
            "torvyn:streaming/types.buffer": crate::crossing::component::contract::Buffer,
            "torvyn:streaming/types.mutable-buffer": crate::crossing::component::contract::MutableBuffer,
            "torvyn:streaming/types.flow-context": crate::crossing::component::contract::FlowContext,
        },
        imports: { default: trappable },
    });
}

pub(crate) use generated::exports;
pub(crate) use generated::torvyn::streaming::types;
