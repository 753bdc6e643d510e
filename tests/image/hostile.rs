//! Archives that want to harm whoever opens them.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::layers::{digest, pack, pax};
use crate::*;

/// What a layer is refused for, and by which entry.
fn refused(layer: Layer) -> (Option<String>, Why) {
    let honest = Layer::default().file("etc/passwd", b"root");
    let refusal = of_layers(&[honest, layer]).unwrap_err();
    assert_eq!(refusal.place, Place::Layer(2), "{refusal}");
    (refusal.entry, refusal.why)
}

#[test]
fn each_kind_of_entry_that_would_leave_the_image_is_refused_by_its_name() {
    use EntryType as E;
    let file = |name: &str| Layer::default().file(name, b"x");
    let special = |kind: E| Layer::default().entry(kind, b"dev/mem", b"", b"");
    let through = |kind: E, target: &str| Layer::default().link(kind, "out", target).file("out/passwd", b"x");
    let table: Vec<(Layer, &str, Why)> = vec![
        (file("/etc/passwd"), "/etc/passwd", Why::Absolute),
        (file("../../etc/passwd"), "../../etc/passwd", Why::Parent),
        (file("a/../../etc/passwd"), "a/../../etc/passwd", Why::Parent),
        (file("./../x"), "./../x", Why::Parent),
        (file(".wh..."), ".wh...", Why::BadName),
        (file("a/.wh."), "a/.wh.", Why::BadName),
        (through(E::Symlink, "/etc"), "out/passwd", Why::Through("out".into())),
        (through(E::Symlink, "../.."), "out/passwd", Why::Through("out".into())),
        // the link stands behind what goes through it
        (
            Layer::default().file("out/x", b"1").link(E::Symlink, "out", "/"),
            "out/x",
            Why::Through("out".into()),
        ),
        (Layer::default().file("a", b"1").file("a/b", b"2"), "a/b", Why::Through("a".into())),
        (Layer::default().link(E::Link, "l", "/etc/shadow"), "l", Why::LinkOut("/etc/shadow".into())),
        (Layer::default().link(E::Link, "l", "../shadow"), "l", Why::LinkOut("../shadow".into())),
        (Layer::default().link(E::Link, "l", "nothing"), "l", Why::LinkOut("nothing".into())),
        (Layer::default().link(E::Link, "l", "l"), "l", Why::LinkOut("l".into())),
        (special(E::Char), "dev/mem", Why::Device),
        (special(E::Block), "dev/mem", Why::Device),
        (special(E::GNUSparse), "dev/mem", Why::Sparse),
        (special(E::new(b'V')), "dev/mem", Why::Kind("V".into())),
        (Layer::default().file("a", b"1").file("./a", b"2"), "a", Why::Twice),
        (Layer::default().file("a", b"1").dir("a"), "a", Why::Twice),
        (Layer::default().entry(E::Directory, b"d", b"", b"x"), "d", Why::Size),
    ];
    for (layer, entry, why) in table {
        assert_eq!(refused(layer), (Some(entry.to_owned()), why));
    }
}

#[test]
fn a_link_to_what_the_same_layer_deletes_leads_nowhere() {
    let layer = Layer::default().file("etc/.wh.passwd", b"").link(EntryType::Link, "l", "etc/passwd");
    assert_eq!(refused(layer), (Some("l".to_owned()), Why::LinkOut("etc/passwd".to_owned())));
}

#[test]
fn headers_that_lie_about_names_and_sizes_are_refused() {
    use EntryType as E;
    let told = |key: &str, value: &str| {
        Layer::default().entry(E::XHeader, b"x", b"", &pax(key, value)).file("a", b"1")
    };
    let sized = |bytes: [u8; 12]| {
        Layer::default().header(E::Regular, (b"a", b""), b"1", |header| header.as_old_mut().size = bytes)
    };
    let twice = Layer::default()
        .entry(E::GNULongName, b"l", b"", b"a\0")
        .entry(E::GNULongName, b"l", b"", b"b\0")
        .file("c", b"");
    let huge =
        Layer::default().entry(E::XHeader, b"x", b"", &pax("comment", &"x".repeat(1 << 20))).file("a", b"1");
    let table: Vec<(Layer, Why)> = vec![
        (told("path", "../x"), Why::Parent),
        (told("path", "/x"), Why::Absolute),
        (told("path", &"d/".repeat(4000)), Why::LongName(4096)),
        (told("path", &"f".repeat(300)), Why::LongName(255)),
        (told("size", "99999999999"), Why::Size),
        (told("uid", "-1"), Why::Size),
        (told("GNU.sparse.major", "1"), Why::Sparse),
        (
            Layer::default().entry(E::XHeader, b"x", b"", b"99 path=a\n").file("a", b"1"),
            Why::Broken("pax".into()),
        ),
        (twice, Why::Twice),
        (huge, Why::Bytes(1 << 20)),
        // -1 and 2^63 in base 256, and an octal number that no layer has
        (sized([0xff; 12]), Why::Size),
        (sized([0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]), Why::Truncated),
        (sized(*b"77777777777\0"), Why::Truncated),
    ];
    for (layer, why) in table {
        assert_eq!(refused(layer).1, why);
    }
    let (_, why) = refused(sized(*b"nonsense!!!\0"));
    assert!(matches!(why, Why::Broken(_)), "{why:?}");
    let (entry, why) = refused(Layer::default().file("first", b"1").raw(&[b'x'; 512]));
    assert!(entry.as_deref() == Some("first") && matches!(why, Why::Broken(_)), "{entry:?} {why:?}");
}

