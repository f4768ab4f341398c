//! Text in aligned columns.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Table};

/// A column's heading, and the side on which its cells are aligned.
pub(crate) enum Column {
    Left(&'static str),
    Right(&'static str),
}

impl Column {
    fn cell(&self, text: &str) -> Cell {
        Cell::new(text).set_alignment(match self {
            Column::Left(_) => CellAlignment::Left,
            Column::Right(_) => CellAlignment::Right,
        })
    }

    fn heading(&self, rule: &str) -> Cell {
        let (Column::Left(heading) | Column::Right(heading)) = self;
        self.cell(&format!("{heading}\n{rule}"))
    }
}

/// Writes the headings, a rule, and the rows.
pub(crate) fn write<const N: usize>(
    out: &mut impl Write,
    columns: [Column; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header(columns.each_ref().map(|column| column.heading("")));
    table.add_rows(rows.iter().map(|row| columns.iter().zip(row).map(|(column, cell)| column.cell(cell))));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    // The crate's own rules run on below the space between the columns.
    let widths = table.column_max_content_widths();
    let rules = widths.iter().map(|width| "-".repeat((*width).into()));
    table.set_header(columns.iter().zip(rules).map(|(column, rule)| column.heading(&rule)));
    writeln!(out, "{}", table.trim_fmt())
}
