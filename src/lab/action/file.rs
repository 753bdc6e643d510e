//! What a lab does to files in the box, and where: a path of a course file is relative, plain and never leaves the box.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something done to one file, as a person at a prompt would do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileOp {
    /// A new file with one line in it.
    Create,
    /// Its content replaced by one line, `>`.
    Overwrite,
    /// One line added at its end, `>>`.
    Append,
    /// Removed; a directory with everything below it.
    Delete,
    /// Another name.
    Rename,
    /// Nobody but its owner may use it: mode 0600.
    Chmod,
    /// A new directory.
    Mkdir,
    /// A second name for the same file, `link(2)`.
    Link,
    /// Read to its end.
    Read,
}

impl FileOp {
    /// Whether it takes a second path.
    pub const fn has_target(self) -> bool {
        matches!(self, Self::Rename | Self::Link)
    }
}

/// In which tree of the box a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tree {
    /// `merged`: what the first box sees.
    #[default]
    Merged,
    /// `merged2`: what a second box on the same layers sees.
    Second,
    /// `volume`: a directory beside the layers.
    Volume,
}

impl Tree {
    /// Its directory in the box directory.
    pub const fn dir(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Second => "merged2",
            Self::Volume => "volume",
        }
    }
}

/// A path in a tree: `etc/motd`. At most eight names of letters, digits, `.`, `-` and `_`, none of them `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(String);

impl FilePath {
    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not a path in a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a path in the box: {0:?} (relative, at most 8 names of letters, digits, `.`, `-` and `_`)")]
pub struct BadPath(String);

impl TryFrom<String> for FilePath {
    type Error = BadPath;

    fn try_from(path: String) -> Result<Self, BadPath> {
        let name = |name: &str| {
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
            plain && (1..=64).contains(&name.len()) && name != "." && name != ".."
        };
        let good = path.split('/').count() <= 8 && path.split('/').all(name);
        if good { Ok(Self(path)) } else { Err(BadPath(path)) }
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> Self {
        path.0
    }
}

/// An operation with its paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
pub struct FileAction {
    /// What.
    pub op: FileOp,
    /// On which file.
    pub path: FilePath,
    /// The new name, of a rename and of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<FilePath>,
    /// In which tree.
    #[serde(rename = "in")]
    pub tree: Tree,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    op: FileOp,
    path: FilePath,
    to: Option<FilePath>,
    #[serde(default, rename = "in")]
    tree: Tree,
}

impl TryFrom<Fields> for FileAction {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        let Fields { op, path, to, tree } = fields;
        match (op.has_target(), &to) {
            (true, None) => Err("this operation needs a second path, `to`"),
            (false, Some(_)) => Err("this operation has no second path: `to` is for rename and link"),
            _ => Ok(Self { op, path, to, tree }),
        }
    }
}

/// The line that the program writes: short, and the same each time.
pub const LINE: &str = "hello\n";

impl FileAction {
    /// Its path, for a box directory.
    pub fn place(&self, box_dir: &str) -> String {
        format!("{box_dir}/{}/{}", self.tree.dir(), self.path)
    }

    /// The path of its target, where it has one.
    pub fn target(&self, box_dir: &str) -> Option<String> {
        self.to.as_ref().map(|to| format!("{box_dir}/{}/{to}", self.tree.dir()))
    }

    /// What is typed for it.
    pub(super) fn shell_line(&self) -> String {
        let place = |path: &FilePath| format!("\"$BOX\"/{}/{path}", self.tree.dir());
        let path = place(&self.path);
        let to = self.to.as_ref().map(place).unwrap_or_default();
        match self.op {
            FileOp::Create | FileOp::Overwrite => format!("echo hello > {path}"),
            FileOp::Append => format!("echo hello >> {path}"),
            FileOp::Delete => format!("rm -r {path}"),
            FileOp::Rename => format!("mv {path} {to}"),
            FileOp::Chmod => format!("chmod 600 {path}"),
            FileOp::Mkdir => format!("mkdir {path}"),
            FileOp::Link => format!("ln {path} {to}"),
            FileOp::Read => format!("cat {path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leaves_its_tree() {
        for good in ["etc/motd", "a", "opt/model.bin", "a/b/c/d/e/f/g/h", "..."] {
            assert!(FilePath::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "/etc", "..", "a/../b", "a//b", "a/", ".", "a b", "a\nb", "a/b/c/d/e/f/g/h/i", "ä"] {
            assert!(FilePath::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_second_path_is_for_those_that_have_one() {
        let parse = |text: &str| toml::from_str::<FileAction>(text);
        let link = parse("op = \"link\"\npath = \"a\"\nto = \"b\"\nin = \"second\"").expect("good");
        assert_eq!(link.shell_line(), "ln \"$BOX\"/merged2/a \"$BOX\"/merged2/b");
        assert!(parse("op = \"rename\"\npath = \"a\"").is_err());
        assert!(parse("op = \"delete\"\npath = \"a\"\nto = \"b\"").is_err());
        assert!(parse("op = \"delete\"\npath = \"a\"\nmode = 7").is_err());
    }
}