#[test]
fn bombs_of_each_kind_stop_at_their_limit_and_are_named() {
    let bomb = Layer::default().file("zeros", &vec![0; 400_000]).tar();
    for packed in [Packed::Gzip, Packed::Zstd] {
        let refusal = of_files(&oci(std::slice::from_ref(&bomb), &[], packed, false)).unwrap_err();
        assert_eq!((refusal.entry.as_deref(), refusal.why), (Some("zeros"), Why::Ratio(50)), "{packed:?}");
    }
    let large: Vec<u8> =
        (0..1_100_000_u32).flat_map(|n| digest(&n.to_le_bytes()).into_bytes()).take(1_100_000).collect();
    let (entry, why) = refused(Layer::default().file("large", &large));
    assert_eq!((entry.as_deref(), why), (Some("large"), Why::Bytes(limits().unpacked - 2048)));
    let many = (0..300).fold(Layer::default(), |layer, n| layer.file(&n.to_string(), b""));
    let (entry, why) = refused(many);
    assert_eq!((entry.as_deref(), why), (Some("199"), Why::Entries(200)));
}

#[test]
fn what_is_cut_off_anywhere_is_refused() {
    let (tars, instructions) = demo();
    for packed in [Packed::Plain, Packed::Gzip, Packed::Zstd] {
        let whole = archive(&oci(&tars, &instructions, packed, false));
        // what is not needed: the last block of index.json after its text, oci-layout, two blocks that end the tar
        let used = whole.len() - 2560;
        for cut in (0..used).step_by(509) {
            assert!(open(&whole[..cut]).is_err(), "{packed:?} cut at {cut}");
        }
    }
}

#[test]
fn any_blob_with_one_wrong_bit_is_refused_by_its_digest() {
    let (tars, instructions) = demo();
    let files = oci(&tars, &instructions, Packed::Gzip, false);
    let blobs: Vec<_> = files.keys().filter(|name| name.starts_with("blobs/")).cloned().collect();
    assert_eq!(blobs.len(), 8, "the configuration, the manifest, six layers");
    for blob in blobs {
        let mut wrong = files.clone();
        let bytes = wrong.get_mut(&blob).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let refusal = of_files(&wrong).unwrap_err();
        assert_eq!(refusal.entry.as_deref(), Some(blob.as_str()));
        assert!(matches!(refusal.why, Why::Digest { .. }), "{refusal}");
    }
    let mut old = old_docker(&tars, &instructions);
    old.get_mut("2/layer.tar").unwrap()[600] ^= 1;
    let refusal = of_files(&old).unwrap_err();
    assert_eq!(refusal.entry.as_deref(), Some("2/layer.tar"), "by its diff_id");
    assert!(matches!(refusal.why, Why::Digest { .. }), "{refusal}");
}

#[test]
fn the_archive_itself_is_as_little_trusted_as_its_layers() {
    let honest = || archive(&old_docker(&[Layer::default().file("a", b"1").tar()], &[]));
    let with = |layer: Layer| open(&[layer.raw(&honest()).tar()].concat()).unwrap_err();
    for (layer, entry, why) in [
        (Layer::default().file("/manifest.json", b"[]"), "/manifest.json", Why::Absolute),
        (Layer::default().file("../x", b""), "../x", Why::Parent),
        (Layer::default().file("manifest.json", b"[]"), "manifest.json", Why::Twice),
        (Layer::default().entry(EntryType::Char, b"tty", b"", b""), "tty", Why::Device),
        (
            Layer::default().link(EntryType::Symlink, "x", "/etc/shadow"),
            "x",
            Why::LinkOut("/etc/shadow".into()),
        ),
    ] {
        assert_eq!(with(layer), Refusal { place: Place::Archive, entry: Some(entry.into()), why });
    }
    // a link that goes round
    let manifest = json!([{"Config": "a", "Layers": []}]).to_string();
    let round = Layer::default().link(EntryType::Symlink, "a", "b").link(EntryType::Symlink, "b", "a");
    let refusal = open(&round.file("manifest.json", manifest.as_bytes()).tar()).unwrap_err();
    assert_eq!((refusal.entry.as_deref(), refusal.why), (Some("a"), Why::Missing));
}

