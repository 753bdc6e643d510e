//! Text goes in, the tree comes out; whatever the text.

use proptest::prelude::*;

use super::*;

fn text(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

fn kinds(document: &Document) -> Vec<FaultKind> {
    document.faults.iter().map(|fault| fault.kind.clone()).collect()
}

#[test]
fn every_kind_of_block_and_inline_arrives_in_the_tree() {
    let source = "## One `code`\n\nA *b* **c** [d](lab:x#y)\ne  \nf\n\n### Three\n\n1. g\n2. h\n\n   i\n\n> q\n\n---\n\n\
                  ```sh\nls\n```\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n## Two\n\nend\n";
    let document = document(source);
    assert_eq!(document.faults, []);
    let titles: Vec<_> = document.pages.iter().map(|page| page.title.as_str()).collect();
    assert_eq!(titles, ["One code", "Two"]);
    let link = Inline::Link { to: "lab:x#y".to_owned(), text: vec![text("d")] };
    let para = |t: &str| Block::Paragraph(vec![text(t)]);
    assert_eq!(
        document.pages[0].blocks,
        [
            Block::Paragraph(vec![
                text("A "),
                Inline::Emphasis(vec![text("b")]),
                text(" "),
                Inline::Strong(vec![text("c")]),
                text(" "),
                link,
                text(" e"),
                Inline::Break,
                text("f"),
            ]),
            Block::Heading { level: 3, text: vec![text("Three")] },
            Block::List { start: Some(1), items: vec![vec![para("g")], vec![para("h"), para("i")]] },
            Block::Quote(vec![para("q")]),
            Block::Rule,
            Block::Code { language: "sh".to_owned(), text: "ls".to_owned() },
            Block::Table {
                header: vec![vec![text("a")], vec![text("b")]],
                rows: vec![vec![vec![text("1")], vec![Inline::Code("2".to_owned())]]],
            },
        ]
    );
    assert_eq!(document.links.len(), 1);
    assert_eq!(source.get(document.spans[1][1].clone()), Some("end\n"));
}

#[test]
fn an_item_of_a_tight_list_holds_a_paragraph_and_the_list_below_it() {
    let Fragment { blocks, faults, .. } = fragment("- a `b`\n  - c\n- d");
    let para = |inlines: Vec<Inline>| Block::Paragraph(inlines);
    let inner = Block::List { start: None, items: vec![vec![para(vec![text("c")])]] };
    let first = vec![para(vec![text("a "), Inline::Code("b".to_owned())]), inner];
    assert_eq!(blocks, [Block::List { start: None, items: vec![first, vec![para(vec![text("d")])]] }]);
    assert_eq!(faults, []);
}

#[test]
fn what_a_course_does_not_use_is_a_fault() {
    let cases = [
        ("## A\n\n<div>\nx\n</div>\n", vec![FaultKind::Html]),
        ("## A\n\nb <i>c</i>\n", vec![FaultKind::Html, FaultKind::Html]),
        ("## A\n\n![b](c)\n", vec![FaultKind::Unsupported("an image")]),
        ("b\n\n## A\n\nc\n", vec![FaultKind::BeforeFirstPage]),
        ("## A\n\n# B\n", vec![FaultKind::HeadingLevel(1)]),
        ("## A\n\n- ## B\n", vec![FaultKind::HeadingLevel(2)]),
    ];
    for (source, faults) in cases {
        assert_eq!(kinds(&document(source)), faults, "{source:?}");
    }
}

#[test]
fn nesting_without_end_is_a_fault_and_not_a_stack_overflow() {
    for source in ["> ".repeat(50_000), "*a **b ".repeat(2_000), "- ".repeat(20_000), "[".repeat(50_000)] {
        let source = format!("## A\n\n{source}x");
        drop(document(&source));
        drop(fragment(&source));
    }
    assert!(kinds(&document(&format!("## A\n\n{}x", "> ".repeat(100)))).contains(&FaultKind::TooDeep));
}

proptest! {
    #[test]
    fn any_text_gives_a_tree_whose_places_lie_in_the_text(source in "\\PC{0,200}|[-#*_`|>\\[\\]()<!\\n a1.]{0,200}") {
        let document = document(&source);
        prop_assert_eq!(document.pages.len(), document.spans.len());
        for (page, spans) in document.pages.iter().zip(&document.spans) {
            prop_assert_eq!(page.blocks.len() + 1, spans.len());
        }
        let spans = document.spans.iter().flatten();
        let faults = document.faults.iter().map(|fault| &fault.span);
        for span in spans.chain(faults).chain(document.links.iter().map(|(span, _)| span)) {
            prop_assert!(source.get(span.clone()).is_some(), "{:?}", span);
        }
        fragment(&source);
    }
}
