use korobka::{
    course::{Course, lint, source::Source},
    i18n::Lang,
    store::{Entry, Store},
};
use std::time::Instant;
fn med(name: &str, mut f: impl FnMut()) {
    let mut v: Vec<f64> = (0..31)
        .map(|_| {
            let t = Instant::now();
            f();
            t.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let first = v[0];
    v.sort_by(f64::total_cmp);
    println!("{name}: first {first:.3} ms, median {:.3} ms, max {:.3}", v[15], v[30]);
}
fn main() {
    med("embedded()", || {
        Course::embedded().unwrap();
    });
    let c = Course::embedded().unwrap();
    med("pages of all, both", || {
        for l in &c.lessons {
            for lang in Lang::ALL {
                l.pages(lang).unwrap();
            }
        }
    });
    med("labs of all", || {
        for l in &c.lessons {
            if let Some(lab) = &l.lab {
                lab.load().unwrap();
            }
        }
    });
    // synthetic: 15 lessons
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/course/lessons/01-isolation");
    let read = |n: &str| std::fs::read_to_string(format!("{dir}/{n}")).unwrap();
    let mut files = Vec::new();
    for n in 1..=15 {
        let head = read("lesson.toml");
        let (h, q) = head.split_at(head.find("[[question]]").unwrap());
        let mut t = h.to_owned();
        for i in 0..6 {
            t += &q
                .replace("what-is", &format!("q{n}-{i}"))
                .replace("With its own", &"With its own long explanation in a few sentences. ".repeat(8))
                .replace("Со своим", &"Со своим длинным объяснением в нескольких словах. ".repeat(8));
        }
        files.push((format!("{n:02}-l{n}/lesson.toml"), t));
        for f in ["ru.md", "en.md"] {
            files.push((
                format!("{n:02}-l{n}/{f}"),
                read(f)
                    .replace("lab:names", &format!("lab:names{n}"))
                    .replace("lesson:isolation", "lesson:l1")
                    .repeat(40),
            ));
        }
        files.push((
            format!("{n:02}-l{n}/lab/lab.toml"),
            read("lab/lab.toml").replace("\"names\"", &format!("\"names{n}\"")),
        ));
        for s in 0..16 {
            files.push((
                format!("{n:02}-l{n}/lab/{s:02}-s.toml"),
                read("lab/02-uts.toml")
                    .replace("\"uts\"\ntitle", &format!("\"u{s}\"\ntitle"))
                    .replace("why-uts", &format!("w{n}-{s}")),
            ));
        }
    }
    let total: usize = files.iter().map(|f| f.1.len()).sum();
    let heads: usize = files.iter().filter(|f| f.0.ends_with("lesson.toml")).map(|f| f.1.len()).sum();
    println!("synthetic {total} bytes, heads {heads}");
    let src = Source::of_texts(files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    med("synthetic heads", || {
        Course::from_source(&src).unwrap();
    });
    let c = Course::from_source(&src).unwrap();
    med("synthetic pages of one", || {
        c.lessons[0].pages(Lang::Ru).unwrap();
    });
    med("synthetic lab of one", || {
        c.lessons[0].lab.as_ref().unwrap().load().unwrap();
    });
    med("synthetic lint", || {
        lint::check(&src);
    });
    for n in [0, 300, 2000, 10000] {
        let d = tempfile::tempdir().unwrap();
        {
            let (mut s, _) = Store::open(d.path());
            let t = Instant::now();
            for i in 0..n {
                s.record(&Entry::PageRead { lesson: format!("l{}", i % 15), page: i % 40, pages: 40 })
                    .unwrap();
            }
            println!("record: {:.1} us each", t.elapsed().as_secs_f64() * 1e6 / f64::from(n.max(1) as u32));
        }
        med(&format!("open {n}"), || {
            let (s, n) = Store::open(d.path());
            assert!(n.is_none());
            std::hint::black_box(s.progress());
        });
        let hold = Store::open(d.path());
        med(&format!("open {n}, second window"), || {
            Store::open(d.path());
        });
        drop(hold);
    }
}
