//! What an action is about: which part of the program knows it, who carries it out, and what must be the student's own
//! before it may.

use super::Action;
use crate::lab::{namespace::Namespace, trace::Actor};

/// A part of what makes a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The subject itself, its namespaces and its root.
    Subject,
    /// Cgroups, and the workloads in them.
    Cgroups,
    /// Disks of the box's own.
    Disks,
    /// Layers, and the files in them.
    Layers,
    /// Capabilities, filters, covers.
    Rights,
    /// Whole boxes, started to be measured.
    Boxes,
}

impl Action {
    /// What it is about.
    pub const fn area(&self) -> Area {
        match self {
            Self::SpawnWorkload { .. }
            | Self::TryUnshare { .. }
            | Self::Unshare { .. }
            | Self::Clone { .. }
            | Self::MapIds { .. }
            | Self::SetHostname { .. }
            | Self::EndChild {}
            | Self::Fresh {}
            | Self::MakePrivate {}
            | Self::Mount { .. }
            | Self::FurnishRoot {}
            | Self::Chroot {}
            | Self::PivotRoot {}
            | Self::LoUp {}
            | Self::CreateIpc { .. }
            | Self::TimeOffset { .. } => Area::Subject,
            Self::EndWorkloads {}
            | Self::MakeCgroup { .. }
            | Self::JoinCgroup { .. }
            | Self::SetLimit { .. }
            | Self::Freeze { .. }
            | Self::Thaw { .. }
            | Self::KillCgroup { .. }
            | Self::TryDelegate { .. }
            | Self::LetRun { .. } => Area::Cgroups,
            Self::AttachImage { .. } | Self::MountImage { .. } | Self::SetQuota { .. } => Area::Disks,
            Self::FurnishLayers {}
            | Self::MountOverlay { .. }
            | Self::File(_)
            | Self::TryFile(_)
            | Self::Commit {}
            | Self::MountVolume { .. }
            | Self::RemoveBox {} => Area::Layers,
            Self::DropCapabilities { .. }
            | Self::NoNewPrivs {}
            | Self::Seccomp { .. }
            | Self::ReadOnlyRoot {}
            | Self::MaskPaths {}
            | Self::Uncover {}
            | Self::Try { .. } => Area::Rights,
            Self::Compare {} | Self::Dial { .. } => Area::Boxes,
        }
    }

    /// Which process carries it out.
    pub const fn actor(&self) -> Actor {
        match (self.area(), self) {
            (Area::Cgroups | Area::Boxes, _) | (_, Self::MapIds { .. } | Self::Fresh {}) => Actor::Stage,
            _ => Actor::Subject,
        }
    }

    /// The namespace that must not be the host's before this may run, if it changes something a namespace holds.
    pub const fn guarded_by(&self) -> Option<Namespace> {
        match (self.area(), self) {
            (Area::Layers, _)
            | (
                _,
                Self::MakePrivate {}
                | Self::Mount { .. }
                | Self::MountImage { .. }
                | Self::SetQuota { .. }
                | Self::FurnishRoot {}
                | Self::PivotRoot {}
                | Self::ReadOnlyRoot {}
                | Self::MaskPaths {}
                | Self::Uncover {},
            ) => Some(Namespace::Mnt),
            (_, Self::SetHostname { .. }) => Some(Namespace::Uts),
            (_, Self::LoUp {}) => Some(Namespace::Net),
            (_, Self::CreateIpc { .. }) => Some(Namespace::Ipc),
            _ => None,
        }
    }
}
