//! The course files: the fixture loads, and broken ones say where.

use std::path::Path;

use korobka::{
    course::{Course, markdown::Block},
    i18n::Lang,
};

fn fixture() -> Course {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/course");
    Course::from_dir(&dir).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_course_directory_loads_with_pages_questions_and_lab() {
    let course = fixture();
    let lesson = course.lesson("isolation").expect("by id");
    assert_eq!(course.lesson("1"), Some(lesson));
    assert_eq!((lesson.number, lesson.minutes, lesson.questions.len()), (1, 5, 1));
    for lang in Lang::ALL {
        let pages = lesson.pages(lang).unwrap();
        assert_eq!(pages.len(), 2);
        assert!(matches!(pages[0].blocks[..], [Block::Paragraph(_), Block::Table { .. }]));
        assert!(matches!(&pages[1].blocks[..], [Block::Code { language, .. }] if language == "diagram"));
    }
    let lab = course.lab("names").expect("lab").load().unwrap();
    assert_eq!(lab.steps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["denied", "uts"]);
}
