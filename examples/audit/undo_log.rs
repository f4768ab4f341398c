//! The file that says how to undo a repair: a JSON object a line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use facilitator_markers::Change;
use serde_json::error::Category;

use crate::entry::Entry;
use crate::failure::Failure;

/// An undo log whose lines have been looked at.
pub(crate) struct UndoLog {
    path: PathBuf,
    file: File,
    /// Where its entries are.
    places: Vec<Place>,
    /// The numbers of lines that were cut off, by a crash while they were written.
    cut_off: Vec<usize>,
}

struct Place {
    offset: u64,
    bytes: usize,
}

impl UndoLog {
    /// Opens a log to add to it, or makes it. A file that holds anything else is refused, and left as it is.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::UndoLog { path: path.to_owned(), error };
        check_kind(path)?;
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut log = Self::of(path, file)?;
        log.begin().map_err(failed)?;
        Ok(log)
    }

    /// Opens a log to read it.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        check_kind(path)?;
        let file = File::open(path).map_err(|error| Failure::UndoLog { path: path.to_owned(), error })?;
        Self::of(path, file)
    }

    fn of(path: &Path, file: File) -> Result<Self, Failure> {
        let mut log = UndoLog { path: path.to_owned(), file, places: Vec::new(), cut_off: Vec::new() };
        let failed = |error| Failure::UndoLog { path: path.to_owned(), error };
        let (mut lines, mut line, mut offset) = (BufReader::new(&log.file), Vec::new(), 0);
        for number in 1.. {
            line.clear();
            let other = || Failure::NotAnUndoLog { path: path.to_owned(), line: number };
            match lines.fill_buf().map_err(failed)?.first() {
                None => break,
                // What a file system leaves of a crash may be zeros.
                Some(b'{' | 0) => {}
                // Whatever it is, and however long its lines.
                Some(_) => return Err(other()),
            }
            let bytes = lines.read_until(b'\n', &mut line).map_err(failed)?;
            match entry(&line) {
                Some(Ok(_)) => log.places.push(Place { offset, bytes }),
                Some(Err(CutOff)) => log.cut_off.push(number),
                None => return Err(other()),
            }
            offset += bytes as u64;
        }
        Ok(log)
    }

    /// Ends a line that was cut off, and makes sure that the file itself will be there after a crash.
    fn begin(&mut self) -> io::Result<()> {
        let length = self.file.seek(SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if length > 0 {
            self.file.seek(SeekFrom::Start(length - 1))?;
            self.file.read_exact(&mut last)?;
        }
        if last != [b'\n'] {
            self.file.write_all(b"\n")?;
        }
        self.file.sync_all()?;
        if cfg!(unix) {
            let folder = fs::canonicalize(&self.path)?;
            File::open(folder.parent().unwrap_or(&folder))?.sync_all()?;
        }
        Ok(())
    }

    /// Adds a change. It is on the disk when this returns.
    pub(crate) fn add(&mut self, change: &Change) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Entry::of(change))?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }

    pub(crate) fn failed(&self, error: io::Error) -> Failure {
        Failure::UndoLog { path: self.path.clone(), error }
    }

    /// A sentence about the lines that were cut off, if there are some.
    pub(crate) fn warning(&self) -> Option<String> {
        let numbers: Vec<_> = self.cut_off.iter().map(ToString::to_string).collect();
        let path = self.path.display();
        (!numbers.is_empty()).then(|| {
            format!(
                "{path}: cut off by a crash, and passed over: line {}; a change is committed only after its line is \
                 whole",
                numbers.join(", ")
            )
        })
    }

    /// Tells `f` each entry, the last one first.
    pub(crate) fn for_each_from_the_last(
        &self,
        mut f: impl FnMut(Entry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut file = &self.file;
        for (number, place) in self.places.iter().enumerate().rev() {
            let mut line = vec![0; place.bytes];
            file.seek(SeekFrom::Start(place.offset))
                .and_then(|_| file.read_exact(&mut line))
                .map_err(|error| self.failed(error))?;
            match entry(&line) {
                Some(Ok(entry)) => f(entry)?,
                // Somebody has written over it meanwhile.
                _ => return Err(Failure::NotAnUndoLog { path: self.path.clone(), line: number + 1 }),
            }
        }
        Ok(())
    }
}

/// What isn't a file may have no end, or nothing to read yet.
fn check_kind(path: &Path) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(Failure::NotAnUndoLog { path: path.to_owned(), line: 1 }),
        _ => Ok(()),
    }
}

/// A line that was not written to its end.
struct CutOff;

/// What a line is, if it is of an undo log.
fn entry(line: &[u8]) -> Option<Result<Entry, CutOff>> {
    let end = line.iter().rposition(|byte| !matches!(byte, 0 | b'\n')).map_or(0, |last| last + 1);
    match serde_json::from_slice::<Entry>(&line[..end]) {
        Ok(entry) => entry.is_of_a_repair().then_some(Ok(entry)),
        Err(error) => (error.classify() == Category::Eof).then_some(Err(CutOff)),
    }
}
