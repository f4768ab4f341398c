//! Passing over all markers, with what facilitators and users tell of them.

use rusqlite::Connection;

use super::row::COLUMNS;
use super::suspects::Suspect;
use crate::error::Error;
use crate::facilitators;
use crate::join::addresses::Addresses;
use crate::join::freshness::Freshness;
use crate::join::laps::Restarts;
use crate::join::pages::{BYTES_AT_ONCE, Flow, Page, Pages, Reading};
use crate::join::read::{Advance, ReadPhase};
use crate::join::recheck::Recheck;
use crate::memory::OutOfMemory;
use crate::schema::Schema;

/// Where a pass over the markers stands. It holds nothing of the connection, which each page is given anew.
pub(crate) struct Pass {
    pub(crate) schema: Schema,
    /// Whether the addresses are as the database has them.
    pub(crate) freshness: Freshness,
    /// Whether a marker is looked up without reading whole tables.
    pub(crate) looks_up: bool,
    addresses: Addresses,
    stage: Stage,
    restarts: Restarts,
}

enum Stage {
    /// The tables are to be read.
    Beginning,
    /// Reading facilitators and users.
    Reading(Box<ReadPhase>),
    /// Reading the markers whose id is a text.
    Markers(Box<Pages>),
    /// Reading the others.
    OtherMarkers,
    /// All markers are read that belong to this part of the addresses.
    EndOfPart,
}

/// What was passed.
pub(crate) enum Passed {
    /// So many rows of facilitators or users.
    Rows(u64),
    Markers(Markers),
    /// Rows have been moved while they were read. All markers of this part come again.
    Moved,
    /// All markers that belong to this part of the addresses.
    Part,
}

/// A page of markers.
pub(crate) struct Markers {
    /// How many rows were read.
    pub(crate) rows: u64,
    /// How many of them are markers that belong to this part.
    pub(crate) count: u64,
    /// Those that may be wrong.
    pub(crate) suspects: Vec<Suspect>,
    /// The version of the database that was read, if it was one.
    pub(crate) version: Option<u32>,
}

impl Pass {
    /// Begins, with room for the addresses of so many facilitators as these have.
    pub(crate) fn new(
        conn: &Connection,
        addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    ) -> Result<Self, Error> {
        let schema = Schema::read(conn)?;
        Ok(Pass {
            addresses: addresses(facilitators::count(conn)?)?,
            schema,
            freshness: Freshness::Unread,
            looks_up: true,
            stage: Stage::Beginning,
            restarts: Restarts::default(),
        })
    }

    /// Whether nothing is left of this part.
    pub(crate) fn is_at_end_of_part(&self) -> bool {
        matches!(self.stage, Stage::EndOfPart)
    }

    /// Whether markers are what is read next.
    pub(crate) fn is_at_markers(&self) -> bool {
        matches!(self.stage, Stage::Markers(_) | Stage::OtherMarkers)
    }

    /// Goes on to the next part of the addresses; `false` if there is none.
    pub(crate) fn next_part(&mut self) -> bool {
        self.restarts = Restarts::default();
        self.stage = Stage::Beginning;
        self.addresses.advance()
    }

    /// Reads on, at most `limit` rows. After an error, the same rows are read again.
    pub(crate) fn read(&mut self, conn: &Connection, limit: u64) -> Result<Passed, Error> {
        match &mut self.stage {
            Stage::Beginning => {
                self.schema = Schema::read(conn)?;
                self.freshness = Freshness::Unread;
                self.looks_up = Recheck::new(conn, &self.schema)?.looks_up();
                self.stage = Stage::Reading(Box::new(ReadPhase::of_owners(&self.schema)));
                Ok(Passed::Rows(0))
            }
            Stage::Reading(phase) => match phase.read(conn, &self.schema, &mut self.addresses, limit)? {
                Advance::Page { rows, version } => {
                    self.freshness = self.freshness.after_reading(version);
                    if phase.is_finished() {
                        self.stage = self.first_markers();
                    }
                    Ok(Passed::Rows(rows))
                }
                Advance::BeginAgain => {
                    self.addresses.clear();
                    self.begin_again(conn, Stage::Beginning)
                }
            },
            Stage::Markers(pages) => {
                let Some((markers, page)) = read_markers(pages, conn, &self.addresses, limit)? else {
                    let stage = self.first_markers();
                    return self.begin_again(conn, stage);
                };
                if !page.is_last() {
                    pages.move_past(page);
                } else if Pages::are_all_markers(&self.schema) {
                    self.stage = Stage::EndOfPart;
                } else {
                    self.stage = Stage::OtherMarkers;
                }
                Ok(Passed::Markers(markers))
            }
            Stage::OtherMarkers => {
                let pages = Pages::of_other_markers(&self.schema, &COLUMNS);
                let read = read_markers(&pages, conn, &self.addresses, limit)?;
                self.stage = Stage::EndOfPart;
                Ok(read.map_or(Passed::Part, |(markers, _)| Passed::Markers(markers)))
            }
            Stage::EndOfPart => Ok(Passed::Part),
        }
    }

    fn first_markers(&self) -> Stage {
        Stage::Markers(Box::new(Pages::of_markers(&self.schema, &COLUMNS)))
    }

    fn begin_again(&mut self, conn: &Connection, stage: Stage) -> Result<Passed, Error> {
        self.restarts.add(conn)?;
        self.stage = stage;
        Ok(Passed::Moved)
    }
}

/// The next markers; nothing where rows have been moved.
fn read_markers(
    pages: &Pages,
    conn: &Connection,
    addresses: &Addresses,
    limit: u64,
) -> Result<Option<(Markers, Page)>, Error> {
    let (mut count, mut bytes, mut suspects) = (0, 0, Vec::new());
    let reading = pages.read(conn, limit, |record| {
        if let Some(suspect) = Suspect::read(record, addresses, &mut count)? {
            bytes += suspect.row.bytes();
            suspects.push(suspect);
        }
        Ok(if bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
    })?;
    let Reading::Page(page) = reading else { return Ok(None) };
    let markers = Markers { rows: page.rows, count, suspects, version: page.version };
    Ok(Some((markers, page)))
}
