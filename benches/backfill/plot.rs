//! What matters most in one picture, as SVG: how long a backfill takes, and how long another connection waits for it.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Result;
use crate::contestant::Contestant;
use crate::figure::{Figure, Topic};
use crate::neighbour::Payments;
use crate::size::{Size, Sizes};
use crate::table::thousands;

/// Its own background, so that it is legible on a dark page too.
const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
const TEXT: RGBColor = RGBColor(31, 35, 40);
const GRID: RGBColor = RGBColor(225, 228, 232);

/// Who is compared, in one order everywhere.
const BARS: [(Contestant, &str, RGBColor); 2] = [
    (Contestant::OneStatement, "one hand-written INSERT … SELECT", RGBColor(175, 184, 193)),
    (Contestant::OneCall, "this library, one call", RGBColor(9, 105, 218)),
];

const PICTURE: (u32, u32) = (1100, 470);
const HEAD: u32 = 56;
const LABELS: u32 = 200;
const MARGIN: i32 = 16;

/// In seconds, logarithmic.
const AXIS: std::ops::Range<f64> = 1e-3..60.0;

/// What the name of such a figure ends with.
pub const SLOWEST: &str = ": slowest commit";

pub fn write(path: &Path, sizes: &Sizes, figures: &[Figure]) -> Result<()> {
    let rows = [sizes.typical, sizes.small, sizes.medium, sizes.large];
    let root = SVGBackend::new(path, PICTURE).into_drawing_area();
    root.fill(&BACKGROUND)?;
    let (head, body) = root.split_vertically(HEAD);
    draw_legend(&head)?;
    let (labels, panels) = body.split_horizontally(LABELS);
    let panels = panels.split_evenly((1, 2));

    let first_run = |size: Size, contestant: Contestant| {
        find(figures, Topic::FirstRun, &format!("{}, NORMAL", size.name), &contestant.name())
    };
    let beside_payments = |size: Size, contestant: Contestant| {
        let scenario = format!("{}, NORMAL, {}", size.name, Payments::Often.name());
        find(figures, Topic::OtherWriter, &scenario, &format!("{}{SLOWEST}", contestant.name()))
    };
    draw_panel(&panels[0], "How long the backfill takes", &rows, first_run)?;
    draw_panel(&panels[1], "How long a payment waits for it, at most", &rows, beside_payments)?;
    draw_labels(&labels, &rows)?;
    root.present()?;
    Ok(())
}

fn find<'f>(figures: &'f [Figure], topic: Topic, scenario: &str, what: &str) -> Option<&'f Figure> {
    figures.iter().find(|figure| figure.topic == topic && figure.scenario == scenario && figure.what == what)
}

fn text(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT)
}

fn draw_legend(area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<()> {
    for (place, (_, name, color)) in (0..).zip(BARS) {
        let x = LABELS as i32 + MARGIN + place * 310;
        area.draw(&Rectangle::new([(x, 22), (x + 18, 36)], color.filled()))?;
        area.draw(&Text::new(name, (x + 26, 21), text(16)))?;
    }
    Ok(())
}

/// Where a row's bars begin and end, from the top; each row is 1 high.
fn place(row: usize, bar: usize) -> (f64, f64) {
    let begin = row as f64 + 0.2 + 0.3 * bar as f64;
    (begin, begin + 0.26)
}

fn draw_panel<'f>(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    title: &str,
    rows: &[Size],
    figure: impl Fn(Size, Contestant) -> Option<&'f Figure>,
) -> Result<()> {
    let mut chart = ChartBuilder::on(area)
        .margin(MARGIN)
        .caption(title, ("sans-serif", 18).into_font().style(FontStyle::Bold).color(&TEXT))
        .x_label_area_size(28)
        .build_cartesian_2d(AXIS.log_scale(), rows.len() as f64..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .light_line_style(BACKGROUND)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(text(14))
        .x_label_formatter(&|seconds| match *seconds {
            seconds if seconds < 1.0 => format!("{} ms", (seconds * 1e3).round()),
            seconds => format!("{} s", seconds.round()),
        })
        .draw()?;
    let at_end = text(14).pos(Pos::new(HPos::Left, VPos::Center));
    for (row, size) in rows.iter().enumerate() {
        for (bar, (contestant, _, color)) in BARS.into_iter().enumerate() {
            let Some(figure) = figure(*size, contestant) else { continue };
            let (top, bottom) = place(row, bar);
            let end = figure.value.clamp(AXIS.start, AXIS.end);
            chart.draw_series([Rectangle::new([(AXIS.start, top), (end, bottom)], color.filled())])?;
            let value = format!(" {}", figure.unit.show(figure.value));
            chart.draw_series([Text::new(value, (end, (top + bottom) / 2.0), at_end.clone())])?;
        }
    }
    Ok(())
}

/// The names of the rows, each beside its bars.
fn draw_labels(area: &DrawingArea<SVGBackend<'_>, Shift>, rows: &[Size]) -> Result<()> {
    let (_, height) = area.dim_in_pixel();
    // As high as the panels' rows, below their titles and above their axes.
    let (top, bottom) = (MARGIN + 26, height as i32 - MARGIN - 28);
    for (row, size) in rows.iter().enumerate() {
        let (begin, _) = place(row, 0);
        let y = top + (f64::from(bottom - top) * begin / rows.len() as f64) as i32;
        let (users, facilitators) = (thousands(size.users), thousands(size.facilitators));
        area.draw(&Text::new(format!("{users} users,"), (MARGIN, y), text(16)))?;
        area.draw(&Text::new(format!("{facilitators} facilitators"), (MARGIN, y + 20), text(16)))?;
    }
    Ok(())
}
