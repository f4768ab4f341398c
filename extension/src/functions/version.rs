//! `facilitator_markers_version()`: TEXT.

use super::Function;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn function() -> Function {
    Function { name: c"facilitator_markers_version", arguments: 0, run: Box::new(|_, _| Ok(VERSION.into())) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_extension_has_the_version_of_the_library() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.contains(&format!("\nversion = {:?}\n", super::VERSION)));
    }
}
