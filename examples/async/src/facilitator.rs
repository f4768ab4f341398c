//! What is created, and what comes of it.

use facilitator_markers::Enrollment;
use serde::Deserialize;

/// Inserts a facilitator. The parameters are `id`, `subdomain`, `owner_address` and `created_at`.
pub const INSERT: &str = "INSERT INTO facilitators (id, name, subdomain, owner_address, created_at) \
                          VALUES (?1, ?2, ?2, ?3, ?4)";

/// A facilitator that is to be created.
#[derive(Debug, Clone, Deserialize)]
pub struct NewFacilitator {
    /// Its id.
    pub id: String,
    /// Its subdomain, and its name.
    pub subdomain: String,
    /// The user whom it belongs to.
    pub owner: String,
    /// When it is created.
    pub created_at: String,
}

impl NewFacilitator {
    /// The owner as facilitators carry it.
    pub fn owner_address(&self) -> String {
        self.owner.to_ascii_lowercase()
    }
}

/// Why no facilitator was created.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("no user has the id {0:?}")]
    UnknownOwner(String),
    #[error("the owner is {0}")]
    NotEnrolled(&'static str),
    #[error(transparent)]
    Marker(#[from] facilitator_markers::Error),
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    #[error(transparent)]
    Rusqlite(#[from] facilitator_markers::rusqlite::Error),
}

/// Whether a facilitator can be committed with this outcome.
///
/// # Errors
///
/// If it can't, because it is nobody's.
pub fn accept(enrollment: Enrollment, facilitator: &NewFacilitator) -> Result<Enrollment, Error> {
    match enrollment {
        Enrollment::Created(_) | Enrollment::AlreadyEnrolled(_) => Ok(enrollment),
        // The facilitator can settle payments; the volume counts once somebody has put the row right.
        Enrollment::AmbiguousUser | Enrollment::UnreadableDate => Ok(enrollment),
        Enrollment::UnknownUser => Err(Error::UnknownOwner(facilitator.owner.clone())),
        other => Err(Error::NotEnrolled(other.name())),
    }
}
