//! What each action does, call by call. One action a file; every call goes through a [`Kernel`], which traces it.

use nix::errno::Errno;

use crate::{
    kernel::{Call, Kernel, forked},
    lab::{action::Action, trace::Failure},
};

mod chroot;
mod covers;
mod create_ipc;
pub mod deed;
mod drop_capabilities;
mod file;
mod furnish_layers;
mod furnish_root;
mod image;
mod lo_up;
mod make_private;
pub mod map_ids;
mod mount;
mod no_new_privs;
mod overlay;
mod pivot_root;
mod seccomp;
mod set_hostname;
pub mod spawn_workload;
mod time_offset;
pub mod try_unshare;
mod unshare;

/// Carries out one action of a subject on itself. A clone, and what the stage does from outside, are not here: see
/// [`super::subject`] and [`map_ids`].
pub fn perform(action: &Action, kernel: &mut dyn Kernel, box_dir: &str) -> Result<(), Failure> {
    match action {
        Action::SpawnWorkload { workload, at } => {
            spawn_workload::act(kernel, *workload, at.is_some(), box_dir).map(drop)
        }
        Action::Unshare { ns } => unshare::act(kernel, ns),
        Action::SetHostname { name } => set_hostname::act(kernel, name.as_str()),
        Action::MakePrivate {} => make_private::act(kernel),
        Action::Mount { what, at } => mount::act(kernel, *what, &at.path(box_dir)),
        Action::AttachImage { quota } => image::attach(kernel, box_dir, *quota),
        Action::MountImage { quota } => image::mount(kernel, box_dir, *quota),
        Action::SetQuota { to } => image::set_quota(kernel, box_dir, to),
        Action::FurnishRoot {} => furnish_root::act(kernel, box_dir),
        Action::FurnishLayers {} => furnish_layers::act(kernel, box_dir),
        Action::MountOverlay { tree } => overlay::mount(kernel, box_dir, *tree),
        Action::File(file) => file::act(kernel, file, box_dir),
        Action::TryFile(file) => {
            file::attempt(kernel, file, box_dir);
            Ok(())
        }
        Action::Commit {} => overlay::commit(kernel, box_dir),
        Action::MountVolume { read_only } => overlay::volume(kernel, box_dir, *read_only),
        Action::RemoveBox {} => overlay::remove(kernel, box_dir),
        Action::Chroot {} => chroot::act(kernel, box_dir),
        Action::PivotRoot {} => pivot_root::act(kernel, box_dir),
        Action::LoUp {} => lo_up::act(kernel),
        Action::CreateIpc { kind } => create_ipc::act(kernel, *kind),
        Action::DropCapabilities { keep } => drop_capabilities::act(kernel, keep),
        Action::NoNewPrivs {} => no_new_privs::act(kernel),
        Action::Seccomp { deny } => seccomp::act(kernel, deny),
        Action::ReadOnlyRoot {} => covers::read_only_root(kernel),
        Action::MaskPaths {} => covers::mask(kernel),
        Action::Uncover {} => covers::uncover(kernel),
        Action::TimeOffset { boottime } => time_offset::act(kernel, *boottime),
        elsewhere => Err(misplaced(elsewhere)),
    }
}

/// An action was sent to a process that does not carry it out.
pub fn misplaced(action: &Action) -> Failure {
    Failure {
        operation: "subject".to_owned(),
        arguments: vec![format!("{action:?}")],
        errno: format!("{:?}", Errno::EINVAL),
        path: None,
    }
}

/// Makes one call; a failure carries its name, its arguments, its errno and its path.
fn call(kernel: &mut dyn Kernel, call: &Call) -> Result<i64, Failure> {
    kernel.call(call).map_err(|errno| failure_of(call, errno))
}

/// Forks: the child does the deed and is gone.
fn fork<K: Kernel + ?Sized>(kernel: &mut K, deed: impl FnOnce(&mut K) -> i32) -> Result<i32, Failure> {
    forked::fork(kernel, &[], deed).map_err(|errno| failure_of(&Call::Clone(Vec::new()), errno))
}

/// A failed call as data.
pub fn failure_of(call: &Call, errno: Errno) -> Failure {
    call.failure(errno)
}

/// A failure of something that is not a [`Call`]: the housekeeping around it.
pub fn local_failure(operation: &str, errno: Errno) -> Failure {
    Failure {
        operation: operation.to_owned(),
        arguments: Vec::new(),
        errno: format!("{errno:?}"),
        path: None,
    }
}
