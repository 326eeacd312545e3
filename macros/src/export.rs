//! The component's exports, made from a role.

use std::cell::RefCell;

use crate::bindings::exports::torvyn::aggregation::aggregator;
use crate::bindings::exports::torvyn::filtering::{filter, router};
use crate::bindings::exports::torvyn::streaming::{lifecycle, processor, sink, source};
use crate::bindings::torvyn::streaming::types::{
    BackpressureSignal, OutputElement, ProcessError, ProcessResult, StreamElement,
};
use crate::element::Element;
use crate::error::Error;
use crate::role::{Aggregator, Filter, Processor, Router, Signal, Sink, Source};

/// Makes a type the component's one instance, in the named role.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($component:ty: Source) => {
        $crate::__export_instance!(
            $component,
            Source,
            __world_source,
            __export_torvyn_streaming_source_0_1_0_cabi,
            torvyn::streaming::source
        );
    };
    ($component:ty: Processor) => {
        $crate::__export_instance!(
            $component,
            Processor,
            __world_processor,
            __export_torvyn_streaming_processor_0_1_0_cabi,
            torvyn::streaming::processor
        );
    };
    ($component:ty: Filter) => {
        $crate::__export_instance!(
            $component,
            Filter,
            __world_filter,
            __export_torvyn_filtering_filter_0_1_0_cabi,
            torvyn::filtering::filter
        );
    };
    ($component:ty: Router) => {
        $crate::__export_instance!(
            $component,
            Router,
            __world_router,
            __export_torvyn_filtering_router_0_1_0_cabi,
            torvyn::filtering::router
        );
    };
    ($component:ty: Aggregator) => {
        $crate::__export_instance!(
            $component,
            Aggregator,
            __world_aggregator,
            __export_torvyn_aggregation_aggregator_0_1_0_cabi,
            torvyn::aggregation::aggregator
        );
    };
    ($component:ty: Sink) => {
        $crate::__export_instance!(
            $component,
            Sink,
            __world_sink,
            __export_torvyn_streaming_sink_0_1_0_cabi,
            torvyn::streaming::sink
        );
    };
}

/// The part of [`__export!`] common to all roles.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_instance {
    ($component:ty, $role:ident, $world:ident, $cabi:ident, $($interface:ident)::+) => {
        const _: () = {
            ::std::thread_local! {
                static SLOT: $crate::__private::Slot<$component> = const { $crate::__private::Slot::new() };
            }

            struct Instance;

            impl $crate::__private::Instance for Instance {
                type Component = $component;

                fn init(config: &str) -> ::core::result::Result<$component, $crate::Error> {
                    let config = $crate::Configuration::read(config)?;
                    <$component as $crate::$role>::init(config)
                }

                fn teardown(component: $component) {
                    <$component as $crate::$role>::teardown(component);
                }

                fn slot() -> &'static ::std::thread::LocalKey<$crate::__private::Slot<$component>> {
                    &SLOT
                }
            }

            $crate::$cabi!(Instance with_types_in $crate::bindings::exports::$($interface)::+);
            $crate::__export_torvyn_streaming_lifecycle_0_1_0_cabi!(
                Instance with_types_in $crate::bindings::exports::torvyn::streaming::lifecycle
            );
            $crate::$world!();
            $crate::__export_realloc!();
        };
    };
}

/// Exports the component's allocator for what the runtime passes.
///
/// It must be expanded in the component's own crate: the standard library has a weak definition of this export, and a
/// linker that found that one would not look for another in the library that this crate is.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_realloc {
    () => {
        #[cfg(target_arch = "wasm32")]
        #[unsafe(export_name = "cabi_realloc")]
        unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {
            // SAFETY: the runtime calls it as the canonical ABI says.
            unsafe { $crate::__private::realloc(old, old_len, align, len) }
        }
    };
}

/// The storage of the component between `init` and `teardown`.
pub struct Slot<C>(RefCell<Option<C>>);

impl<C> Slot<C> {
    /// An empty slot.
    #[expect(clippy::new_without_default, reason = "only a `const` one is of use")]
    #[must_use]
    pub const fn new() -> Self {
        Slot(RefCell::new(None))
    }
}

/// The part of an instance common to all roles, with the slot of the component.
pub trait Instance {
    /// Type of the component.
    type Component: 'static;

    /// Makes the component from the text of the node's `config`.
    ///
    /// # Errors
    /// Those of the component's own `init`, or when the text does not match its type.
    fn init(config: &str) -> Result<Self::Component, Error>;

    /// Ends the component.
    fn teardown(component: Self::Component);

    /// Slot of the component.
    fn slot() -> &'static std::thread::LocalKey<Slot<Self::Component>>;
}

fn with<I: Instance, R>(call: impl FnOnce(&mut I::Component) -> Result<R, Error>) -> Result<R, ProcessError> {
    I::slot().with(|slot| match &mut *slot.0.borrow_mut() {
        Some(component) => call(component).map_err(ProcessError::from),
        None => Err(ProcessError::Internal(
            "called outside of `init` and `teardown`".to_owned(),
        )),
    })
}

