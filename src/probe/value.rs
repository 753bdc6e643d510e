//! From what was read to a [`Value`]: text from processes loses its control characters here, once for all readers.

use std::io;

use nix::errno::Errno;

use crate::lab::observation::Value;

/// Text without control characters, so that a process's name cannot act on the student's terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(plain(text))
}

pub(super) fn list<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::List(items.into_iter().map(|item| plain(item.as_ref())).collect())
}

pub(super) fn yes_no(yes: bool) -> Value {
    Value::Text(if yes { "yes" } else { "no" }.to_owned())
}

/// The symbolic error in place of a value: `ENOENT`.
pub(super) fn missing(error: &io::Error) -> Value {
    Value::Missing { errno: symbol(error) }
}

/// `ENOENT`; an error that did not come from the kernel (a file with nonsense in it) is `EINVAL`.
pub(super) fn symbol(error: &io::Error) -> String {
    format!("{:?}", error.raw_os_error().map_or(Errno::EINVAL, Errno::from_raw))
}

/// A value, or why there is none.
pub(super) fn or_missing<T>(read: io::Result<T>, value: impl FnOnce(T) -> Value) -> Value {
    read.map_or_else(|error| missing(&error), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_in_a_name_does_not_survive() {
        assert_eq!(text("a\x1b[2Jb"), Value::Text("a\u{fffd}[2Jb".into()));
        assert_eq!(list(["x\ny"]), Value::List(vec!["x\u{fffd}y".into()]));
    }

    #[test]
    fn an_error_is_named_as_in_errno_h() {
        let missing = missing(&io::Error::from_raw_os_error(Errno::EACCES as i32));
        assert_eq!(missing, Value::Missing { errno: "EACCES".into() });
    }
}
