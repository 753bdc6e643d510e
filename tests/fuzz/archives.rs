//! Archives: of bytes, of honest ones that were spoilt, of spoilt layers whose digests are right again.

use korobka::image::{Choice, Limits, autopsy};
use proptest::{collection::vec, prelude::*};

use crate::{
    layers::{Files, Layer, Packed, archive, digest, oci, old_docker, pack, pax},
    *,
};

/// Limits that an input of some kilobytes can reach.
fn limits() -> Limits {
    Limits {
        json: 1 << 16,
        entries: 300,
        unpacked: 1 << 20,
        ratio: 50,
        ratio_from: 1 << 17,
        ..Limits::default()
    }
}

/// Opens it: whatever comes out is within the limits, and cannot act on a terminal.
fn open(bytes: &[u8]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    match autopsy(file.path(), &Choice::default(), &limits()) {
        Ok(image) => {
            let entries: usize = image.layers.iter().map(|layer| layer.changes.len()).sum();
            assert!(image.unpacked <= limits().unpacked && entries <= 2 * limits().entries);
            assert!(image.wasted <= image.content, "{} of {} are wasted", image.wasted, image.content);
            let layers = image.layers.len();
            for waste in &image.waste {
                assert!(
                    waste.path.starts_with('/') && !waste.path.contains(char::is_control),
                    "{}",
                    waste.path
                );
                assert!(
                    (1..=layers).contains(&waste.held_in) && (waste.held_in..=layers).contains(&waste.by)
                );
            }
            serde_json::to_string(&image).unwrap();
        }
        Err(refusal) => {
            assert!(!refusal.entry.is_some_and(|entry| entry.contains(char::is_control)));
        }
    }
}

