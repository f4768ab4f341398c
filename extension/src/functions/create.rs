//! `create_facilitator_marker(user_id, enrollment_date)`: TEXT, the outcome's name.

use marker_core::create_facilitator_marker;

use super::Function;

pub(super) fn function() -> Function {
    Function {
        name: c"create_facilitator_marker",
        arguments: 2,
        run: Box::new(|conn, arguments| {
            let user_id = arguments.text(0, "user_id")?;
            let enrollment_date = arguments.text(1, "enrollment_date")?;
            Ok(create_facilitator_marker(conn, user_id, enrollment_date)?.name().into())
        }),
    }
}