/// Calls the component with an element.
fn with_element<I: Instance, R>(
    element: StreamElement<'_>,
    call: impl FnOnce(&mut I::Component, &Element<'_>) -> Result<R, Error>,
) -> Result<R, ProcessError> {
    with::<I, _>(|component| Element::lend(element, |element| call(component, element)))
}

impl<I: Instance> lifecycle::Guest for I {
    fn init(config: String) -> Result<(), ProcessError> {
        let component = I::init(&config)?;
        I::slot().with(|slot| slot.0.replace(Some(component)));
        Ok(())
    }

    fn teardown() {
        if let Some(component) = I::slot().with(|slot| slot.0.take()) {
            I::teardown(component);
        }
    }
}

impl<I: Instance<Component: Source>> source::Guest for I {
    fn pull() -> Result<Option<OutputElement>, ProcessError> {
        Ok(with::<I, _>(Source::pull)?.map(OutputElement::from))
    }

    fn notify_backpressure(signal: BackpressureSignal) {
        let signal = match signal {
            BackpressureSignal::Ready => Signal::Ready,
            BackpressureSignal::Pause => Signal::Pause,
        };
        // The contract's function returns nothing; without an instance there is nothing to pause.
        let _ = with::<I, _>(|source| {
            source.notify_backpressure(signal);
            Ok(())
        });
    }
}

impl<I: Instance<Component: Processor>> processor::Guest for I {
    fn process(input: StreamElement<'_>) -> Result<ProcessResult, ProcessError> {
        match with_element::<I, _>(input, Processor::process)? {
            Some(output) => Ok(ProcessResult::Emit(output.into())),
            None => Ok(ProcessResult::Drop),
        }
    }
}

impl<I: Instance<Component: Filter>> filter::Guest for I {
    fn evaluate(element: StreamElement<'_>) -> Result<bool, ProcessError> {
        with_element::<I, _>(element, Filter::evaluate)
    }
}

impl<I: Instance<Component: Router>> router::Guest for I {
    fn route(element: StreamElement<'_>) -> Result<Vec<String>, ProcessError> {
        Ok(with_element::<I, _>(element, Router::route)?.into())
    }
}

impl<I: Instance<Component: Aggregator>> aggregator::Guest for I {
    fn ingest(element: StreamElement<'_>) -> Result<Option<OutputElement>, ProcessError> {
        Ok(with_element::<I, _>(element, Aggregator::ingest)?.map(OutputElement::from))
    }

    fn flush() -> Result<Vec<OutputElement>, ProcessError> {
        let results = with::<I, _>(Aggregator::flush)?;
        Ok(results.into_iter().map(OutputElement::from).collect())
    }
}

impl<I: Instance<Component: Sink>> sink::Guest for I {
    fn push(element: StreamElement<'_>) -> Result<BackpressureSignal, ProcessError> {
        match with_element::<I, _>(element, Sink::push)? {
            Signal::Ready => Ok(BackpressureSignal::Ready),
            Signal::Pause => Ok(BackpressureSignal::Pause),
        }
    }

    fn complete() -> Result<(), ProcessError> {
        with::<I, _>(Sink::complete)
    }
}

#[cfg(test)]
mod tests {
    use std::thread::LocalKey;

    use super::{Instance, Slot, aggregator, lifecycle};
    use crate::bindings::torvyn::streaming::types::ProcessError;
    use crate::{Aggregator, Element, Error, Output};

    /// Aggregator that counts down at each flush, so that no call needs a buffer.
    struct Countdown(u64);

    impl Aggregator for Countdown {
        type Config = String;

        fn init(config: String) -> Result<Self, Error> {
            config.parse().map(Countdown).map_err(Error::invalid_input)
        }

        fn ingest(&mut self, _element: &Element<'_>) -> Result<Option<Output>, Error> {
            Ok(None)
        }

        fn flush(&mut self) -> Result<Vec<Output>, Error> {
            self.0 = self.0.checked_sub(1).ok_or(Error::DeadlineExceeded)?;
            Ok(Vec::new())
        }
    }

    struct OnlyOne;

    impl Instance for OnlyOne {
        type Component = Countdown;

        fn init(config: &str) -> Result<Countdown, Error> {
            Aggregator::init(config.to_owned())
        }

        fn teardown(component: Countdown) {
            component.teardown();
        }

        fn slot() -> &'static LocalKey<Slot<Countdown>> {
            thread_local! {
                static SLOT: Slot<Countdown> = const { Slot::new() };
            }
            &SLOT
        }
    }

    #[test]
    fn the_component_lives_from_init_to_teardown() {
        let flush = <OnlyOne as aggregator::Guest>::flush;
        let outside = "called outside of `init` and `teardown`";
        assert!(matches!(flush(), Err(ProcessError::Internal(why)) if why == outside));

        <OnlyOne as lifecycle::Guest>::init("1".to_owned()).expect("`1` is a number");
        assert_eq!(flush().expect("one flush is allowed").len(), 0);
        assert!(matches!(flush(), Err(ProcessError::DeadlineExceeded)));

        <OnlyOne as lifecycle::Guest>::teardown();
        assert!(matches!(flush(), Err(ProcessError::Internal(why)) if why == outside));
    }

    #[test]
    fn a_config_that_init_refuses_leaves_no_component() {
        let refused = <OnlyOne as lifecycle::Guest>::init("many".to_owned());
        assert!(matches!(refused, Err(ProcessError::InvalidInput(why)) if why == "invalid digit found in string"));
        assert!(<OnlyOne as aggregator::Guest>::flush().is_err());
    }
}
