//! Asking each system for a container by its name: its own program first, its state files where there is none.

use std::{
    fs,
    io::{self, Read},
    os::fd::AsFd,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use serde::Deserialize;

use super::{Answer, Found};
use crate::inspect::{mounts::plain, systems::System};

/// A program that does not answer within this time is ended: its daemon hangs.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes.
const MOST: u64 = 64 * 1024;

/// Asks all of them.
pub(super) fn ask(name: &str) -> Vec<(System, Answer)> {
    vec![
        (System::Docker, docker(name, Path::new("/var/lib/docker/containers"))),
        (System::Podman, podman(name)),
        (System::Lxc, lxc(name)),
        (System::Nspawn, nspawn(name, Path::new("/run/systemd/machines"))),
    ]
}

fn docker(name: &str, state: &Path) -> Answer {
    let told = run(
        System::Docker,
        "docker",
        &["inspect", "--type", "container", "--format", "{{.State.Pid}}", name],
    );
    match told {
        // without its daemon the files still tell
        Answer::Absent | Answer::Failed(_) => match docker_files(name, state) {
            Answer::Absent => told,
            answer => answer,
        },
        told => told,
    }
}

/// What is used of `config.v2.json`.
#[derive(Deserialize)]
struct DockerConfig {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "State")]
    state: DockerState,
}

#[derive(Deserialize)]
struct DockerState {
    #[serde(rename = "Pid")]
    pid: i32,
}

fn docker_files(name: &str, state: &Path) -> Answer {
    let dir = match fs::read_dir(state) {
        Ok(dir) => dir,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Answer::Absent,
        Err(error) => return Answer::Failed(format!("{}: {error}", state.display())),
    };
    let wanted = name.trim_start_matches('/');
    for entry in dir.flatten() {
        let path = entry.path().join("config.v2.json");
        let Ok(Ok(config)) = fs::read(&path).map(|text| serde_json::from_slice::<DockerConfig>(&text)) else {
            continue;
        };
        let by_id = wanted.len() >= 12 && config.id.starts_with(wanted);
        if by_id || config.name.trim_start_matches('/') == wanted {
            return running(System::Docker, config.state.pid, path.display().to_string());
        }
    }
    Answer::Unknown
}

fn podman(name: &str) -> Answer {
    run(System::Podman, "podman", &["container", "inspect", "--format", "{{.State.Pid}}", name])
}

fn lxc(name: &str) -> Answer {
    if name.contains('/') {
        return Answer::Unknown;
    }
    run(System::Lxc, "lxc-info", &["-n", name, "-p", "-H"])
}

/// machined writes a file for every machine: `LEADER=17`, `org.freedesktop.machine1(5)`.
fn nspawn(name: &str, state: &Path) -> Answer {
    if name.contains('/') {
        return Answer::Unknown;
    }
    let path = state.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let leader = text.lines().find_map(|line| line.strip_prefix("LEADER=")?.trim().parse().ok());
            running(System::Nspawn, leader.unwrap_or_default(), path.display().to_string())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && state.is_dir() => Answer::Unknown,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Answer::Absent,
        Err(error) => Answer::Failed(format!("{}: {error}", path.display())),
    }
}

fn running(system: System, pid: i32, by: String) -> Answer {
    if pid > 0 { Answer::Found(Found { pid, system: Some(system), by }) } else { Answer::Stopped }
}

/// Runs a program that prints a PID.
fn run(system: System, program: &str, arguments: &[&str]) -> Answer {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Answer::Absent,
        Err(error) => return Answer::Failed(format!("{program}: {error}")),
    };
    let Some(success) = wait(&mut child) else {
        return Answer::Failed(format!("{program}: no answer in 5 s"));
    };
    let (out, complaint) = (text(child.stdout.take()), text(child.stderr.take()));
    answer(system, program, success, (&out, &complaint))
}

