//! The route of an element through a router.

/// The output ports that get an element, each at most once.
///
/// ```
/// use torvyn::Route;
///
/// let both = Route::to("metrics").and("logs");
/// assert_eq!(both, ["metrics", "logs"].into_iter().collect());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    ports: Vec<String>,
}

impl Route {
    /// A route to no port: the element ends here, counted as filtered.
    #[must_use]
    pub const fn nowhere() -> Self {
        Route { ports: Vec::new() }
    }

    /// A route to one port.
    #[must_use]
    pub fn to(port: impl Into<String>) -> Self {
        Route {
            ports: vec![port.into()],
        }
    }

    /// Adds one more port to the route.
    #[must_use]
    pub fn and(mut self, port: impl Into<String>) -> Self {
        self.ports.push(port.into());
        self
    }
}

impl<P: Into<String>> FromIterator<P> for Route {
    fn from_iter<I: IntoIterator<Item = P>>(ports: I) -> Self {
        Route {
            ports: ports.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Route> for Vec<String> {
    fn from(route: Route) -> Self {
        route.ports
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn ports_are_returned_as_they_were_named() {
        let ports: Vec<String> = Route::to("b").and(String::from("a")).and("b").into();
        assert_eq!(ports, ["b", "a", "b"]);
    }

    #[test]
    fn nowhere_names_no_port() {
        assert_eq!(Vec::<String>::from(Route::nowhere()), Vec::<String>::new());
        assert_eq!(Route::default(), Route::nowhere());
    }
}
