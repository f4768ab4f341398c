//! `ensure_facilitator_marker(user_id)`: TEXT, the outcome's name.

use marker_core::ensure_facilitator_marker;

use super::Function;

pub(super) fn function() -> Function {
    Function {
        name: c"ensure_facilitator_marker",
        arguments: 1,
        run: Box::new(|conn, arguments| {
            let user_id = arguments.text(0, "user_id")?;
            Ok(ensure_facilitator_marker(conn, user_id)?.name().into())
        }),
    }
}
