//! Layer autopsy on images that are built here: every layout, every packing, every kind of waste; and hostile ones, each of
//! which is refused by the name of the entry.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use korobka::image::{
    Autopsy, Choice, Limits, Place, Refusal, Why, autopsy,
    secret::Secret,
    tree::{Reason, What},
};
use tar::EntryType;

#[path = "support/layers.rs"]
#[cfg(test)]
mod layers;
#[cfg(test)]
mod image {
    mod hostile;
    mod told;
}

use layers::{Files, Layer, Packed, archive, oci, old_docker};

fn limits() -> Limits {
    Limits { unpacked: 1 << 20, ratio_from: 1 << 18, ratio: 50, entries: 200, ..Limits::default() }
}

/// The files in a directory.
fn directory(files: &Files, dir: &Path) {
    for (name, content) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn open(bytes: &[u8]) -> Result<Autopsy, Refusal> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    autopsy(file.path(), &Choice::default(), &limits())
}

fn of_files(files: &Files) -> Result<Autopsy, Refusal> {
    open(&archive(files))
}

fn of_layers(layers: &[Layer]) -> Result<Autopsy, Refusal> {
    let tars: Vec<_> = layers.iter().cloned().map(Layer::tar).collect();
    of_files(&old_docker(&tars, &[]))
}

/// Six layers with an instruction each, and two instructions without.
fn demo() -> (Vec<Vec<u8>>, Vec<(&'static str, bool)>) {
    let big = [7; 2000];
    let tars = [
        Layer::default().dir("bin/").file("bin/sh", b"shell").link(EntryType::Symlink, "bin/ash", "sh"),
        Layer::default()
            .dir("app/")
            .file("app/data", &big)
            .file("app/.env", b"PASSWORD=1")
            .file("app/old", b"1"),
        Layer::default()
            .header(EntryType::Regular, (b"app/data", b""), &big, |header| header.set_mode(0o600)),
        Layer::default().file("app/.wh..env", b"").file("app/old", b"22"),
        Layer::default().file("srv/copy", &big).file("bin/sh", b"shell"),
        Layer::default().dir("app/").file("app/.wh..wh..opq", b"").file("app/new", b"333"),
    ];
    let instructions = [
        ("/bin/sh -c #(nop) ADD file:1 in /", false),
        ("/bin/sh -c #(nop)  ENV A=1", true),
        ("COPY . /app # buildkit", false),
        ("RUN /bin/sh -c chmod 600 /app/data # buildkit", false),
        ("RUN /bin/sh -c rm /app/.env # buildkit", false),
        ("COPY x y", false),
        ("CMD [\"sh\"]", true),
        ("RUN rm -rf /app", false),
    ];
    (tars.map(Layer::tar).to_vec(), instructions.to_vec())
}

#[test]
fn every_layout_and_every_packing_tells_the_same() {
    let (tars, instructions) = demo();
    let mut told = vec![of_files(&old_docker(&tars, &instructions)).unwrap()];
    for packed in [Packed::Plain, Packed::Gzip, Packed::Zstd] {
        for docker in [false, true] {
            let files = oci(&tars, &instructions, packed, docker);
            told.push(of_files(&files).unwrap_or_else(|refusal| panic!("{packed:?} {docker}: {refusal}")));
            let dir = tempfile::tempdir().unwrap();
            directory(&files, dir.path());
            told.push(autopsy(dir.path(), &Choice::default(), &limits()).unwrap());
        }
    }
    let plain = |image: &Autopsy| {
        let layers: Vec<_> = image
            .layers
            .iter()
            .map(|l| (l.history.clone(), l.diff_id.clone(), l.unpacked, l.changes.clone()))
            .collect();
        (
            image.name.clone(),
            image.platform.clone(),
            image.id.clone(),
            layers,
            image.waste.clone(),
            image.secrets.clone(),
        )
    };
    for image in &told {
        assert_eq!(plain(image), plain(&told[0]));
    }
    assert_eq!((told[0].name.as_deref(), told[0].platform.as_str()), (Some("demo:1"), "linux/amd64"));
}

#[test]
fn each_layer_has_its_instruction_its_changes_and_its_waste() {
    let (tars, instructions) = demo();
    let image = of_files(&old_docker(&tars, &instructions)).unwrap();
    let told: Vec<_> =
        image.layers.iter().map(|l| l.history.as_ref().unwrap().instruction.as_str()).collect();
    assert_eq!(
        told,
        [
            "ADD file:1 in /",
            "COPY . /app",
            "RUN chmod 600 /app/data",
            "RUN rm /app/.env",
            "COPY x y",
            "RUN rm -rf /app"
        ]
    );
    let files: Vec<_> = image
        .layers
        .iter()
        .map(|l| [What::Added, What::Changed, What::Removed].map(|w| l.files(w)))
        .collect();
    assert_eq!(files, [[2, 0, 0], [3, 0, 0], [0, 1, 0], [0, 1, 1], [1, 1, 0], [1, 0, 2]]);
    let waste: Vec<_> =
        image.waste.iter().map(|w| (w.path.as_str(), w.bytes, w.reason, w.held_in, w.by)).collect();
    assert_eq!(
        waste,
        [
            ("/app/data", 2000, Reason::Metadata, 2, 3),
            ("/app/data", 2000, Reason::Deleted, 3, 6),
            ("/app/.env", 10, Reason::Deleted, 2, 4),
            ("/bin/sh", 5, Reason::SameAgain, 1, 5),
            ("/app/old", 2, Reason::Deleted, 4, 6),
            ("/app/old", 1, Reason::Overwritten, 2, 4),
        ]
    );
    let [secret] = image.secrets.as_slice() else { panic!("{:?}", image.secrets) };
    assert_eq!((secret.path.as_str(), secret.kind), ("/app/.env", Secret::Environment));
    assert_eq!(
        (secret.readable_in, secret.hidden_by),
        (2, Some(4)),
        "readable in layer 2 though layer 4 removed it"
    );
}

#[test]
fn the_same_content_under_another_name_is_waste_only_while_both_are_seen() {
    let big = [1; 4096];
    let both = of_layers(&[Layer::default().file("a", &big), Layer::default().file("b", &big)]).unwrap();
    let [copy] = both.waste.as_slice() else { panic!("{:?}", both.waste) };
    assert_eq!((copy.path.as_str(), copy.reason, copy.same_as.as_deref()), ("/b", Reason::Copy, Some("/a")));
    let moved = Layer::default().file("b", &big).file(".wh.a", b"");
    let moved = of_layers(&[Layer::default().file("a", &big), moved]).unwrap();
    assert_eq!(moved.waste.iter().map(|w| w.reason).collect::<Vec<_>>(), [Reason::Deleted]);
}

#[test]
fn a_file_with_two_names_is_stored_once_and_wasted_when_both_are_gone() {
    let first = Layer::default().file("a", b"12345").link(EntryType::Link, "b", "a");
    let one = of_layers(&[first.clone(), Layer::default().file(".wh.a", b"")]).unwrap();
    assert_eq!(one.waste, [], "it can still be reached as b");
    let both = of_layers(&[first, Layer::default().file(".wh.a", b""), Layer::default().file(".wh.b", b"")])
        .unwrap();
    assert_eq!(both.waste.iter().map(|w| (w.bytes, w.by)).collect::<Vec<_>>(), [(5, 3)]);
}

#[test]
fn overlayfs_has_the_last_word_where_kinds_change() {
    // a directory becomes a file, a link below becomes a directory, a file becomes a directory
    let first =
        Layer::default().dir("d").file("d/a", b"1").link(EntryType::Symlink, "l", "/etc").file("f", b"1");
    let second = Layer::default().file("d", b"2").file("l/x", b"3").dir("f");
    let image = of_layers(&[first, second]).unwrap();
    let changes: Vec<_> = image.layers[1].changes.iter().map(|c| (c.what, &*c.name)).collect();
    let wanted: [(What, &[u8]); 5] = [
        (What::Changed, b"d"),
        (What::Removed, b"d/a"),
        (What::Removed, b"f"),
        (What::Removed, b"l"),
        (What::Added, b"l/x"),
    ];
    assert_eq!(changes, wanted);
}

#[test]
fn long_names_of_both_kinds_are_put_together() {
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(200));
    let gnu = Layer::default()
        .entry(EntryType::GNULongName, b"././@LongLink", b"", format!("{long}\0").as_bytes())
        .file("cut", b"1");
    let told = [("path", long.as_str()), ("uid", "7"), ("SCHILY.xattr.user.a", "b")];
    let records: Vec<u8> = told.iter().flat_map(|(key, value)| layers::pax(key, value)).collect();
    let posix = Layer::default().entry(EntryType::XHeader, b"x", b"", &records).file("cut", b"1");
    let image = of_layers(&[gnu, posix]).unwrap();
    let names: Vec<_> =
        image.layers.iter().map(|l| String::from_utf8_lossy(&l.changes[0].name).into_owned()).collect();
    assert_eq!(names, [long.clone(), long.clone()]);
    assert_eq!(image.waste[0].reason, Reason::Metadata, "another owner, another attribute");
}

