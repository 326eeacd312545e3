//! Adds totals to an order, which is JSON, and masks the e-mail address of its customer.

mod order;

use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct JsonEdit;

#[torvyn::component]
impl Processor for JsonEdit {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let order = order::edit(input.payload().text()?).map_err(Error::invalid_input)?;
        Output::serialize(&order).map(Some)
    }
}
