//! Shrinking a run that differs from the model: shorter scripts and fewer elements, of the same flow.

use crate::shape::{Case, Script};

/// Most runs for one case.
const MAX_RUNS: usize = 300;

/// The smallest case found that still `differs`.
pub(crate) fn shrink(case: &Case, differs: impl Fn(&Case) -> bool) -> Case {
    let mut smallest = case.clone();
    let mut runs = 0;
    'smaller: loop {
        for candidate in smaller(&smallest) {
            if runs == MAX_RUNS {
                return smallest;
            }
            runs += 1;
            if differs(&candidate) {
                smallest = candidate;
                continue 'smaller;
            }
        }
        return smallest;
    }
}

/// Slightly smaller cases, the boldest first. None can be endless if `case` is not: no bound is removed.
fn smaller(case: &Case) -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, script) in case.scripts.iter().enumerate() {
        for script in smaller_scripts(script) {
            let mut candidate = case.clone();
            candidate.scripts[at] = script;
            cases.push(candidate);
        }
    }
    if let Some(limit) = case.limit.filter(|limit| *limit > 0) {
        cases.push(Case {
            limit: Some(limit - 1),
            ..case.clone()
        });
    }
    cases.sort_by_key(|case| case.scripts.iter().map(|script| script.script.len()).sum::<usize>());
    cases
}

fn smaller_scripts(script: &Script) -> Vec<Script> {
    let with = |text: String| Script {
        script: text,
        ..script.clone()
    };
    let letters: Vec<char> = script.script.chars().collect();
    let mut scripts = Vec::new();
    for keep in [0, letters.len() / 2] {
        if keep < letters.len() {
            scripts.push(with(letters[..keep].iter().collect()));
        }
    }
    for without in 0..letters.len() {
        let mut letters = letters.clone();
        letters.remove(without);
        scripts.push(with(letters.into_iter().collect()));
    }
    if script.count > 1 {
        scripts.push(Script {
            count: script.count - 1,
            ..script.clone()
        });
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    #[test]
    fn what_does_not_matter_goes() {
        let traps = |case: &Case| case.scripts.iter().any(|script| script.script.contains('t'));
        let number = (0..).find(|number| traps(&generate::case(1, *number, &generate::shape(1, *number))));
        let number = number.expect("some case has a trap");
        let case = generate::case(1, number, &generate::shape(1, number));
        let smallest = shrink(&case, traps);
        let scripts: String = smallest.scripts.iter().map(|script| script.script.as_str()).collect();
        assert_eq!(scripts, "t");
    }
}
