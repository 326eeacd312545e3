//! Queries its host as each element says: `wall` and `monotonic` read a clock, `random` gets random bytes, `seed`
//! hashes with random keys, `nothing` queries nothing. Emits the name and `ok`.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct Asking;

#[torvyn::component]
impl Processor for Asking {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let name = input.payload().text()?;
        let is_plausible = match name {
            "wall" => SystemTime::now() > SystemTime::UNIX_EPOCH,
            "monotonic" => Instant::now().elapsed() < Duration::from_secs(3600),
            "random" => random() != random(),
            "seed" => RandomState::new().hash_one(name) != RandomState::new().hash_one("other"),
            "nothing" => true,
            other => return Err(Error::InvalidInput(format!("there is no `{other}` to ask for"))),
        };
        let answer = if is_plausible { "ok" } else { "implausible" };
        Ok(Some(Output::text(&format!("{name} {answer}"))?))
    }
}

/// Random bytes, obtained as C's library does.
fn random() -> [u8; 16] {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        fn random_get(to: *mut u8, len: usize) -> i32;
    }
    let mut bytes = [0; 16];
    // SAFETY: the pointer and the length are those of `bytes`, which the function fills.
    let error = unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) };
    assert_eq!(error, 0, "random numbers can be had");
    bytes
}
