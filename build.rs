//! Links programs for debugging to a fixed address. Loading one that may lie anywhere writes to 500 pages, a fifth of a second in
//! a guest of user-mode-linux, and the lab starts thousands. Released programs stay position independent.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "debug") && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
