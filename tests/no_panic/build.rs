//! Tells the linker where to start: nothing else keeps any code.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        println!("cargo::rustc-link-arg-bins=--entry=everything");
        println!("cargo::rustc-link-arg-bins=--gc-sections");
    }
}
