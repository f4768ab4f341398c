//! Standard output and standard error, whose reader may leave early.

use std::io::{self, ErrorKind, Write};

/// A stream that drops what is written after its reader has left, as `head` does.
pub(crate) struct Output<W> {
    stream: W,
    reader_left: bool,
}

impl Output<io::Stdout> {
    pub(crate) fn stdout() -> Self {
        Output { stream: io::stdout(), reader_left: false }
    }
}

impl Output<io::Stderr> {
    pub(crate) fn stderr() -> Self {
        Output { stream: io::stderr(), reader_left: false }
    }
}

impl<W: Write> Output<W> {
    fn unless_reader_left<T>(
        &mut self,
        dropped: T,
        write: impl FnOnce(&mut W) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.reader_left {
            return Ok(dropped);
        }
        match write(&mut self.stream) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.reader_left = true;
                Ok(dropped)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_reader_left(bytes.len(), |stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_reader_left((), |stream| stream.flush())
    }
}
