//! `include/facilitator_markers.h` is what cbindgen makes of the sources.

use std::{env, fs};

const HEADER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include/facilitator_markers.h");

#[test]
fn the_committed_header_is_fresh() {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut builder = cbindgen::Builder::new()
        .with_config(cbindgen::Config::from_file(format!("{root}/cbindgen.toml")).unwrap());
    for file in [
        "version",
        "enrollment",
        "marker",
        "report",
        "backfill",
        "due",
        "skipped",
        "finding",
        "audit",
        "change",
        "repair",
    ] {
        builder = builder.with_src(format!("{root}/src/capi/{file}.rs"));
    }
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    if env::var_os("WRITE_HEADER").is_some() {
        fs::write(HEADER, &header).unwrap();
    }
    let committed = fs::read(HEADER).unwrap_or_default();
    assert!(
        committed == header,
        "include/facilitator_markers.h is stale: run WRITE_HEADER=1 cargo test --features capi --test capi header"
    );
}
