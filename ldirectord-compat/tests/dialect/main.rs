//! What the dialect means, from the text to the kernel's table.

mod conformance;
mod differential;
mod faults;
mod founding;
mod golden;
mod grammar;
mod judged;
mod manual;
mod odd;
mod properties;
mod quirks;
mod readme;
