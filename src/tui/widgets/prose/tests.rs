use proptest::prelude::*;

use super::*;

fn text(t: &str) -> Vec<Inline> {
    vec![Inline::Text(t.to_owned())]
}

fn look(width: usize) -> Look {
    Look { width, theme: Theme::Mono, focus: None }
}

fn set(blocks: &[Block], width: usize) -> Vec<String> {
    layout(blocks, look(width)).lines.iter().map(|l| l.to_string().trim_end().to_owned()).collect()
}

#[test]
fn blocks_look_like_what_they_are() {
    let list = Block::List {
        start: Some(1),
        items: vec![
            vec![Block::Paragraph(text("first of all"))],
            vec![
                Block::Paragraph(text("then")),
                Block::List { start: None, items: vec![vec![Block::Paragraph(text("a part"))]] },
            ],
        ],
    };
    assert_eq!(set(&[list], 10), ["1. first", "   of all", "2. then", "   • a", "     part"]);
    let quote = Block::Quote(vec![Block::Paragraph(text("mind the gap"))]);
    assert_eq!(set(&[quote], 10), ["▌ mind the", "▌ gap"]);
    let code = Block::Code { language: "sh".into(), text: "echo one two".into() };
    assert_eq!(set(&[code], 10), ["  echo one", "↪  two"]);
    let session = Block::Code { language: "sh".into(), text: "$ ls /\nbin etc".into() };
    let bold = |line: &Line<'_>| line.spans.iter().any(|s| s.style == Theme::Mono.style(Role::Keyword));
    let roles: Vec<_> = layout(&[session], look(20)).lines.iter().map(bold).collect();
    assert_eq!(roles, [true, false], "a command, and its output");
    let diagram = Block::Code { language: "diagram".into(), text: "host ┃ box ┃ wide".into() };
    assert_eq!(set(&[diagram], 8), ["host ┃ box ┃ wide"]);
    let table = Block::Table {
        header: vec![text("kind"), text("isolates")],
        rows: vec![vec![text("uts"), text("host name")]],
    };
    assert_eq!(
        set(std::slice::from_ref(&table), 20),
        ["kind │ isolates", "─────┼──────────", "uts  │ host name"]
    );
    assert_eq!(
        set(&[table], 12),
        ["kind │ isola", "     │ tes", "─────┼──────", "uts  │ host", "     │ name"]
    );
}

#[test]
fn links_are_found_in_order_with_their_lines() {
    let link = |to: &str, t: &str| Inline::Link { to: to.into(), text: text(t) };
    let blocks = [
        Block::Paragraph(vec![Inline::Text("see ".into()), link("lab:namespaces", "the lab")]),
        Block::Paragraph(vec![link("lesson:isolation", "the lesson")]),
    ];
    let prose = layout(&blocks, look(40));
    assert_eq!(
        prose.links,
        [Placed { to: "lab:namespaces".into(), line: 0 }, Placed { to: "lesson:isolation".into(), line: 2 },]
    );
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    let leaf = prop_oneof![
        "[a-zа-я箱 ]{0,24}".prop_map(Inline::Text),
        any::<String>().prop_map(Inline::Code),
        Just(Inline::Break),
    ];
    let node = leaf.prop_recursive(2, 8, 4, |inner| {
        let many = prop::collection::vec(inner, 0..4);
        prop_oneof![
            many.clone().prop_map(Inline::Emphasis),
            many.clone().prop_map(Inline::Strong),
            many.prop_map(|text| Inline::Link { to: "lab:x".into(), text }),
        ]
    });
    prop::collection::vec(node, 0..4)
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let leaf = prop_oneof![
        inlines().prop_map(Block::Paragraph),
        inlines().prop_map(|text| Block::Heading { level: 3, text }),
        ("(sh|yaml|toml|dockerfile|diagram|)", any::<String>())
            .prop_map(|(language, text)| Block::Code { language, text }),
        Just(Block::Rule),
        (1_usize..4).prop_flat_map(|n| {
            let row = || prop::collection::vec(inlines(), n);
            (row(), prop::collection::vec(row(), 0..3))
                .prop_map(|(header, rows)| Block::Table { header, rows })
        }),
    ];
    let node = leaf.prop_recursive(2, 8, 3, |inner| {
        let many = prop::collection::vec(inner, 0..3);
        prop_oneof![
            many.clone().prop_map(Block::Quote),
            (prop::option::of(0_u64..99), prop::collection::vec(many, 0..3))
                .prop_map(|(start, items)| Block::List { start, items }),
        ]
    });
    prop::collection::vec(node, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_at_any_width_is_laid_out(blocks in blocks(), width in 0_usize..120) {
        let prose = layout(&blocks, look(width));
        for link in &prose.links {
            prop_assert!(link.line < prose.lines.len());
        }
    }
}
