//! The file itself: schema, journal, reading and appending.

use std::{collections::HashSet, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};

use super::entry::Entry;

/// From version n to n + 1. Never changed, only added to.
const MIGRATIONS: &[&str] = &["CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,   -- milliseconds since 1970
        kind TEXT NOT NULL,
        data TEXT NOT NULL     -- JSON
    ) STRICT"];

/// How long to wait for another window; an entry that waits longer is written with the next one.
const BUSY: Duration = Duration::from_millis(250);

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A later version of the program made it.
    #[error("made by a newer version")]
    Newer,
    /// `SQLite` says no.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Whether an error means that the file's content is broken.
pub(super) fn damaged(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

/// An open file.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    /// The last event that was read.
    seen: i64,
}

impl Database {
    #[cfg(test)]
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Opens or makes the file, and brings its schema up to date.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        if version(&connection)? == 0 {
            // the very first start does not wait for the disk either: there is nothing to lose yet
            connection.execute_batch("PRAGMA synchronous = OFF")?;
        }
        connection.execute_batch("PRAGMA journal_mode = WAL")?;
        migrate(&mut connection)?;
        // a commit survives the end of the program without waiting for the disk
        connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        Ok(Self { connection, seen: 0 })
    }

    /// The entries since the last call, of equal ones the latest: their sum is the same, and a page that was turned to a
    /// hundred times is parsed once. Those of kinds that this version does not know are passed over.
    pub(super) fn news(&mut self) -> rusqlite::Result<Vec<Entry>> {
        let mut query = self
            .connection
            .prepare_cached("SELECT id, kind, data FROM event WHERE id > ?1 ORDER BY id DESC")?;
        let mut rows = query.query([self.seen])?;
        let (mut entries, mut known, mut json) = (Vec::new(), HashSet::new(), String::new());
        let mut seen = self.seen;
        while let Some(row) = rows.next()? {
            seen = seen.max(row.get(0)?);
            let (Ok(kind), Ok(data)) = (row.get_ref(1)?.as_str(), row.get_ref(2)?.as_str()) else { continue };
            json.clear();
            json.extend([r#"{"kind":""#, kind, r#"","data":"#, data, "}"]);
            if !known.contains(&json) {
                entries.extend(serde_json::from_str(&json));
                known.insert(json.clone());
            }
        }
        self.seen = seen;
        entries.reverse();
        Ok(entries)
    }

    /// Appends entries: all or none.
    pub(super) fn append(&mut self, entries: &[(i64, Entry)]) -> rusqlite::Result<()> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (at, entry) in entries {
            let (kind, data) = columns(entry)?;
            change
                .prepare_cached("INSERT INTO event (at, kind, data) VALUES (?1, ?2, ?3)")?
                .execute(params![at, kind, data])?;
        }
        change.commit()
    }
}

fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let latest = MIGRATIONS.len() as u32;
    if version(connection)? == latest {
        return Ok(());
    }
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // again, now that no other window can migrate it
    let done = version(&change)?;
    if done > latest {
        return Err(Error::Newer);
    }
    for step in MIGRATIONS.iter().skip(done as usize) {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", latest)?;
    Ok(change.commit()?)
}

/// How many migrations the file has seen.
fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// An entry's kind and the rest of it as JSON.
fn columns(entry: &Entry) -> rusqlite::Result<(String, String)> {
    let refused = |e: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(e.into());
    let mut value = serde_json::to_value(entry).map_err(refused)?;
    let kind = value.get("kind").and_then(|k| k.as_str()).unwrap_or_default().to_owned();
    Ok((kind, value.get_mut("data").map(serde_json::Value::take).unwrap_or_default().to_string()))
}
