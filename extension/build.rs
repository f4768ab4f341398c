//! Gives the extension the file name that its users load, `facilitator_markers.so`, beside the one that Cargo gives it.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(unix)]
    if let Err(error) = link() {
        println!("cargo::warning=facilitator_markers.so could not be linked: {error}");
    }
}

/// Links to the library before there is one, because Cargo runs nothing after it.
#[cfg(unix)]
fn link() -> std::io::Result<()> {
    let suffix = if std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") {
        "dylib"
    } else {
        "so"
    };
    // target/release/build/facilitator-markers-extension-0123456789abcdef/out
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| std::io::Error::other("Cargo gave no OUT_DIR"))?;
    let profile =
        Path::new(&out).ancestors().nth(3).ok_or_else(|| std::io::Error::other("OUT_DIR is too short"))?;
    let name = profile.join(format!("facilitator_markers.{suffix}"));
    if name.is_symlink() {
        std::fs::remove_file(&name)?;
    }
    std::os::unix::fs::symlink(format!("libfacilitator_markers.{suffix}"), name)
}
