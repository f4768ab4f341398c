//! The page that has all figures, `benchmark.md`.

use crate::figure::Figure;
use crate::machine::Machine;
use crate::size::{Size, Sizes};
use crate::table;

pub fn render(machine: &Machine, sizes: &Sizes, figures: &[Figure]) -> String {
    let sizes = sizes.all().map(line_of).concat();
    let (facts, table) = (facts(machine), table::render(figures));
    format!(
        "# How fast a backfill is

All figures of one run of the benchmark, which has written this page. [README](../README.md) says what they come to.
A duration is the median of its rounds where it names nothing else. A ratio is the figure divided by the one beside it.

```sh
{command}
```

{facts}
The databases:

{sizes}
{table}",
        command = machine.command,
    )
}

fn line_of(size: Size) -> String {
    format!("- {size}\n")
}

fn facts(machine: &Machine) -> String {
    let processors = machine.processors.to_string();
    let facts = [
        ("date", Some(machine.date.as_str())),
        ("system", Some(&machine.system)),
        ("processors", Some(&processors)),
        ("processor", machine.processor.as_deref()),
        ("memory", machine.memory.as_deref()),
        ("SQLite", Some(machine.sqlite)),
        ("Rust", Some(&machine.rust)),
    ];
    let known = facts.into_iter().filter_map(|(name, fact)| Some((name, fact?)));
    known.map(|(name, fact)| format!("- {name}: {fact}\n")).collect()
}
