//! The directories of one measurement, in the session's own: where the root is put together, and what the questions
//! about files are about. Made before, removed after; what a killed stage left is removed by the janitor, by the same
//! names.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::container::root::{DEVICES, DIRECTORIES, FILES, LINKS, LOADER, SETTINGS_AND_PROGRAMS, SYS};

/// Where the root is put together.
const ROOT: &str = "dial";
/// Where the files that are asked about are.
const FACTS: &str = "asked";
/// A file of the host.
pub(super) const TOKEN: &str = "token";
/// A file that the box makes.
pub(super) const OWNER: &str = "owner";
/// A file that the box leaves.
pub(super) const LEFT: &str = "left";

/// The two directories.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) asked: PathBuf,
    session: PathBuf,
}

impl Place {
    /// Makes them, with a file that the box is asked about.
    pub(super) fn make(session: &Path) -> io::Result<Self> {
        remove(session)?;
        let place =
            Self { root: session.join(ROOT), asked: session.join(FACTS), session: session.to_owned() };
        fs::create_dir(&place.root)?;
        fs::create_dir(&place.asked)?;
        fs::write(place.asked.join(TOKEN), "a file of the host\n")?;
        Ok(place)
    }

    pub(super) fn remove(&self) {
        if let Err(error) = remove(&self.session) {
            tracing::warn!(%error, "what the dial made stays until the session ends");
        }
    }
}

/// Removes what a measurement made in a session's directory, by the names that it makes; what is absent is fine.
pub fn remove(session: &Path) -> io::Result<()> {
    let (root, asked) = (session.join(ROOT), session.join(FACTS));
    for name in [TOKEN, OWNER, LEFT] {
        absent_is_fine(fs::remove_file(asked.join(name)))?;
    }
    absent_is_fine(fs::remove_dir(asked))?;
    if !root.exists() {
        return Ok(());
    }
    let files = FILES.iter().map(|(name, _)| (*name).to_owned());
    let links = LINKS.iter().map(|(name, _)| (*name).to_owned());
    let devices = DEVICES.iter().map(|name| format!("dev/{name}"));
    let loader = LOADER.iter().map(|name| (*name).to_owned());
    for name in files.chain(links).chain(devices).chain(loader).chain([LEFT.to_owned()]) {
        absent_is_fine(fs::remove_file(root.join(name)))?;
    }
    for name in SETTINGS_AND_PROGRAMS {
        let path = root.join(name);
        let link = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
        absent_is_fine(if link { fs::remove_file(path) } else { fs::remove_dir(path) })?;
    }
    for name in DIRECTORIES.iter().rev().chain([&SYS]) {
        absent_is_fine(fs::remove_dir(root.join(name)))?;
    }
    absent_is_fine(fs::remove_dir(root))
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        container::{Host, root::furnished},
        kernel::Call,
    };

    #[test]
    fn all_that_a_root_is_furnished_with_is_removed() {
        let session = tempfile::tempdir().unwrap();
        let place = Place::make(session.path()).unwrap();
        let host = Host { terminal: None, ..Host::look() };
        let mut files = 0;
        for call in furnished(place.root.to_str().unwrap(), &host) {
            match call {
                Call::Mkdir(path) => fs::create_dir(path).unwrap(),
                Call::Symlink { target, link } => std::os::unix::fs::symlink(target, link).unwrap(),
                Call::Create { path, text } => {
                    fs::write(path, text).unwrap();
                    files += 1;
                }
                _ => {}
            }
        }
        assert!(files > FILES.len() + DEVICES.len() || host.files.is_empty());
        remove(session.path()).unwrap();
        assert_eq!(fs::read_dir(session.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_made_is_removed_and_what_was_not_is_not_touched() {
        let session = tempfile::tempdir().unwrap();
        remove(session.path()).unwrap();
        let place = Place::make(session.path()).unwrap();
        for name in DIRECTORIES.into_iter().chain([SYS]) {
            fs::create_dir(place.root.join(name)).unwrap();
        }
        fs::write(place.root.join("etc/passwd"), "").unwrap();
        std::os::unix::fs::symlink("usr/bin", place.root.join("bin")).unwrap();
        fs::write(place.root.join("precious"), "").unwrap();
        assert!(remove(session.path()).is_err());
        assert!(place.root.join("precious").exists());
        fs::remove_file(place.root.join("precious")).unwrap();
        place.remove();
        assert_eq!(fs::read_dir(session.path()).unwrap().count(), 0);
    }
}
