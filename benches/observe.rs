//! How long one look takes at a box of 50 processes, from outside, at the host and from inside: `cargo bench --bench
//! observe`. Prints medians in milliseconds.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use korobka::probe::{
    host::HostReader,
    inside::{Inside, InsideReader, Marker},
    process::ProcessReader,
};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

const PROCESSES: usize = 50;
const LOOKS: usize = 500;

/// A shell with sleeping children, ended as a whole.
struct Crowd(Child);

impl Crowd {
    fn start() -> io::Result<Self> {
        let script = format!("for i in $(seq {}); do sleep 1000 & done; wait", PROCESSES - 1);
        Command::new("sh").args(["-c", &script]).process_group(0).stdin(Stdio::null()).spawn().map(Self)
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap_or(i32::MAX)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        killpg(Pid::from_raw(self.pid()), Signal::SIGKILL).ok();
        self.0.wait().ok();
    }
}

/// The median of many runs, in milliseconds.
fn median<T>(mut look: impl FnMut() -> io::Result<T>) -> io::Result<f64> {
    let mut times = Vec::with_capacity(LOOKS);
    for _ in 0..LOOKS {
        let begin = Instant::now();
        std::hint::black_box(look()?);
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times.get(LOOKS / 2).copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn main() -> io::Result<()> {
    let (proc, nowhere) = (Path::new("/proc"), Path::new("/nonexistent"));
    let crowd = Crowd::start()?;
    let mut outside = ProcessReader::open(proc, crowd.pid())?;
    while outside.read(nowhere)?.tree.len() < PROCESSES {
        std::thread::yield_now();
    }
    let mut host = HostReader::new(proc, None);
    let marker = Marker { pid: crowd.pid(), name: "sh".to_owned() };
    let mut inside = InsideReader::new(&Inside {
        marker,
        port: None,
        witness: false,
        box_dir: String::new(),
        sights: Vec::new(),
    });
    let from_outside = median(|| outside.read(nowhere))?;
    let of_host = median(|| Ok(host.read(nowhere)))?;
    let from_inside = median(|| Ok(inside.read()))?;
    writeln!(
        io::stdout(),
        "observation {:.3} ms: {from_outside:.3} from outside, {of_host:.3} of the host, {from_inside:.3} from inside",
        from_outside + of_host + from_inside
    )
}
