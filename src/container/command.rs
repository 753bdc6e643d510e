//! The command that runs in a box: found, given an environment, started.

use std::{
    env,
    ffi::{CString, OsString},
    fs, io,
    os::unix::{ffi::OsStringExt, fs::PermissionsExt},
    path::{Path, PathBuf},
};

use nix::{errno::Errno, sys::signal::SigSet};

use crate::kernel::program::Program;

/// Where programs are in a box with a root of its own, `environ(7)`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What such a box is told of the terminal it is on.
const KEPT: [&str; 5] = ["TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE"];

/// A command and how it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// Whether the box has a root of its own: then it has an environment of its own too.
    pub own_root: bool,
}

impl Command {
    /// Starts it as a child, in front of the terminal if it is asked to; its pid. The mask of signals is its own.
    pub fn spawn(&self, in_front: bool, mask: SigSet) -> Result<i32, Errno> {
        self.program()?.spawn(in_front, mask)
    }

    /// Becomes it. Returns only where that fails.
    pub fn exec(&self, mask: SigSet) -> Errno {
        match self.program() {
            Ok(program) => program.exec(mask),
            Err(errno) => errno,
        }
    }

    fn program(&self) -> Result<Program, Errno> {
        let name = self.words.first().ok_or(Errno::ENOENT)?;
        let path = if self.own_root { PATH.into() } else { env::var_os("PATH").unwrap_or_default() };
        let words = self.words.iter().map(|word| c_string(word.clone()));
        let environment = self.environment().into_iter().map(|(mut line, value)| {
            line.push("=");
            line.push(value);
            c_string(line)
        });
        Ok(Program {
            path: c_string(find(Path::new(name), &path)?.into_os_string())?,
            words: words.collect::<Result<_, _>>()?,
            environment: environment.collect::<Result<_, _>>()?,
        })
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        if !self.own_root {
            return env::vars_os().collect();
        }
        let own = [("PATH", PATH), ("HOME", "/root")].map(|(name, value)| (name.into(), value.into()));
        let kept = KEPT.iter().filter_map(|name| Some((name.into(), env::var_os(name)?)));
        own.into_iter().chain(kept).collect()
    }
}

/// `EINVAL` for text with a zero byte in it, which no program can be given.
fn c_string(text: OsString) -> Result<CString, Errno> {
    CString::new(text.into_vec()).map_err(|_zero_inside| Errno::EINVAL)
}

/// The status that stands for a command that could not be started: 127 for one that is not there, 126 for one that
/// cannot be run, `sh(1p)`.
pub const fn status_of(errno: Errno) -> i32 {
    match errno {
        Errno::ENOENT | Errno::ENOTDIR => 127,
        _ => 126,
    }
}

/// As a shell looks for it: a name with a slash is a path, another one is in a directory of `PATH`.
fn find(name: &Path, path: &OsString) -> Result<PathBuf, Errno> {
    if name.components().count() != 1 || name.as_os_str().to_string_lossy().contains('/') {
        return Ok(name.to_owned());
    }
    let mut wrong = Errno::ENOENT;
    for dir in env::split_paths(path) {
        let candidate = dir.join(name);
        match fs::metadata(&candidate) {
            Ok(meta) if meta.is_file() && meta.permissions().mode() & 0o111 != 0 => return Ok(candidate),
            Ok(_) => wrong = Errno::EACCES,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => wrong = Errno::EACCES,
            Err(_) => {}
        }
    }
    Err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_as_a_shell_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let path: OsString = dir.path().into();
        fs::write(dir.path().join("tool"), "").unwrap();
        assert_eq!(find(Path::new("tool"), &path), Err(Errno::EACCES));
        fs::set_permissions(dir.path().join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find(Path::new("tool"), &path), Ok(dir.path().join("tool")));
        assert_eq!(find(Path::new("none"), &path), Err(Errno::ENOENT));
        assert_eq!(find(Path::new("./tool"), &path), Ok(PathBuf::from("./tool")));
        assert_eq!(
            (status_of(Errno::ENOENT), status_of(Errno::EACCES), status_of(Errno::ENOEXEC)),
            (127, 126, 126)
        );
    }
}
