//! What samples come to.

/// A median, and the quartiles around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Spread {
    /// Of at least one sample.
    #[must_use]
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self {
            median: quantile(&samples, 0.5),
            lower: quantile(&samples, 0.25),
            upper: quantile(&samples, 0.75),
        }
    }
}

/// Between the two samples that are nearest.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// Each item once.
pub fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.fold(Vec::new(), |mut found, item| {
        if !found.contains(&item) {
            found.push(item);
        }
        found
    })
}

/// All cells; each round begins with another one, so that none always follows the same one.
pub fn turns<T>(cells: &mut [T], round: usize) -> impl Iterator<Item = &mut T> {
    let first = round % cells.len().max(1);
    let (end, begin) = cells.split_at_mut(first);
    begin.iter_mut().chain(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_samples() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 3.0]);
        assert_eq!((spread.lower, spread.median, spread.upper), (1.75, 2.5, 3.25));
        let alone = Spread::of(vec![7.0]);
        assert_eq!((alone.lower, alone.median, alone.upper), (7.0, 7.0, 7.0));
    }

    #[test]
    fn each_item_once_in_the_order_of_its_first() {
        assert_eq!(distinct([3, 1, 3, 2, 1].into_iter()), [3, 1, 2]);
    }

    #[test]
    fn every_round_begins_with_another_cell() {
        let round = |round| -> Vec<u8> { turns(&mut [1, 2, 3], round).map(|cell| *cell).collect() };
        assert_eq!((round(0), round(2)), (vec![1, 2, 3], vec![3, 1, 2]));
        assert_eq!(round(3), round(0));
        assert_eq!(turns::<u8>(&mut [], 1).count(), 0);
    }
}
