//! What can go wrong below: the database is away, a rule of its own was broken, or a row makes no sense.

use crate::keys::KeyError;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Try again: the database is away, busy or ended the transaction (deadlock, time limit).
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A unique or foreign key refused it; the name says which.
    #[error("the constraint {constraint} was broken")]
    Conflict { constraint: String },
    #[error("a row of {table} can't be read: {reason}")]
    Inconsistent { table: &'static str, reason: String },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("there is no such business")]
    NoSuchTenant,
    /// A mistake of ours in SQL.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] sqlx::Error),
    #[error("{0}")]
    Setup(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(db) = error.as_database_error() else {
            return match error {
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => {
                    Self::Refused(error)
                }
                _ => Self::Unavailable(error),
            };
        };
        if let Some(constraint) = db.constraint().filter(|_| db.code().is_some_and(|c| c.starts_with("23"))) {
            return Self::Conflict { constraint: constraint.to_owned() };
        }
        // Connection trouble, serialisation and deadlocks, out of resources, shutting down, time limits.
        let passing =
            db.code().is_some_and(|c| ["08", "40", "53", "57", "55"].iter().any(|class| c.starts_with(class)));
        if passing { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}

impl StoreError {
    /// Whether the same act may succeed in a moment without anybody changing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether another transaction won: a deadlock or a serialisation failure. The same again at once will do.
    #[must_use]
    pub fn lost_a_race(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code.starts_with("40"))
    }

    /// Whether this constraint was broken.
    #[must_use]
    pub fn broke(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }
}
