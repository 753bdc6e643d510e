//! What a small system needs in its root directory, the same as a whole box has. The programs come from the host's own
//! /usr, mounted read-only: an image would hold a copy of its own.

use nix::mount::MsFlags;

use super::{Call, Failure, Kernel, call};
use crate::container::{Host, root::furnished};

pub(super) fn act(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    for one in furnished(root, &Host::look()) {
        call(kernel, &one)?;
    }
    // Before the host's /proc is out of sight: the kernel lets a user namespace mount a new one only next to it.
    let (source, fstype) = ("proc".to_owned(), "proc".to_owned());
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    call(kernel, &Call::Mount { source, target: format!("{root}/proc"), fstype, flags, data: String::new() })
        .map(|_| ())
}
