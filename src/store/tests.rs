//! The log survives; the program survives the log.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use nix::unistd::{Uid, setfsuid};

use super::*;

fn page(page: usize) -> Entry {
    Entry::PageRead { lesson: "namespaces".to_owned(), page, pages: 4 }
}

fn step(step: &str) -> Entry {
    Entry::StepPassed {
        lab: "namespaces".to_owned(),
        step: step.to_owned(),
        by_hand: true,
        hits: 2,
        misses: 1,
        confidence: Some(3),
        hints: 0,
    }
}

fn pages_read(store: &Store) -> Vec<usize> {
    store.progress().lessons.get("namespaces").map(|l| l.read.iter().copied().collect()).unwrap_or_default()
}

#[test]
fn what_was_recorded_is_there_when_the_store_opens_again() {
    let dir = tempfile::tempdir().unwrap();
    let all = [
        page(0),
        page(2),
        Entry::LessonDone { lesson: "isolation".to_owned() },
        step("uts"),
        Entry::QuestionAnswered {
            of: "namespaces".to_owned(),
            question: "why".to_owned(),
            option: 1,
            right: true,
        },
        Entry::Setting { key: "lang".to_owned(), value: "ru".to_owned() },
    ];
    let (mut store, notice) = Store::open(dir.path());
    assert_eq!(notice, None);
    for entry in &all {
        store.record(entry).unwrap();
    }
    let before = store.progress().clone();
    drop(store);
    let (store, notice) = Store::open(dir.path());
    assert_eq!((store.progress(), notice), (&before, None));
    assert_eq!(pages_read(&store), [0, 2]);
    assert!(before.lessons["isolation"].done);
    assert!(before.labs["namespaces"].contains("uts"));
    assert_eq!(before.last, Some(Where::Step { lab: "namespaces".to_owned(), step: "uts".to_owned() }));
    assert_eq!(before.settings["lang"], "ru");
}

#[test]
fn of_entries_that_repeat_the_latest_counts() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path());
    let lang = |value: &str| Entry::Setting { key: "lang".to_owned(), value: value.to_owned() };
    for entry in [lang("ru"), page(1), page(2), lang("en"), lang("ru"), page(1)] {
        store.record(&entry).unwrap();
    }
    let reopened = Store::open(dir.path()).0;
    assert_eq!(reopened.progress(), store.progress());
    assert_eq!(reopened.progress().settings["lang"], "ru");
    assert_eq!(reopened.progress().last, Some(Where::Page { lesson: "namespaces".to_owned(), page: 1 }));
}

#[test]
fn two_windows_at_once_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (mut a, mut b) = (Store::open(dir.path()).0, Store::open(dir.path()).0);
    a.record(&page(0)).unwrap();
    b.record(&page(1)).unwrap();
    a.refresh().unwrap();
    b.refresh().unwrap();
    assert_eq!((pages_read(&a), pages_read(&b)), (vec![0, 1], vec![0, 1]));
}

#[test]
fn many_windows_opening_and_writing_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for window in 0..8 {
            let dir = dir.path();
            scope.spawn(move || {
                let (mut store, notice) = Store::open(dir);
                assert_eq!(notice, None);
                // an entry that finds the file busy is written with a later one
                for n in 0..20 {
                    drop(store.record(&page(window * 20 + n)));
                }
                while store.record(&step("last")).is_err() {}
            });
        }
    });
    assert_eq!(pages_read(&Store::open(dir.path()).0), (0..160).collect::<Vec<_>>());
}

#[test]
fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
    let dir = tempfile::tempdir().unwrap();
    let garbage = b"this is not a database, it is a letter to its reader".repeat(100);
    fs::write(dir.path().join(FILE), &garbage).unwrap();
    let (mut store, notice) = Store::open(dir.path());
    let Some(Notice::Aside { kept }) = notice else { panic!("{notice:?}") };
    assert_eq!(fs::read(&kept).unwrap(), garbage);
    store.record(&page(0)).unwrap();
    drop(store);
    let (store, notice) = Store::open(dir.path());
    assert_eq!((pages_read(&store), notice), (vec![0], None));
}

