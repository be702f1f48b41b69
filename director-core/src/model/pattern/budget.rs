//! How much work one search may take: the server decides how long an answer is, and no answer may keep a processor.

/// Why a search has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// It would take more steps than any answer is worth.
    TooMuchWork,
    /// The caller has given up.
    Interrupted,
}

/// Steps of one search, each over one byte at most. They take about a second.
pub(super) const STEPS: u64 = 200_000_000;
/// Steps between two looks at whether the caller still waits.
const BETWEEN_CHECKS: u64 = 16_384;

/// What is left of the work that one search may take.
pub(super) struct Budget<'a> {
    left: u64,
    next_check: u64,
    interrupted: &'a dyn Fn() -> bool,
}

impl<'a> Budget<'a> {
    pub(super) fn new(steps: u64, interrupted: &'a dyn Fn() -> bool) -> Self {
        Self {
            left: steps,
            next_check: steps.saturating_sub(BETWEEN_CHECKS),
            interrupted,
        }
    }

    /// Takes so many steps.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Unfinished> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(steps)
            .ok_or(Unfinished::TooMuchWork)?;
        if self.left < self.next_check {
            self.next_check = self.left.saturating_sub(BETWEEN_CHECKS);
            if (self.interrupted)() {
                return Err(Unfinished::Interrupted);
            }
        }
        Ok(())
    }
}
