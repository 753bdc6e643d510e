//! Programs that labs and the homework call for.

use std::path::{Path, PathBuf};

use super::{Check, Surroundings, Verdict};

const UTIL_LINUX: &str = "doctor.cure.util_linux";

/// Id, program, what it is for, how to get it.
const TOOLS: [(&str, &str, &str, &str); 13] = [
    ("tool.unshare", "unshare", "doctor.meaning.tool_unshare", UTIL_LINUX),
    ("tool.nsenter", "nsenter", "doctor.meaning.tool_nsenter", UTIL_LINUX),
    ("tool.mount", "mount", "doctor.meaning.tool_mount", UTIL_LINUX),
    ("tool.pivot_root", "pivot_root", "doctor.meaning.tool_pivot_root", UTIL_LINUX),
    ("tool.chroot", "chroot", "doctor.meaning.tool_chroot", "doctor.cure.coreutils"),
    ("tool.hostname", "hostname", "doctor.meaning.tool_hostname", "doctor.cure.hostname"),
    ("tool.ip", "ip", "doctor.meaning.tool_ip", "doctor.cure.iproute"),
    ("tool.ipcmk", "ipcmk", "doctor.meaning.tool_ipcmk", UTIL_LINUX),
    ("tool.setpriv", "setpriv", "doctor.meaning.tool_setpriv", UTIL_LINUX),
    ("tool.strace", "strace", "doctor.meaning.tool_strace", "doctor.cure.strace"),
    ("tool.docker", "docker", "doctor.meaning.tool_docker", "doctor.cure.docker"),
    ("tool.git", "git", "doctor.meaning.tool_git", "doctor.cure.git"),
    ("tool.make", "make", "doctor.meaning.tool_make", "doctor.cure.make"),
];

/// Where the docker command looks for its plug-ins; the first is below the home directory.
const PLUGINS: [&str; 5] = [
    ".docker/cli-plugins",
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// Where administrators' programs are when PATH does not say so, as for users of Debian.
const ASIDE: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

pub(super) fn checks(surroundings: &Surroundings) -> Vec<Check> {
    let mut checks: Vec<_> = TOOLS
        .iter()
        .map(|(id, program, meaning, cure)| tool(surroundings, id, program, (meaning, cure)))
        .collect();
    checks.push(compose(surroundings));
    checks
}

fn tool(
    surroundings: &Surroundings,
    id: &'static str,
    program: &str,
    (meaning, cure): (&'static str, &'static str),
) -> Check {
    if let Some(path) = surroundings.find_program(program) {
        return Check { id, verdict: Verdict::Ok, found: path.display().to_string(), meaning, cure: None };
    }
    let aside = ASIDE.iter().map(|dir| Path::new(dir).join(program)).find(|path| executable(path));
    let (found, cure) =
        aside.map_or_else(|| ("-".to_owned(), cure), |path| (path.display().to_string(), "doctor.cure.path"));
    Check { id, verdict: Verdict::Warn, found, meaning, cure: Some(cure) }
}

fn compose(surroundings: &Surroundings) -> Check {
    let home = PathBuf::from(surroundings.variable("HOME").unwrap_or_default());
    let plugin =
        PLUGINS.iter().map(|dir| home.join(dir).join("docker-compose")).find(|path| executable(path));
    let found = plugin.or_else(|| surroundings.find_program("docker-compose"));
    Check {
        id: "tool.compose",
        verdict: if found.is_some() { Verdict::Ok } else { Verdict::Warn },
        cure: found.is_none().then_some("doctor.cure.compose"),
        found: found.map_or_else(|| "-".to_owned(), |path| path.display().to_string()),
        meaning: "doctor.meaning.tool_compose",
    }
}

/// A regular file that somebody may execute.
pub(super) fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn a_tool_is_an_executable_file_in_path() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("git");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let here = Surroundings::of([("PATH", dir.path().to_str().unwrap())], None);
        let git = || tool(&here, "tool.git", "git", ("doctor.meaning.tool_git", "doctor.cure.git"));
        assert_eq!((git().verdict, git().found.as_str()), (Verdict::Warn, "-"), "not executable");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!((git().verdict, git().found), (Verdict::Ok, file.display().to_string()));
    }

    #[test]
    fn compose_may_be_a_plugin_in_the_home_directory() {
        let home = tempfile::tempdir().unwrap();
        let plugin = home.path().join(".docker/cli-plugins/docker-compose");
        fs::create_dir_all(plugin.parent().unwrap()).unwrap();
        fs::write(&plugin, "").unwrap();
        fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
        let here = Surroundings::of([("HOME", home.path().to_str().unwrap())], None);
        assert_eq!(compose(&here).found, plugin.display().to_string());
    }
}
