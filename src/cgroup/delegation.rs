//! Whether the student's own systemd can be asked for a cgroup: `systemd-run --user --scope -p Delegate=yes`.

use std::path::{Path, PathBuf};

/// Whether there is a `systemd-run`, and a user manager that would answer it.
pub fn offered(uid: u32) -> bool {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    let runtime = runtime.map_or_else(|| PathBuf::from(format!("/run/user/{uid}")), PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    answers(&runtime) && std::env::split_paths(&path).any(|dir| dir.join("systemd-run").is_file())
}

/// The socket of a user manager, `user@.service(5)`.
fn answers(runtime: &Path) -> bool {
    runtime.join("systemd/private").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_socket_of_a_user_manager_nobody_answers() {
        let home = tempfile::tempdir().unwrap();
        assert!(!answers(home.path()));
        std::fs::create_dir(home.path().join("systemd")).unwrap();
        std::fs::write(home.path().join("systemd/private"), "").unwrap();
        assert!(answers(home.path()));
    }
}
