//! The figures that matter most as bars, in one SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Result;
use crate::figure::{Figure, Topic};
use crate::size::Sizes;

/// Its own background, so that it is legible on a dark page too.
const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
const TEXT: RGBColor = RGBColor(31, 35, 40);
const LIBRARY: RGBColor = RGBColor(9, 105, 218);
const OTHERS: RGBColor = RGBColor(175, 184, 193);

const COLUMNS: usize = 2;
const PANEL: (u32, u32) = (520, 164);
const FOOT: u32 = 32;
const MARGIN: i32 = 16;
const LABEL_WIDTH: i32 = 236;
const LONGEST_BAR: f64 = 190.0;
const BAR_HEIGHT: i32 = 16;
const LINE_HEIGHT: i32 = 26;

/// What the name of such a figure ends with.
pub const SLOWEST: &str = ": slowest commit";

/// Bars under a title.
struct Panel<'f> {
    title: &'static str,
    bars: Vec<Bar<'f>>,
}

struct Bar<'f> {
    label: &'f str,
    figure: &'f Figure,
}

pub fn write(path: &Path, sizes: &Sizes, figures: &[Figure]) -> Result<()> {
    let panels = panels(figures);
    let rows = panels.len().div_ceil(COLUMNS);
    let (width, height) = (PANEL.0 * COLUMNS as u32, PANEL.1 * rows as u32);
    let root = SVGBackend::new(path, (width, height + FOOT)).into_drawing_area();
    root.fill(&BACKGROUND)?;
    let (top, foot) = root.split_vertically(height);
    for (panel, area) in panels.iter().zip(top.split_evenly((rows.max(1), COLUMNS))) {
        panel.draw(&area)?;
    }
    foot.draw(&Text::new(format!("{}; {}", sizes.typical, sizes.large), (MARGIN, 0), text()))?;
    root.present()?;
    Ok(())
}

fn text() -> TextStyle<'static> {
    ("sans-serif", 16).into_font().color(&TEXT)
}

/// Those for which there are figures.
fn panels(figures: &[Figure]) -> Vec<Panel<'_>> {
    let panels = [
        ("First run, large, synchronous NORMAL", Topic::FirstRun, "large, NORMAL", ""),
        ("First run, large, synchronous FULL", Topic::FirstRun, "large, FULL", ""),
        ("First run, typical, synchronous NORMAL", Topic::FirstRun, "typical, NORMAL", ""),
        ("First run, typical, synchronous FULL", Topic::FirstRun, "typical, FULL", ""),
        ("Repeat with nothing to do, large", Topic::Repeat, "large, NORMAL", ""),
        ("Repeat with nothing to do, typical", Topic::Repeat, "typical, NORMAL", ""),
        ("Another writer's slowest commit, NORMAL", Topic::OtherWriter, "large, NORMAL", SLOWEST),
        ("Another writer's slowest commit, FULL", Topic::OtherWriter, "large, FULL", SLOWEST),
        ("Largest WAL, large", Topic::LargestWal, "large, NORMAL", ""),
        ("Peak memory growth, large", Topic::PeakMemory, "large", ""),
    ];
    let panels = panels.map(|(title, topic, scenario, suffix)| {
        let bars = figures.iter().filter(|figure| figure.topic == topic && figure.scenario == scenario);
        let bars = bars.filter_map(|figure| Some(Bar { label: figure.what.strip_suffix(suffix)?, figure }));
        Panel { title, bars: bars.collect() }
    });
    panels.into_iter().filter(|panel| !panel.bars.is_empty()).collect()
}

impl Panel<'_> {
    fn draw(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<()> {
        let longest = self.bars.iter().map(|bar| bar.figure.value).fold(f64::MIN_POSITIVE, f64::max);
        let title = ("sans-serif", 18).into_font().style(FontStyle::Bold).color(&TEXT);
        area.draw(&Text::new(self.title, (MARGIN, MARGIN), title))?;

        let text = text().pos(Pos::new(HPos::Left, VPos::Center));
        for (number, bar) in self.bars.iter().enumerate() {
            let middle = MARGIN + LINE_HEIGHT * (number as i32 + 2) - LINE_HEIGHT / 2;
            let start = MARGIN + LABEL_WIDTH;
            let end = start + (bar.figure.value / longest * LONGEST_BAR).max(1.0) as i32;
            let (top, bottom) = (middle - BAR_HEIGHT / 2, middle + BAR_HEIGHT / 2);
            let color = if bar.label.starts_with("library") { LIBRARY } else { OTHERS };
            let value = bar.figure.unit.show(bar.figure.value);
            area.draw(&Text::new(bar.label, (MARGIN, middle), text.clone()))?;
            area.draw(&Rectangle::new([(start, top), (end, bottom)], color.filled()))?;
            area.draw(&Text::new(value, (end + 6, middle), text.clone()))?;
        }
        Ok(())
    }
}
