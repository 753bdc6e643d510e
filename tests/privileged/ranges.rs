//! A whole range of ids, by `newuidmap(1)` and `newgidmap(1)`.

use std::path::Path;

use korobka::lab::{
    action::{Action, IdMap},
    fact::{Fact, FactId},
    namespace::Namespace,
    observation::Value,
};

use super::engine::Stage;
use crate::skip::skip;

pub(crate) fn a_range_of_ids_is_mapped() {
    let name = "a_range_of_ids_is_mapped";
    if !Path::new("/usr/bin/newuidmap").exists() {
        return skip(name, "/usr/bin/newuidmap is not installed (Debian: uidmap)");
    }
    let stage = Stage::start();
    stage.open(&[]);
    let act =
        stage.act(&[Action::Unshare { ns: vec![Namespace::User] }, Action::MapIds { map: IdMap::Range }]);
    if let Some(failure) = act.failure {
        // Without a line in /etc/subuid it fails, says which file, and is rolled back.
        assert_eq!(failure.path.as_deref(), Some("/etc/subuid"), "{failure:?}");
        assert_eq!(failure.errno, "ENOENT");
        let same = |fact| act.after.get(FactId::subject(fact)) == act.before.get(FactId::subject(fact));
        assert!(same(Fact::NsUser) && same(Fact::UidMap));
        // Root needs none: it may write any map itself.
        if !nix::unistd::geteuid().is_root() {
            skip(name, "this user has no line in /etc/subuid");
        }
        return;
    }
    for fact in [Fact::UidMap, Fact::GidMap] {
        let Some(Value::List(lines)) = act.after.get(FactId::subject(fact)) else { panic!("no {fact:?}") };
        assert_eq!(lines.len(), 2, "one's own id, and the range: {lines:?}");
    }
    assert_eq!(act.after.get(FactId::subject(Fact::Uid)), Some(&Value::Number(0)));
}
