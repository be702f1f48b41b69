//! The ldirectord.cf dialect: text in, definitions and findings out. Knows neither the daemon nor the kernel.
