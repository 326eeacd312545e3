//! Routes by a table: `{"routes": [["a"], ["b"], ["a", "b"], []], "times": 1}`. Element N goes to the ports of row
//! N modulo the number of rows, each of them named `times` times.

use serde::Deserialize;
use torvyn::{Element, Error, Route, Router};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableRouter {
    routes: Vec<Vec<String>>,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

#[torvyn::component]
impl Router for TableRouter {
    fn init(router: Self) -> Result<Self, Error> {
        if router.routes.is_empty() {
            return Err(Error::invalid_input("the table has no row"));
        }
        Ok(router)
    }

    fn route(&mut self, element: &Element<'_>) -> Result<Route, Error> {
        let row = element.sequence() % self.routes.len() as u64;
        let ports = &self.routes[row as usize];
        Ok(ports
            .iter()
            .flat_map(|port| std::iter::repeat_n(port, self.times))
            .collect())
    }
}