fn answer(system: System, program: &str, success: bool, (out, complaint): (&str, &str)) -> Answer {
    if success {
        let by = match program {
            "lxc-info" => program.to_owned(),
            _ => format!("{program} inspect"),
        };
        return match out.trim().parse() {
            Ok(pid) => running(system, pid, by),
            // lxc-info says nothing of one that does not run
            Err(_) if out.trim().is_empty() => Answer::Stopped,
            Err(_) => Answer::Failed(format!("{program}: {}", plain(out.trim()))),
        };
    }
    let lower = complaint.to_lowercase();
    let unknown = ["no such", "not exist", "doesn't exist", "not found", "no container"];
    if unknown.iter().any(|words| lower.contains(words)) && !lower.contains("connect") {
        Answer::Unknown
    } else {
        Answer::Failed(plain(complaint.lines().next().unwrap_or(program).trim()))
    }
}

/// What a program that has ended has said. It is not waited for the end of the file: what it left running (Podman does)
/// keeps the pipe open.
fn text(from: Option<impl Read + AsFd>) -> String {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        let at_once = fcntl(&from, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        // what cannot be read was not said
        drop(at_once.map(|_| from.take(MOST).read_to_end(&mut bytes)));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether it ended well; none where it had to be ended. What it prints is short enough for a pipe.
fn wait(child: &mut Child) -> Option<bool> {
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) | Err(_) => {
                // it may have ended in this moment, which is as good
                drop(child.kill());
                drop(child.wait());
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_docker_tell_the_process_by_name_and_by_id() {
        let dir = tempfile::tempdir().unwrap();
        let write = |id: &str, name: &str, pid: i32| {
            fs::create_dir(dir.path().join(id)).unwrap();
            let json = format!(r#"{{"ID":"{id}","Name":"/{name}","State":{{"Pid":{pid}}},"Other":[1]}}"#);
            fs::write(dir.path().join(id).join("config.v2.json"), json).unwrap();
        };
        write("61202bd7763ca5c8", "web", 17);
        write("71202bd7763ca5c8", "old", 0);
        fs::create_dir(dir.path().join("half")).unwrap();
        for name in ["web", "/web", "61202bd7763c"] {
            let Answer::Found(found) = docker_files(name, dir.path()) else { panic!("{name}") };
            assert_eq!(found.pid, 17);
        }
        assert_eq!(docker_files("old", dir.path()), Answer::Stopped);
        assert_eq!(docker_files("6", dir.path()), Answer::Unknown, "too short for an id");
        assert_eq!(docker_files("web", Path::new("/nonexistent")), Answer::Absent);
    }

    #[test]
    fn machined_tells_the_leader() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("deb"), "# This is private data.\nNAME=deb\nLEADER=42\n").unwrap();
        let Answer::Found(found) = nspawn("deb", dir.path()) else { panic!("not found") };
        assert_eq!((found.pid, found.system), (42, Some(System::Nspawn)));
        assert_eq!(nspawn("other", dir.path()), Answer::Unknown);
        assert_eq!(nspawn("deb", Path::new("/nonexistent")), Answer::Absent);
    }

    #[test]
    fn what_a_program_leaves_running_is_not_waited_for() {
        let began = Instant::now();
        let told = run(System::Podman, "sh", &["-c", "sleep 9 & echo 17"]);
        assert!(matches!(told, Answer::Found(Found { pid: 17, .. })), "{told:?}");
        assert!(began.elapsed() < Duration::from_secs(9));
    }

    #[test]
    fn what_a_program_says_is_understood() {
        let said = |success, out, complaint| answer(System::Docker, "docker", success, (out, complaint));
        assert!(matches!(said(true, "17\n", ""), Answer::Found(Found { pid: 17, .. })));
        assert_eq!(said(true, "0\n", ""), Answer::Stopped);
        assert_eq!(said(false, "", "Error: No such container: web"), Answer::Unknown);
        assert_eq!(
            said(false, "", "Error: no container with name or ID \"web\" found: no such container"),
            Answer::Unknown
        );
        let down = "Cannot connect to the Docker daemon at unix:///x. Is it running? No such file";
        assert_eq!(said(false, "", down), Answer::Failed(down.to_owned()));
        assert_eq!(run(System::Docker, "no-such-program-here", &[]), Answer::Absent);
    }
}
