//! Sends each event to the branch of its `type`; one of another type, to both.
//!
//! A router names ports. The buffer goes on as it is, also to several: the runtime counts who holds it.

use serde::Deserialize;
use torvyn::{Element, Error, Route, Router};

#[derive(Default)]
struct EventRouter;

/// What the router needs of an event; the rest is skipped unread.
#[derive(Deserialize)]
struct Event<'a> {
    r#type: &'a str,
}

#[torvyn::component]
impl Router for EventRouter {
    fn route(&mut self, element: &Element<'_>) -> Result<Route, Error> {
        let event: Event<'_> = serde_json::from_str(element.payload().text()?).map_err(Error::invalid_input)?;
        Ok(match event.r#type {
            "metric" => Route::to("metrics"),
            "log" => Route::to("logs"),
            _ => Route::to("metrics").and("logs"),
        })
    }
}
