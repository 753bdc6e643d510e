//! Two image layers: small trees with real bytes, so that what is copied up takes its time. A layer is nothing but a
//! directory.

use super::{Call, Failure, Kernel, call, file::on};
use crate::kernel::call::file::Deed;

const DIRECTORIES: [&str; 13] = [
    "lower1",
    "lower1/etc",
    "lower1/etc/app",
    "lower1/opt",
    "lower1/usr",
    "lower2",
    "lower2/data",
    "lower2/etc",
    "lower2/srv",
    "lower2/srv/static",
    "upper",
    "work",
    "merged",
];

/// `etc/motd` is in both layers: the upper one of them is seen.
const FILES: [(&str, &str); 7] = [
    ("lower1/etc/release", "base\n"),
    ("lower1/etc/motd", "welcome\n"),
    ("lower1/etc/app/a.conf", "a\n"),
    ("lower1/etc/app/b.conf", "b\n"),
    ("lower2/etc/motd", "app\n"),
    ("lower2/srv/app.py", "app\n"),
    ("lower2/srv/static/logo", "logo\n"),
];

const KIB: u64 = 1024;
const LARGE: [(&str, u64); 4] = [
    ("lower1/usr/gunzip", 64 * KIB),
    ("lower1/opt/cache.bin", 8 * 1024 * KIB),
    ("lower1/opt/index.bin", 8 * 1024 * KIB),
    ("lower1/opt/model.bin", 64 * 1024 * KIB),
];

pub(super) fn act(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    for name in DIRECTORIES {
        call(kernel, &Call::Mkdir(format!("{root}/{name}")))?;
    }
    for (name, text) in FILES {
        call(kernel, &Call::Create { path: format!("{root}/{name}"), text: text.to_owned() })?;
    }
    for (name, bytes) in LARGE {
        call(kernel, &on(root, format!("{root}/{name}"), Deed::Fill(bytes)))?;
    }
    let link = Deed::Link(format!("{root}/lower1/usr/uncompress"));
    call(kernel, &on(root, format!("{root}/lower1/usr/gunzip"), link)).map(|_| ())
}
