//! What to do about a statement that fails: whether the engine is gone, or refuses it.

use std::time::Duration;

use serde_json::Value;

use crate::client::{Client, Failure, Level};
use crate::error::Error;
use crate::markers::Markers;

/// The pauses between tries double from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What any engine answers that is there.
const PROBE: &str = "SELECT 1";

impl Markers<'_> {
    /// Runs a statement until it succeeds. The inner error is that of a statement which an engine that is there
    /// has failed twice in a row: once may have been an answer that was lost with a leader.
    pub(crate) fn attempt<T>(
        &mut self,
        mut run: impl FnMut(&mut dyn Client) -> Result<T, Failure>,
    ) -> Result<Result<T, Failure>, Error> {
        let (mut failing_since, mut pause, mut is_refused) = (None, FIRST_PAUSE, false);
        loop {
            let failure = match run(self.client) {
                Ok(answer) => return Ok(Ok(answer)),
                Err(failure) => failure,
            };
            let failing_since = *failing_since.get_or_insert_with(|| self.time.now());
            if self.client.query(PROBE, &[], Level::Weak).is_ok() {
                if is_refused {
                    return Ok(Err(failure));
                }
                is_refused = true;
                continue;
            }
            is_refused = false;
            if self.time.now().duration_since(failing_since) >= self.patience {
                return Err(Error::Engine(failure));
            }
            self.time.wait(pause);
            pause = LONGEST_PAUSE.min(pause * 2);
            self.tell()?;
        }
    }

    /// Asks what can't be halved.
    pub(crate) fn ask(&mut self, sql: &str, values: &[&str], level: Level) -> Result<Vec<Vec<Value>>, Error> {
        self.attempt(|client| client.query(sql, values, level))?.map_err(Error::Engine)
    }
}
