//! Ranges of subordinate ids, `subuid(5)`, and the tools that hand them out, `newuidmap(1)`.

use std::path::Path;

use super::{Check, Surroundings, Verdict, am_root};

/// Whether a box could have more ids than one.
pub(super) fn check(surroundings: &Surroundings) -> Check {
    let uid = nix::unistd::getuid().as_raw();
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let name =
        name_of(uid, &read("/etc/passwd")).or_else(|| surroundings.variable("USER")).unwrap_or_default();
    let mut complete = true;
    let mut found = Vec::new();
    for (file, tool) in [("/etc/subuid", "newuidmap"), ("/etc/subgid", "newgidmap")] {
        let ranges = ranges(uid, &name, &read(file));
        let tool = surroundings.find_program(tool);
        complete &= !ranges.is_empty() && tool.is_some();
        let shown = if ranges.is_empty() { "-".to_owned() } else { ranges.join(" ") };
        found.push(format!("{file}: {shown}"));
        found.push(tool.as_deref().map_or_else(|| "-".to_owned(), |path: &Path| path.display().to_string()));
    }
    // Root writes any map itself.
    let verdict = if complete || am_root() { Verdict::Ok } else { Verdict::Warn };
    let cure = (verdict != Verdict::Ok).then_some("doctor.cure.subids");
    Check { id: "subids", verdict, found: found.join(" · "), meaning: "doctor.meaning.subids", cure }
}

/// The name of a user in a passwd file, `passwd(5)`.
fn name_of(uid: u32, passwd: &str) -> Option<String> {
    let user = passwd.lines().find(|line| line.split(':').nth(2) == Some(uid.to_string().as_str()))?;
    user.split(':').next().map(str::to_owned)
}

/// `100000+65536`, for each line that starts with the user's name or number.
fn ranges(uid: u32, name: &str, subids: &str) -> Vec<String> {
    let range = |line: &str| {
        let mut fields = line.split(':');
        let owner = fields.next()?;
        let (start, count): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.trim().parse().ok()?);
        (owner == uid.to_string() || (!name.is_empty() && owner == name)).then(|| format!("{start}+{count}"))
    };
    subids.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_belong_to_a_name_or_a_number() {
        let file = "anna:100000:65536\n1000:200000:5\nboris:300000:65536\nbroken\nanna:x:1\n";
        assert_eq!(ranges(1000, "anna", file), ["100000+65536", "200000+5"]);
        assert_eq!(ranges(1001, "carla", file), Vec::<String>::new());
    }

    #[test]
    fn a_name_comes_from_the_third_field() {
        let passwd = "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\n";
        assert_eq!(name_of(1000, passwd).as_deref(), Some("anna"));
        assert_eq!(name_of(7, passwd), None);
    }
}
