//! One figure that was measured, what it is compared with, and what was to be reached.

use serde_json::{Value, json};

use crate::measure::Durations;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    FirstRun,
    Repeat,
    WriteLock,
    Growth,
    LargestWal,
    PeakMemory,
    OtherWriter,
    Ensure,
    Interrupt,
    Audit,
}

impl Topic {
    pub fn name(self) -> &'static str {
        match self {
            Topic::FirstRun => "first run",
            Topic::Repeat => "repeat",
            Topic::WriteLock => "write lock",
            Topic::Growth => "growth",
            Topic::LargestWal => "largest WAL",
            Topic::PeakMemory => "peak memory growth",
            Topic::OtherWriter => "other writer",
            Topic::Ensure => "ensure",
            Topic::Interrupt => "interrupt",
            Topic::Audit => "audit and repair",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Bytes,
    Count,
}

impl Unit {
    /// The value in the multiple that suits its size.
    pub fn show(self, value: f64) -> String {
        match self {
            Unit::Seconds if value >= 1.0 => format!("{value:.2} s"),
            Unit::Seconds if value >= 1e-3 => format!("{:.1} ms", value * 1e3),
            Unit::Seconds => format!("{:.1} µs", value * 1e6),
            Unit::Bytes => format!("{:.1} MiB", value / 1024.0 / 1024.0),
            Unit::Count => format!("{value}"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
            Unit::Count => "count",
        }
    }
}

pub struct Figure {
    pub topic: Topic,
    pub scenario: String,
    pub what: String,
    pub unit: Unit,
    pub value: f64,
    /// Where `value` is a median: of these.
    pub samples: Vec<f64>,
    pub at_most: Option<f64>,
    pub comparisons: Vec<Comparison>,
}

/// Another figure, which stands beside it in the table.
pub struct Comparison {
    pub with: String,
    pub value: f64,
    pub ratio: f64,
    pub ratio_at_most: Option<f64>,
}

impl Figure {
    pub fn new(
        topic: Topic,
        scenario: impl Into<String>,
        what: impl Into<String>,
        unit: Unit,
        value: f64,
    ) -> Self {
        let (scenario, what) = (scenario.into(), what.into());
        let (samples, comparisons) = Default::default();
        Figure { topic, scenario, what, unit, value, samples, at_most: None, comparisons }
    }

    pub fn median(
        topic: Topic,
        scenario: impl Into<String>,
        what: impl Into<String>,
        durations: &Durations,
    ) -> Self {
        let figure = Figure::new(topic, scenario, what, Unit::Seconds, durations.median());
        Figure { samples: durations.seconds(), ..figure }
    }

    /// The target for the figure itself, if there is one.
    pub fn at_most(mut self, at_most: impl Into<Option<f64>>) -> Self {
        self.at_most = at_most.into();
        self
    }

    /// Another figure, and the target for the ratio to it, if there is one.
    pub fn beside(
        mut self,
        with: impl Into<String>,
        value: f64,
        ratio_at_most: impl Into<Option<f64>>,
    ) -> Self {
        let (with, ratio, ratio_at_most) = (with.into(), self.value / value, ratio_at_most.into());
        self.comparisons.push(Comparison { with, value, ratio, ratio_at_most });
        self
    }

    pub fn forget_targets(&mut self) {
        self.at_most = None;
        self.comparisons.iter_mut().for_each(|comparison| comparison.ratio_at_most = None);
    }

    pub fn is_met(&self) -> Option<bool> {
        self.at_most.map(|at_most| self.value <= at_most)
    }

    pub fn to_json(&self) -> Value {
        json!({
            "topic": self.topic.name(),
            "scenario": self.scenario,
            "what": self.what,
            "unit": self.unit.name(),
            "value": self.value,
            "samples": self.samples,
            "at_most": self.at_most,
            "met": self.is_met(),
            "beside": self.comparisons.iter().map(Comparison::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Comparison {
    pub fn is_met(&self) -> Option<bool> {
        self.ratio_at_most.map(|at_most| self.ratio <= at_most)
    }

    fn to_json(&self) -> Value {
        json!({
            "what": self.with,
            "value": self.value,
            "ratio": self.ratio,
            "ratio_at_most": self.ratio_at_most,
            "met": self.is_met(),
        })
    }
}