#[test]
fn damage_in_the_middle_of_the_file_is_found_when_it_opens() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path());
    for n in 0..500 {
        store.record(&page(n)).unwrap();
    }
    drop(store);
    let path = dir.path().join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    let from = bytes.len() / 4;
    bytes[from..].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let (store, notice) = Store::open(dir.path());
    assert!(matches!(notice, Some(Notice::Aside { .. })), "{notice:?}");
    assert_eq!(store.progress(), &Progress::default());
}

#[test]
fn a_directory_that_cannot_be_written_is_said_and_progress_lives_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    fs::write(&file, "").unwrap();
    // below a file, and a directory where the database should be: refused to root too
    fs::create_dir_all(dir.path().join("taken").join(FILE)).unwrap();
    for place in [file.join("state"), dir.path().join("taken")] {
        let (mut store, notice) = Store::open(&place);
        let Some(notice @ Notice::Memory { .. }) = notice else { panic!("{notice:?}") };
        for lang in Lang::ALL {
            assert!(notice.message(lang).contains(&place.join(FILE).display().to_string()));
        }
        store.record(&page(3)).unwrap();
        assert_eq!(pages_read(&store), [3]);
    }
}

#[test]
fn a_read_only_directory_is_said_and_its_file_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path());
    store.record(&page(0)).unwrap();
    drop(store);
    let path = dir.path().join(FILE);
    let before = fs::read(&path).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&path, 0o444);
    mode(dir.path(), 0o555);
    // root may write everywhere: this thread looks at files as nobody, setfsuid(2)
    let me = setfsuid(Uid::from_raw(65534));
    let (mut store, notice) = Store::open(dir.path());
    let recorded = store.record(&page(1));
    setfsuid(me);
    mode(dir.path(), 0o755);
    assert!(matches!(notice, Some(Notice::Memory { .. })), "{notice:?}");
    assert!(recorded.is_ok());
    assert_eq!(pages_read(&store), [1]);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_full_disk_is_said_and_what_could_not_be_written_is_written_later() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path());
    let pages = |store: &mut Store, most: i64| {
        store.database.as_ref().unwrap().connection().pragma_update(None, "max_page_count", most).unwrap();
    };
    pages(&mut store, 1);
    let mut refused = 0;
    for n in 0..300 {
        refused += usize::from(store.record(&page(n)).is_err());
    }
    assert!(refused > 0);
    assert_eq!(pages_read(&store).len(), 300);
    pages(&mut store, 1 << 20);
    store.record(&step("uts")).unwrap();
    drop(store);
    assert_eq!(pages_read(&Store::open(dir.path()).0).len(), 300);
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path());
    store.database.as_ref().unwrap().connection().pragma_update(None, "user_version", 999).unwrap();
    drop(store);
    let before = fs::read(dir.path().join(FILE)).unwrap();
    let (mut store, notice) = Store::open(dir.path());
    assert!(matches!(notice, Some(Notice::Newer { .. })), "{notice:?}");
    store.record(&page(0)).unwrap();
    drop(store);
    assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), before);
}

const WRITER: &str = "KOROBKA_TEST_STORE";

/// Not a test by itself: the process that the next test kills.
#[test]
fn writer() {
    let Some(dir) = std::env::var_os(WRITER) else { return };
    let (mut store, _) = Store::open(Path::new(&dir));
    for n in 0.. {
        store.record(&page(n)).unwrap();
        println!("\nwritten {n}");
    }
}

#[test]
fn a_killed_program_loses_nothing_that_it_had_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::writer", "--nocapture"])
        .env(WRITER, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let last: usize = lines
        .filter_map(|line| line.unwrap().strip_prefix("written ").and_then(|n| n.parse().ok()))
        .find(|n| *n >= 50)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let (store, notice) = Store::open(dir.path());
    assert_eq!(notice, None);
    let read = pages_read(&store);
    assert!(read.len() > last, "{} of {last}", read.len());
    assert_eq!(read, (0..read.len()).collect::<Vec<_>>());
}
