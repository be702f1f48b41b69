//! What the dialect means, from the text to the kernel's table.

mod conformance;
mod founding;
mod judged;
mod quirks;
