//! Owners who are enrolled by one statement.

use std::ops::Range;

use facilitator_markers::sql;

use crate::client::{Client, Failure};

/// The places of a page's owners in the list of those who are due.
pub(crate) type Page = Range<usize>;

/// As few pages as hold all owners, the last one first.
pub(crate) fn cut(owners: usize, per_page: usize) -> Vec<Page> {
    let per_page = per_page.max(1);
    (0..owners).step_by(per_page).rev().map(|first| first..owners.min(first + per_page)).collect()
}

/// The two halves, the later one first.
pub(crate) fn halve(page: &Page) -> [Page; 2] {
    let middle = page.start + page.len() / 2;
    [middle..page.end, page.start..middle]
}

/// Enrolls the owners of a page, and gives the number of rows that the answer tells of. The first page has no lower
/// bound and the last one no upper, so that nobody is outside of all pages, in whatever order the host's collation puts
/// ids.
pub(crate) fn enroll(
    client: &mut dyn Client,
    clock: &str,
    due: &[String],
    page: &Page,
) -> Result<u64, Failure> {
    let first_id = if page.start == 0 { "" } else { &due[page.start] };
    match due.get(page.end) {
        Some(after_last_id) => client.execute(sql::PAGE, &[clock, first_id, after_last_id]),
        None => client.execute(sql::LAST_PAGE, &[clock, first_id]),
    }
}
