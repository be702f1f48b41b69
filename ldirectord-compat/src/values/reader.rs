//! What is at hand while the value of one directive is read.

use crate::findings::Findings;
use crate::syntax::Written;

/// A directive whose value is read, and where its faults go.
pub(super) struct ValueReader<'r, 'a, 'f> {
    pub(super) written: &'r Written<'a>,
    pub(super) findings: &'f mut Findings,
}