#[test]
fn a_directory_with_a_link_in_it_does_not_lead_out() {
    let (tars, instructions) = demo();
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    directory(&oci(&tars, &instructions, Packed::Plain, false), outside.path());
    fs::copy(outside.path().join("index.json"), dir.path().join("index.json")).unwrap();
    symlink(outside.path().join("blobs"), dir.path().join("blobs")).unwrap();
    let refusal = autopsy(dir.path(), &Choice::default(), &limits()).unwrap_err();
    assert!(matches!(refusal.why, Why::Through(_)), "{refusal}");
    let manifest = json!([{"Config": "../config", "Layers": []}]).to_string();
    fs::write(dir.path().join("manifest.json"), manifest).unwrap();
    let refusal = autopsy(dir.path(), &Choice::default(), &limits()).unwrap_err();
    assert_eq!((refusal.entry.as_deref(), refusal.why), (Some("../config"), Why::Parent));
}

#[test]
fn an_index_that_never_ends_does_end() {
    let mut files = Files::new();
    let mut inner = json!({"manifests": []}).to_string().into_bytes();
    for _depth in 0..8 {
        let name = digest(&inner);
        let descriptor = json!({"mediaType": "application/vnd.oci.image.index.v1+json", "digest": format!("sha256:{name}")});
        files.insert(format!("blobs/sha256/{name}"), inner);
        inner = json!({"manifests": [descriptor]}).to_string().into_bytes();
    }
    files.insert("index.json".to_owned(), inner);
    assert_eq!(of_files(&files).unwrap_err().why, Why::Depth(4));
    // the same one, pointed to from everywhere: each depth would multiply what is read
    let name = digest(b"{}");
    let again = json!({"mediaType": "x.index.v1", "digest": format!("sha256:{name}")});
    let outer = json!({"manifests": vec![again; 600]}).to_string().into_bytes();
    let files =
        Files::from([("index.json".to_owned(), outer), (format!("blobs/sha256/{name}"), b"{}".to_vec())]);
    assert_eq!(of_files(&files).unwrap_err().why, Why::Layers(512));
    // one that points to itself has, of necessity, the wrong digest
    let own = json!({"mediaType": "x.index.v1", "digest": format!("sha256:{}", "0".repeat(64))});
    let own = json!({"manifests": [own]}).to_string().into_bytes();
    let files = Files::from([
        ("index.json".to_owned(), own.clone()),
        (format!("blobs/sha256/{}", "0".repeat(64)), own),
    ]);
    assert!(matches!(of_files(&files).unwrap_err().why, Why::Digest { .. }));
}

#[test]
fn json_that_is_huge_deep_or_strange_is_refused() {
    let manifest =
        |text: &str| of_files(&Files::from([("manifest.json".to_owned(), text.into())])).unwrap_err();
    for text in ["", "{}", "[{}]", "[{\"Config\":1}]", &"[".repeat(100_000)] {
        assert!(matches!(manifest(text).why, Why::Json(_)), "{text:.20}");
    }
    assert_eq!(manifest("[]").why, Why::NotAnImage);
    assert_eq!(manifest("[{\"Config\":\"../../etc/passwd\"}]").why, Why::Parent);
    assert_eq!(manifest("[{\"Config\":\"nothing\"}]").why, Why::Missing);
    let small = Limits { json: 100, ..limits() };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), archive(&Files::from([("index.json".to_owned(), vec![b' '; 101])]))).unwrap();
    assert_eq!(autopsy(file.path(), &Choice::default(), &small).unwrap_err().why, Why::Bytes(100));
    let mut files = old_docker(&[], &[]);
    let text = String::from_utf8(files["manifest.json"].clone())
        .unwrap()
        .replace("\"Layers\":[]", "\"Layers\":[\"a\"]");
    files.insert("manifest.json".to_owned(), text.into_bytes());
    assert_eq!(of_files(&files).unwrap_err().why, Why::Count(1, 0));
}

#[test]
fn an_unknown_compression_is_named() {
    let mut files = oci(&[Layer::default().tar()], &[], Packed::Plain, true);
    let xz = b"\xfd7zXZ\0rest".to_vec();
    let (old, new) = (digest(&Layer::default().tar()), digest(&xz));
    let manifest = String::from_utf8(files["manifest.json"].clone()).unwrap().replace(&old, &new);
    files.insert("manifest.json".to_owned(), manifest.into_bytes());
    files.insert(format!("blobs/sha256/{new}"), xz);
    let refusal = of_files(&files).unwrap_err();
    assert_eq!(refusal.why, Why::Compression("xz".to_owned()), "{refusal}");
    assert!(!pack(b"", Packed::Zstd).is_empty());
}

/// What is kept of every entry is its words, and those pack well.
#[test]
fn a_layer_of_nothing_but_words_is_stopped() {
    let mut layer = Layer::default();
    for number in 0..20 {
        layer = layer.link(EntryType::Symlink, &format!("link{number}"), &"a".repeat(90));
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), archive(&old_docker(&[layer.tar()], &[]))).unwrap();
    let autopsy = |held| autopsy(file.path(), &Choice::default(), &Limits { held, ..limits() });
    let refusal = autopsy(1000).unwrap_err();
    assert_eq!((refusal.entry.as_deref(), refusal.why), (Some("link10"), Why::Bytes(1000)));
    assert!(autopsy(2000).is_ok());
}
