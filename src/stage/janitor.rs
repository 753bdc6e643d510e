//! The janitor: removes what stages that were killed have left, at the next start and on `korobka clean`.

use std::path::{Path, PathBuf};

use super::session::{self, PREFIX, Session, SessionError};
use crate::cgroup;

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

/// Looks at every session below a directory of ours and removes the abandoned ones.
pub fn sweep(parent: &Path) -> Swept {
    let mut swept = Swept::default();
    // Who else could write there could make us remove files of that name anywhere.
    if !session::is_ours(parent).unwrap_or(false) {
        return swept;
    }
    let Ok(_nobody_begins) = session::alone(parent) else { return swept };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let sessions = entries.filter(|entry| {
        entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
    });
    for dir in sessions.map(|entry| entry.path()) {
        match session::abandoned(&dir) {
            Some(true) => match cgroups_of(&dir).and_then(|()| session::remove(&dir)) {
                Ok(()) => swept.removed.push(dir),
                Err(error) => swept.kept.push((dir, error.to_string())),
            },
            Some(false) => swept.living += 1,
            None => swept.kept.push((dir, "its lock cannot be read".to_owned())),
        }
    }
    // Whoever was killed before its session's directory was made leaves this one; where there are sessions, it stays.
    std::fs::remove_dir(parent).ok();
    swept
}

/// Begins a session that only keeps notes. Where dead ones have all names of our number, which in a container comes round
/// soon, they are swept first.
pub fn begin(parent: &Path) -> Result<Session, SessionError> {
    Session::bare(parent).or_else(|_taken| {
        sweep(parent);
        Session::bare(parent)
    })
}

/// The cgroups that a dead session noted go first: without the notes nobody would know of them.
fn cgroups_of(dir: &Path) -> std::io::Result<()> {
    session::pid_of(dir).map_or(Ok(()), |pid| cgroup::notes::sweep(dir, pid).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_dead_session_with_our_number_is_not_in_the_way() {
        let home = tempfile::tempdir().unwrap();
        let dead = home.path().join(format!("{PREFIX}{}", std::process::id()));
        std::fs::create_dir_all(dead.join("box")).unwrap();
        std::fs::write(dead.join("lock"), "").unwrap();
        // Nor is a living one, of somebody who has our number in another PID namespace.
        let first = Session::create(home.path()).unwrap();
        let second = begin(home.path()).unwrap();
        assert!(first.dir() != dead && second.dir() != first.dir());
        assert_eq!((sweep(home.path()).removed, sweep(home.path()).living), (vec![dead], 2));
        first.remove().unwrap();
        second.remove().unwrap();
    }

    /// In /tmp anybody may make a directory under our number, and put links to other places into it.
    #[test]
    fn what_others_may_write_to_is_not_swept_and_links_are_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let precious = home.path().join("precious");
        std::fs::create_dir(&precious).unwrap();
        std::fs::write(precious.join("lock"), "").unwrap();
        let parent = home.path().join("sessions");
        std::fs::create_dir(&parent).unwrap();
        symlink(&precious, parent.join("session-1")).unwrap();
        assert_eq!(sweep(&parent), Swept::default());
        let dead = parent.join("session-2");
        std::fs::create_dir(&dead).unwrap();
        std::fs::set_permissions(&parent, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(sweep(&parent), Swept::default());
        assert!(precious.join("lock").exists() && dead.exists());
    }

    /// Nobody else opens it to write, so to open it to read would wait for ever.
    #[test]
    fn a_pipe_in_place_of_a_lock_does_not_hold_the_janitor() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("session-1");
        std::fs::create_dir(&dir).unwrap();
        nix::unistd::mkfifo(&dir.join("lock"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(sweep(parent.path()).removed, [dir]);
    }

    #[test]
    fn a_directory_that_was_made_for_no_session_goes() {
        let home = tempfile::tempdir().unwrap();
        let parent = home.path().join("korobka");
        std::fs::create_dir(&parent).unwrap();
        assert_eq!(sweep(&parent), Swept::default());
        assert!(!parent.exists());
    }

    #[test]
    fn a_session_that_is_being_made_is_not_taken_for_a_dead_one() {
        use crate::kernel::attempt::attempt;
        let home = tempfile::tempdir().unwrap();
        let parent = home.path().join("korobka");
        let begin_and_end = || {
            for _ in 0..200 {
                sweep(&parent);
                let made = Session::create(&parent).map_err(|_unmade| nix::errno::Errno::EEXIST)?;
                let alive = made.box_dir().exists() && sweep(&parent).living > 0 && made.box_dir().exists();
                made.remove().map_err(|_kept| nix::errno::Errno::EBUSY)?;
                if !alive {
                    return Err(nix::errno::Errno::ENOENT);
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let each = [(); 4].map(|()| scope.spawn(|| attempt(begin_and_end)));
            for one in each {
                assert_eq!(one.join().unwrap(), Ok(()));
            }
        });
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
