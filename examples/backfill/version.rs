//! What `--version` says.

use std::sync::LazyLock;

use facilitator_markers::rusqlite;

/// The package, and the SQLite that it runs on.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    format!("({name} {version}, SQLite {})", rusqlite::version())
});
