//! Images built in memory, honest and hostile.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// A layer's tar, entry by entry, with names as raw as an attacker's.
#[derive(Clone, Default)]
pub(crate) struct Layer(Vec<u8>);

impl Layer {
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(EntryType::Regular, name.as_bytes(), b"", content)
    }

    pub(crate) fn dir(self, name: &str) -> Self {
        self.entry(EntryType::Directory, name.as_bytes(), b"", b"")
    }

    pub(crate) fn link(self, kind: EntryType, name: &str, target: &str) -> Self {
        self.entry(kind, name.as_bytes(), target.as_bytes(), b"")
    }

    pub(crate) fn entry(self, kind: EntryType, name: &[u8], target: &[u8], content: &[u8]) -> Self {
        self.header(kind, (name, target), content, |_| {})
    }

    /// An entry whose header is changed before it is signed with its checksum.
    pub(crate) fn header(
        mut self,
        kind: EntryType,
        (name, target): (&[u8], &[u8]),
        content: &[u8],
        change: impl FnOnce(&mut Header),
    ) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(content.len() as u64);
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name);
        old.linkname[..target.len()].copy_from_slice(target);
        change(&mut header);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Bytes as they are.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// With the two blocks that end a tar.
    pub(crate) fn tar(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}

/// A PAX record: its length, itself included, then `key=value`.
pub(crate) fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length.to_string().len() + rest.len() != length {
        length += 1;
    }
    format!("{length}{rest}").into_bytes()
}

/// How the layers of an image are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packed {
    Plain,
    Gzip,
    Zstd,
}

pub(crate) fn pack(bytes: &[u8], packed: Packed) -> Vec<u8> {
    match packed {
        Packed::Plain => bytes.to_vec(),
        Packed::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).expect("in memory");
            encoder.finish().expect("in memory")
        }
        Packed::Zstd => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

/// The files of an archive, before they are one.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The configuration of an image whose instructions are named.
fn config(tars: &[Vec<u8>], instructions: &[(&str, bool)]) -> Vec<u8> {
    let ids: Vec<_> = tars.iter().map(|tar| format!("sha256:{}", digest(tar))).collect();
    let history: Vec<_> =
        instructions.iter().map(|(by, empty)| json!({"created_by": by, "empty_layer": empty})).collect();
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ids}, "history": history});
    config.to_string().into_bytes()
}

/// What `docker save` wrote before version 25.
pub(crate) fn old_docker(tars: &[Vec<u8>], instructions: &[(&str, bool)]) -> Files {
    let config = config(tars, instructions);
    let name = format!("{}.json", digest(&config));
    let layers: Vec<_> = (0..tars.len()).map(|at| format!("{at}/layer.tar")).collect();
    let manifest = json!([{"Config": name, "RepoTags": ["demo:1"], "Layers": layers}]);
    let mut files: Files = layers.into_iter().zip(tars.iter().cloned()).collect();
    files.insert(name, config);
    files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    files
}

/// An OCI layout; with `docker`, what `docker save` writes since version 25: the same, and a manifest.json.
pub(crate) fn oci(tars: &[Vec<u8>], instructions: &[(&str, bool)], packed: Packed, docker: bool) -> Files {
    let mut files = Files::new();
    let mut blob = |bytes: Vec<u8>| {
        let descriptor = json!({"digest": format!("sha256:{}", digest(&bytes)), "size": bytes.len()});
        let file = format!("blobs/sha256/{}", digest(&bytes));
        files.insert(file.clone(), bytes);
        (descriptor, file)
    };
    let (config, config_file) = blob(config(tars, instructions));
    let layers: Vec<_> = tars.iter().map(|tar| blob(pack(tar, packed))).collect();
    let (descriptors, names): (Vec<_>, Vec<_>) = layers.into_iter().unzip();
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": descriptors});
    let (mut manifest, _) = blob(manifest.to_string().into_bytes());
    manifest["mediaType"] = "application/vnd.oci.image.manifest.v1+json".into();
    manifest["annotations"] = json!({"org.opencontainers.image.ref.name": "demo:1"});
    files.insert(
        "index.json".to_owned(),
        json!({"schemaVersion": 2, "manifests": [manifest]}).to_string().into_bytes(),
    );
    files.insert("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec());
    if docker {
        let manifest = json!([{"Config": config_file, "RepoTags": ["demo:1"], "Layers": names}]);
        files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    }
    files
}

/// The files as one tar.
pub(crate) fn archive(files: &Files) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, content.as_slice()).expect("in memory");
    }
    builder.into_inner().expect("in memory")
}
