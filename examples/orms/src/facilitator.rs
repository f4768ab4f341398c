//! What is created, and what comes of it.

/// A facilitator that is to be created.
#[derive(Debug, Clone)]
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

/// Why no facilitator was created, or no owner enrolled.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("no user has the id {0:?}")]
    UnknownOwner(String),
    #[error("the owner is {0}")]
    NotEnrolled(String),
    #[error(transparent)]
    Marker(#[from] facilitator_markers::Error),
    #[error(transparent)]
    Rusqlite(#[from] facilitator_markers::rusqlite::Error),
    #[error(transparent)]
    Diesel(#[from] diesel::result::Error),
    #[error(transparent)]
    SeaOrm(#[from] sea_orm::DbErr),
}

/// Whether a facilitator can be committed with this outcome, which is given back.
///
/// # Errors
///
/// If it can't, because it is nobody's.
pub fn accept(outcome: String, facilitator: &NewFacilitator) -> Result<String, Error> {
    match outcome.as_str() {
        "created" | "already_enrolled" => Ok(outcome),
        // The facilitator can settle payments; the volume counts once somebody has put the row right.
        "ambiguous_user" | "unreadable_date" => Ok(outcome),
        "unknown_user" => Err(Error::UnknownOwner(facilitator.owner.clone())),
        _ => Err(Error::NotEnrolled(outcome)),
    }
}
