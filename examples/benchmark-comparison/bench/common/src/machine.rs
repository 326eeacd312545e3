//! What the figures were made on.

use std::fs;
use std::num::NonZero;
use std::thread;

/// Processor, cores, system, compiler; and how busy the machine was at the start.
#[must_use]
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut parts = vec![
        format!(
            "{} ({cores} cores)",
            processor().unwrap_or_else(|| "unknown processor".to_owned())
        ),
        format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        env!("COMPILER").to_owned(),
    ];
    if let Some(load) = load() {
        parts.push(format!("load average {load} at the start"));
    }
    parts.join(", ")
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next().map(str::to_owned)
}