#[test]
fn bytes_that_are_no_text_are_spelt_and_cannot_act_on_a_terminal() {
    let layer = Layer::default().entry(EntryType::Regular, b"a\xff\x1b[2J", b"", b"1");
    let image =
        of_layers(&[layer, Layer::default().entry(EntryType::Regular, b".wh.a\xff\x1b[2J", b"", b"")])
            .unwrap();
    assert_eq!(image.waste[0].path, "/a\\xff\\u{1b}[2J");
}

#[test]
fn one_of_several_images_is_chosen_by_its_name() {
    let files = old_docker(&[Layer::default().file("a", b"1").tar()], &[]);
    let mut manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let mut second = manifest[0].clone();
    second["RepoTags"] = serde_json::json!(["other:latest"]);
    manifest.as_array_mut().unwrap().push(second);
    let mut files = files;
    files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), archive(&files)).unwrap();
    let choose = |name: Option<&str>| {
        let choice = Choice { name: name.map(str::to_owned), platform: None };
        autopsy(file.path(), &choice, &limits())
            .map(|image| image.name.unwrap())
            .map_err(|refusal| refusal.why)
    };
    let both = || vec!["demo:1".to_owned(), "other:latest".to_owned()];
    assert_eq!(choose(None), Err(Why::Several(both())));
    assert_eq!(choose(Some("other")), Ok("other".to_owned()));
    assert_eq!(choose(Some("nothing")), Err(Why::NoSuch(both())));
}

#[test]
fn what_is_no_image_is_said_to_be_none() {
    let of = |bytes: &[u8]| open(bytes).unwrap_err().why;
    assert_eq!(of(&archive(&Files::from([("a".to_owned(), vec![1])]))), Why::NotAnImage);
    assert_eq!(of(b""), Why::NotAnImage);
    assert_eq!(of(&layers::pack(b"x", Packed::Gzip)), Why::Packed("gunzip"));
    assert!(matches!(of(&[b'x'; 2000]), Why::Broken(_)));
    let missing = autopsy(Path::new("/nonexistent"), &Choice::default(), &limits()).unwrap_err();
    assert!(matches!(missing, Refusal { place: Place::Archive, why: Why::Io(_), .. }), "{missing}");
}
