//! Text in aligned columns.

use std::io::{self, Write};

/// A column's heading, and the side on which its cells are aligned.
pub(crate) enum Column {
    Left(&'static str),
    Right(&'static str),
}

impl Column {
    fn heading(&self) -> &'static str {
        match self {
            Column::Left(heading) | Column::Right(heading) => heading,
        }
    }
}

/// Writes the headings, a rule, and the rows.
pub(crate) fn write<const N: usize>(
    out: &mut impl Write,
    columns: [Column; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let headings = columns.each_ref().map(|column| column.heading().to_owned());
    let widths: [usize; N] = std::array::from_fn(|place| {
        rows.iter().chain([&headings]).map(|row| row[place].chars().count()).max().unwrap_or(0)
    });
    let rule = widths.map(|width| "-".repeat(width));
    for row in [&headings, &rule].into_iter().chain(rows) {
        let cells = columns.iter().zip(row).zip(widths).map(|((column, cell), width)| match column {
            Column::Left(_) => format!("{cell:<width$}"),
            Column::Right(_) => format!("{cell:>width$}"),
        });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
