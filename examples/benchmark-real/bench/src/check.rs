//! Compares what the variants of a program write, before anything is measured.

use std::fs;
use std::path::{Path, PathBuf};

use bench_common::Failed;

use crate::prepare::{Bench, Output};
use crate::variant::{VARIANTS, Variant};

/// Elements, about.
const ELEMENTS: u64 = 1000;

/// Elements of a cycle that is not whole: stages that gather have something left at the end.
const MORE: u64 = 7;

/// Compares all variants with one loop, `plain`.
///
/// # Errors
/// When two of them differ.
pub(crate) fn compare(bench: &mut Bench, tell: &dyn Fn(&str)) -> Result<(), Failed> {
    for work in 0..bench.works.len() {
        let (name, variants) = (bench.works[work].program.name, bench.works[work].variants.clone());
        tell(&format!("comparing {name}"));
        let expected = lines(bench, work, VARIANTS[0])?;
        if expected.is_empty() {
            return Err(format!("{name} writes nothing").into());
        }
        for variant in variants {
            let found = lines(bench, work, variant)?;
            if !are_equal(&expected, &found, variant.is_divided()) {
                let files = [VARIANTS[0], variant].map(|variant| file(bench, work, variant).display().to_string());
                return Err(format!("{name}, {}: {} differ", variant.name, files.join(" and ")).into());
            }
        }
    }
    Ok(())
}

/// What a variant writes for few elements.
fn lines(bench: &mut Bench, work: usize, variant: Variant) -> Result<Vec<u8>, Failed> {
    let elements = bench.works[work].supply.whole(ELEMENTS) + MORE;
    let file = file(bench, work, variant);
    fs::write(&file, "")?;
    let writes_file = bench.works[work].program.writes_file();
    let output = Output {
        file: if writes_file { &file } else { Path::new("") },
        printed: (!writes_file).then_some(&*file),
    };
    bench.run(work, variant, elements, &output)?;
    Ok(fs::read(&file)?)
}

fn file(bench: &Bench, work: usize, variant: Variant) -> PathBuf {
    let name = format!("{}-{}", bench.works[work].program.name, variant.name);
    bench.places.work.join("output").join(name)
}

/// Whether two texts are byte-equal; with `in_any_order`, whether they have the same lines.
fn are_equal(expected: &[u8], found: &[u8], in_any_order: bool) -> bool {
    let sorted = |text: &[u8]| {
        let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort_unstable();
        lines
    };
    match in_any_order {
        true => sorted(expected) == sorted(found),
        false => expected == found,
    }
}

#[cfg(test)]
mod tests {
    use super::are_equal;

    #[test]
    fn replicas_may_write_in_another_order() {
        let (one, other) = (b"a\nb\nb\n", b"b\na\nb\n");
        assert!(are_equal(one, other, true) && !are_equal(one, other, false));
        assert!(!are_equal(one, b"a\na\nb\n", true), "each line as often");
        assert!(are_equal(one, one, false));
    }
}
