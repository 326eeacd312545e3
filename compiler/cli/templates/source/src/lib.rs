//! Emits a hundred made-up temperatures. To read a real sensor, change `pull`.

use torvyn::{Error, Output, Source};

const COUNT: u32 = 100;

#[derive(Default)]
struct Thermometer {
    measured: u32,
}

#[torvyn::component]
impl Source for Thermometer {
    fn pull(&mut self) -> Result<Option<Output>, Error> {
        if self.measured == COUNT {
            return Ok(None);
        }
        let reading = format!("{:.1} °C", temperature(self.measured));
        self.measured += 1;
        Output::text(&reading).map(Some)
    }
}

/// A day of 24 measurements: warmest in the afternoon.
fn temperature(hour: u32) -> f64 {
    let angle = f64::from(hour % 24) / 24.0 * std::f64::consts::TAU;
    20.0 - 5.0 * angle.cos()
}

#[cfg(test)]
mod tests {
    use super::temperature;

    #[test]
    fn nights_are_colder_than_days() {
        assert_eq!(temperature(0), 15.0);
        assert!(temperature(12) > temperature(6));
        assert_eq!(temperature(3), temperature(27));
    }
}
