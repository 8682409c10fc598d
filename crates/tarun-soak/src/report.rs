//! The outcome, for people.

use crate::ledger::{Counts, Finding, Rule};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Findings of one rule that are printed one by one.
const SHOWN: usize = 15;

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    pub seed: u64,
    pub seconds: f64,
    pub counts: Counts,
    /// How often each kind of work was handed out again.
    pub moves: BTreeMap<String, i64>,
    pub faults: Vec<String>,
    pub findings: Vec<Finding>,
    /// Why the run does not count, if it does not.
    pub void: Option<String>,
}

impl Report {
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty() && self.void.is_none()
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("\nLedger run, seed {}, {:.0} s\n\n", self.seed, self.seconds);
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        for (name, count) in &self.counts {
            line(format!("  {name:<48} {count:>8}"));
        }
        line("\n  work that was hit".into());
        for (name, count) in &self.moves {
            line(format!("  {name:<48} {count:>8}"));
        }
        line(format!("\n  faults: {}", self.faults.len()));
        for fault in &self.faults {
            line(format!("  {fault}"));
        }
        line(String::new());
        for rule in Rule::ALL {
            let broken: Vec<&Finding> = self.findings.iter().filter(|f| f.rule == rule).collect();
            line(format!("  {:<48} {:>8}", rule.to_string(), broken.len()));
            for finding in broken.iter().take(SHOWN) {
                line(format!("      {}", finding.what));
            }
        }
        if let Some(why) = &self.void {
            line(format!("\n  The run does not count: {why}"));
        }
        line(format!("\n{} (seed {})", if self.passed() { "PASS" } else { "FAIL" }, self.seed));
        out
    }
}
