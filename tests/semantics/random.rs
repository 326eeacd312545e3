//! Random choices. Equal seeds give equal choices, on every machine.

use fastrand::Rng;

pub(crate) fn rng(seed: u64, number: u64, purpose: u64) -> Rng {
    let mut rng = Rng::with_seed(seed);
    let mixed = rng.u64(..) ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03);
    Rng::with_seed(mixed)
}

pub(crate) fn one_in(rng: &mut Rng, chances: u32) -> bool {
    rng.u32(0..chances) == 0
}

pub(crate) fn pick<T: Copy>(rng: &mut Rng, values: &[T]) -> T {
    values[rng.usize(0..values.len())]
}
