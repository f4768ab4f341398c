//! What the fuzzer has found so far, tried again without it: each input in `fuzz/corpus` and `fuzz/finds`, by the
//! same checks. `fuzz/README.md` says how to look for more.

#[cfg(feature = "capi")]
#[path = "../abi/mod.rs"]
mod abi;
#[path = "../agreement/mod.rs"]
mod agreement;
#[path = "../host/mod.rs"]
mod host;
#[allow(dead_code, reason = "each test file uses its own part of this")]
#[path = "../model/mod.rs"]
mod model;
#[allow(dead_code, reason = "each test file uses its own part of this")]
#[path = "../plan/mod.rs"]
mod plan;

mod databases;
mod dates;
#[cfg(feature = "capi")]
mod ids;
mod images;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[test]
fn dates_are_read_as_the_model_reads_them() {
    replay("dates", dates::check);
}

#[cfg(feature = "capi")]
#[test]
fn any_bytes_as_ids_get_the_models_answers_through_c() {
    replay("ids", ids::check);
}

#[test]
fn calls_and_steps_between_writes_do_as_the_model_does() {
    replay("databases", databases::check);
}

#[test]
fn a_file_that_holds_anything_does_no_harm() {
    replay("images", images::check);
}

/// Tries all inputs that are kept for this target of the fuzzer.
fn replay(target: &str, check: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut count = 0;
    for folder in [fuzz.join("corpus").join(target), fuzz.join("finds").join(target)] {
        let Ok(files) = fs::read_dir(folder) else { continue };
        for file in files {
            let path = file.unwrap().path();
            let input = fs::read(&path).unwrap();
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&input))) {
                eprintln!("the input is {}", path.display());
                std::panic::resume_unwind(panic);
            }
            count += 1;
        }
    }
    assert!(count > 0, "there are no inputs for {target}");
    println!("{target}: {count} inputs");
}
