//! The janitor: removes what stages that were killed have left, at the next start and on `korobka clean`.

use std::path::{Path, PathBuf};

use super::session::{self, PREFIX};

/// What the janitor did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Directories of dead sessions that are gone now.
    pub removed: Vec<PathBuf>,
    /// Those that could not be removed, and why.
    pub kept: Vec<(PathBuf, String)>,
    /// How many sessions live.
    pub living: usize,
}

/// Looks at every session below a directory and removes the abandoned ones.
pub fn sweep(parent: &Path) -> Swept {
    let mut swept = Swept::default();
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let sessions = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for dir in sessions.map(|entry| entry.path()) {
        match session::abandoned(&dir) {
            Some(true) => match session::remove(&dir) {
                Ok(()) => swept.removed.push(dir),
                Err(error) => swept.kept.push((dir, error.to_string())),
            },
            Some(false) => swept.living += 1,
            None => swept.kept.push((dir, "its lock cannot be read".to_owned())),
        }
    }
    swept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::session::Session;

    #[test]
    fn a_dead_session_goes_a_living_one_and_strangers_stay() {
        let home = tempfile::tempdir().unwrap();
        let parent = home.path().join("korobka");
        let living = Session::create(&parent).unwrap();
        let dead = parent.join("session-1");
        std::fs::create_dir_all(dead.join("box")).unwrap();
        std::fs::write(dead.join("lock"), "").unwrap();
        let surprising = parent.join("session-2");
        std::fs::create_dir_all(surprising.join("box")).unwrap();
        std::fs::write(surprising.join("box/precious"), "").unwrap();
        std::fs::create_dir(parent.join("other")).unwrap();

        let swept = sweep(&parent);
        assert_eq!(swept.removed, std::slice::from_ref(&dead));
        assert_eq!(swept.living, 1);
        assert_eq!(swept.kept.len(), 1);
        assert!(!dead.exists() && surprising.join("box/precious").exists() && parent.join("other").exists());

        let dir = living.box_dir();
        living.remove().unwrap();
        assert!(!dir.exists());
    }

    #[test]
    fn somebody_elses_directory_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let parent = home.path().join("open");
        std::fs::create_dir(&parent).unwrap();
        std::fs::set_permissions(&parent, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Session::create(&parent).is_err());
    }
}
