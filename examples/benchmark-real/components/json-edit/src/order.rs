//! An order, and what is changed in it.

use serde::{Deserialize, Serialize};

/// An order as a shop receives it. Prices are in hundredths of the currency.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    id: String,
    placed_at: String,
    currency: String,
    customer: Customer,
    ship_to: Address,
    lines: Vec<Line>,
    note: Option<String>,
    #[serde(default)]
    total: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Customer {
    number: u64,
    name: String,
    email: String,
    tags: Vec<String>,
    is_company: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Address {
    street: String,
    postal_code: String,
    city: String,
    country: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sku: String,
    title: String,
    quantity: u32,
    unit_price: u32,
    discount_percent: Option<f64>,
    #[serde(default)]
    total: u64,
}

/// The order, which is JSON, with its totals, and with an e-mail address that shows only how it begins.
pub fn edit(order: &str) -> serde_json::Result<Order> {
    let mut order: Order = serde_json::from_str(order)?;
    for line in &mut order.lines {
        line.total = line.price();
    }
    order.total = order.lines.iter().map(|line| line.total).sum();
    order.customer.email = masked(&order.customer.email);
    Ok(order)
}

impl Line {
    fn price(&self) -> u64 {
        let full = u64::from(self.quantity) * u64::from(self.unit_price);
        match self.discount_percent {
            Some(percent) => (full as f64 * (1.0 - percent / 100.0)).round() as u64,
            None => full,
        }
    }
}

/// `m***@example.org`.
fn masked(email: &str) -> String {
    let (name, domain) = email.split_once('@').unwrap_or((email, ""));
    let first = name.chars().next().map_or("", |first| &name[..first.len_utf8()]);
    format!("{first}***@{domain}")
}