/// One thing done to some bytes.
#[derive(Clone, Debug)]
enum Spoil {
    Flip(prop::sample::Index, u8),
    Write(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Twice(prop::sample::Index, prop::sample::Index),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let at = any::<prop::sample::Index>;
    // words that mean something to a tar, a gzip, a zstd or a whiteout
    let word = prop_oneof![
        vec(any::<u8>(), 1..40),
        prop::sample::select(vec![
            &b"../"[..],
            b"/",
            b".wh.",
            b".wh..wh..opq",
            b"\0",
            b"00000000000\0",
            b"77777777777\0",
            b"\x80\xff\xff\xff",
            b"1",
            b"2",
            b"3",
            b"5",
            b"S",
            b"x",
            b"L",
            b"K",
            b"ustar\0",
            b"\x1f\x8b\x08",
            b"\x28\xb5\x2f\xfd",
            b"99 path=",
            b"GNU.sparse",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    let word = word.boxed();
    prop_oneof![
        (at(), 1_u8..).prop_map(|(at, bits)| Spoil::Flip(at, bits)),
        (at(), word.clone()).prop_map(|(at, bytes)| Spoil::Write(at, bytes)),
        (at(), at()).prop_map(|(from, to)| Spoil::Cut(from, to)),
        (at(), word).prop_map(|(at, bytes)| Spoil::Insert(at, bytes)),
        (at(), at()).prop_map(|(from, to)| Spoil::Twice(from, to)),
    ]
}

fn spoilt(mut bytes: Vec<u8>, spoils: &[Spoil]) -> Vec<u8> {
    for spoil in spoils {
        if bytes.is_empty() || bytes.len() > 1 << 18 {
            break;
        }
        let len = bytes.len();
        let range = |from: &prop::sample::Index, to: &prop::sample::Index| {
            let (from, to) = (from.index(len), to.index(len));
            from.min(to)..from.max(to)
        };
        match spoil {
            Spoil::Flip(at, bits) => bytes[at.index(len)] ^= bits,
            Spoil::Write(at, word) => {
                let at = at.index(len);
                let end = (at + word.len()).min(len);
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
            Spoil::Cut(from, to) => drop(bytes.drain(range(from, to))),
            Spoil::Insert(at, word) => drop(bytes.splice(at.index(len)..at.index(len), word.iter().copied())),
            Spoil::Twice(from, to) => bytes.extend_from_within(range(from, to)),
        }
    }
    bytes
}

/// Every block that could be a header gets its checksum, so that what is wrong in it is read at all.
fn signed(mut tar: Vec<u8>) -> Vec<u8> {
    for block in tar.chunks_exact_mut(512) {
        if block.get(257..262) == Some(b"ustar") {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    tar
}

fn honest() -> Vec<Vec<u8>> {
    use tar::EntryType as E;
    let first = Layer::default()
        .dir("a/")
        .file("a/b", b"1")
        .file("a/.env", b"2")
        .link(E::Symlink, "l", "a")
        .link(E::Link, "h", "a/b");
    let second = Layer::default()
        .file("a/.wh.b", b"")
        .entry(E::XHeader, b"x", b"", &pax("path", "long/name"))
        .file("cut", &[7; 600])
        .entry(E::GNULongName, b"l", b"", b"gnu/long\0")
        .file("cut", b"3");
    vec![first.tar(), second.tar()]
}

/// An image of one good layer and this one, whose digests are right.
fn image(layer: &[u8], packed: Packed) -> Vec<u8> {
    archive(&oci(
        &[honest().swap_remove(0), layer.to_vec()],
        &[("RUN x", false), ("RUN y", false)],
        packed,
        false,
    ))
}

/// The same with bytes that are a layer only by their name: they have the digest that the manifest says.
fn image_of_packed(bytes: &[u8]) -> Vec<u8> {
    let mut files: Files = old_docker(&honest()[..1], &[]);
    let name = format!("blobs/sha256/{}", digest(bytes));
    let manifest = String::from_utf8(files["manifest.json"].clone()).unwrap().replace("0/layer.tar", &name);
    files.insert("manifest.json".to_owned(), manifest.into_bytes());
    files.insert(name, bytes.to_vec());
    archive(&files)
}

#[test]
fn image_archives() {
    for (_, bytes) in corpus("image") {
        open(&bytes);
    }
    let tars = honest();
    let whole: Vec<_> = [Packed::Plain, Packed::Gzip, Packed::Zstd]
        .map(|packed| archive(&oci(&tars, &[], packed, true)))
        .into_iter()
        .chain([archive(&old_docker(&tars, &[]))])
        .collect();
    let inputs = (prop::sample::select(whole), vec(spoil(), 1..6), any::<bool>());
    make("image", &inputs, |(bytes, spoils, sign)| {
        let bytes = spoilt(bytes, &spoils);
        open(&if sign { signed(bytes) } else { bytes });
    });
}

#[test]
fn layers_with_the_right_digests() {
    for (_, bytes) in corpus("layer") {
        open(&image(&bytes, Packed::Plain));
        open(&image(&Layer::default().raw(&bytes).tar(), Packed::Gzip));
    }
    let packed = prop::sample::select(vec![Packed::Plain, Packed::Gzip, Packed::Zstd]);
    let inputs = (prop::sample::select(honest()), vec(spoil(), 1..8), packed);
    make("layer", &inputs, |(tar, spoils, packed)| open(&image(&signed(spoilt(tar, &spoils)), packed)));
}

#[test]
fn packed_layers_with_the_right_digests() {
    for (_, bytes) in corpus("packed") {
        open(&image_of_packed(&bytes));
    }
    let tar = honest().swap_remove(1);
    let whole: Vec<_> = [Packed::Gzip, Packed::Zstd].map(|packed| pack(&tar, packed)).to_vec();
    make("packed", &(prop::sample::select(whole), vec(spoil(), 1..6)), |(bytes, spoils)| {
        open(&image_of_packed(&spoilt(bytes, &spoils)));
    });
}

#[test]
fn descriptions_of_images() {
    let files = oci(&honest(), &[("RUN x", false)], Packed::Plain, true);
    let inputs =
        (prop::sample::select(vec!["manifest.json", "index.json"]), vec(spoil(), 1..6), any::<bool>());
    make("description", &inputs, |(name, spoils, alone)| {
        let mut files = files.clone();
        let text = spoilt(files[name].clone(), &spoils);
        if alone {
            files.remove("manifest.json");
        }
        files.insert(name.to_owned(), text);
        open(&archive(&files));
    });
}
