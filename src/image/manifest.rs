//! From the table of contents of an archive to one image: `manifest.json` of `docker save`, `index.json` of an OCI layout
//! (`image-spec/image-layout.md`). What is named by a digest is read only if it has that digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    history::Line,
    limits::Limits,
    name::show,
    refusal::{Place, Refusal, Why},
    store::Store,
};

/// Which image of an archive is meant, where it has several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Its name: `demo:1`.
    pub name: Option<String>,
    /// Its platform: `linux/arm64`. Without one, that of this machine where the archive has it.
    pub platform: Option<String>,
}

/// How an archive is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `docker save`: manifest.json.
    DockerSave,
    /// OCI: index.json.
    Oci,
}

/// One image.
#[derive(Debug)]
pub struct Image {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// `linux/amd64`, as far as it is told.
    pub platform: String,
    /// How the archive is laid out.
    pub layout: Layout,
    /// Digest of the configuration: what Docker calls the image's id.
    pub config_digest: String,
    /// The configuration.
    pub config: Config,
    /// Its layers, from the lowest.
    pub layers: Vec<Source>,
}

/// Where a layer lies, and what it must hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in the archive.
    pub file: String,
    /// Digest of the bytes as they lie there, where one is told.
    pub digest: Option<String>,
    /// Digest of the bytes unpacked.
    pub diff_id: String,
}

/// What is used of an image's configuration, `image-spec/config.md`.
#[derive(Debug, Default, Deserialize)]
pub struct Config {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    rootfs: RootFs,
    /// Its instructions.
    #[serde(default)]
    pub history: Vec<Line>,
}

#[derive(Debug, Default, Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

/// One image of manifest.json.
#[derive(Clone, Debug, Deserialize)]
struct Saved {
    #[serde(rename = "Config")]
    config: String,
    #[serde(rename = "RepoTags", default)]
    tags: Option<Vec<String>>,
    #[serde(rename = "Layers", default)]
    layers: Option<Vec<String>>,
}

/// `index.json` and the indexes it points to.
#[derive(Debug, Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// Points to a blob, `image-spec/descriptor.md`.
#[derive(Clone, Debug, Deserialize)]
struct Descriptor {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    digest: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    platform: Option<Platform>,
}

#[derive(Clone, Debug, Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: String,
}

/// Finds the image that is meant.
pub fn choose(store: &mut Store, choice: &Choice, limits: &Limits) -> Result<Image, Refusal> {
    if store.has("manifest.json") {
        saved(store, choice, limits)
    } else if store.has("index.json") {
        oci(store, choice, limits)
    } else {
        Err(Why::NotAnImage.at(Place::Archive, None))
    }
}

fn saved(store: &mut Store, choice: &Choice, limits: &Limits) -> Result<Image, Refusal> {
    let metadata = |why: Why| why.at(Place::Metadata, Some("manifest.json".to_owned()));
    let images: Vec<Saved> = parse(&store.text("manifest.json")?, "manifest.json")?;
    if images.len() > limits.layers {
        return Err(metadata(Why::Layers(limits.layers)));
    }
    let names = |image: &Saved| image.tags.clone().unwrap_or_default();
    let wanted = choice.name.as_deref();
    let image = pick(
        images,
        |image| wanted.is_none_or(|name| names(image).iter().any(|tag| same_name(tag, name))),
        |image| names(image).first().cloned().unwrap_or_else(|| image.config.clone()),
    )
    .map_err(metadata)?;
    let text = store.text(&image.config)?;
    let config: Config = parse(&text, &image.config)?;
    let config_digest = digest_of(&text);
    // old layout: `<digest>.json`; new layout: `blobs/sha256/<digest>`
    let told = image.config.strip_suffix(".json").unwrap_or(&image.config);
    let told = told.rsplit('/').next().unwrap_or(told);
    check(&format!("sha256:{told}"), &config_digest, &image.config)?;
    let files = image.layers.clone().unwrap_or_default();
    let layers = join(&files, &config, limits)?;
    let layers = layers.map(|(file, diff_id)| Source {
        digest: blob_digest(file),
        file: file.clone(),
        diff_id: diff_id.clone(),
    });
    let name = wanted.map(str::to_owned).or_else(|| names(&image).into_iter().next());
    Ok(Image {
        name,
        platform: platform_of(&config),
        layout: Layout::DockerSave,
        config_digest,
        layers: layers.collect(),
        config,
    })
}

/// In the new layout the name of a layer is its digest too.
fn blob_digest(file: &str) -> Option<String> {
    let hex = file.strip_prefix("blobs/sha256/")?;
    (hex.len() == 64).then(|| format!("sha256:{hex}"))
}

fn oci(store: &mut Store, choice: &Choice, limits: &Limits) -> Result<Image, Refusal> {
    let metadata = |why: Why| why.at(Place::Metadata, Some("index.json".to_owned()));
    let index: Index = parse(&store.text("index.json")?, "index.json")?;
    let mut gathered = Gathered::default();
    gather(store, index, None, (limits.depth, limits), &mut gathered)?;
    let mut found = gathered.images;
    let wanted = choice.name.as_deref();
    found.retain(|image| {
        wanted.is_none_or(|name| image.name.as_deref().is_some_and(|own| same_name(own, name)))
    });
    if choice.platform.is_none()
        && found.iter().any(|image| image.platform.as_deref() == Some(own_platform()))
    {
        found.retain(|image| image.platform.as_deref().is_none_or(|platform| platform == own_platform()));
    }
    let platform = choice.platform.as_deref();
    let image =
        pick(found, |image| platform.is_none_or(|p| image.platform.as_deref() == Some(p)), Found::shown)
            .map_err(metadata)?;
    let digest = image.descriptor.digest.clone();
    let manifest: Manifest = parse(&blob(store, &digest)?, &digest)?;
    let config: Config = parse(&blob(store, &manifest.config.digest)?, &manifest.config.digest)?;
    let pairs = join(&manifest.layers, &config, limits)?.map(|(layer, diff_id)| {
        let file = blob_file(&layer.digest)?;
        Ok(Source { file, digest: Some(layer.digest.clone()), diff_id: diff_id.clone() })
    });
    let layers = pairs.collect::<Result<_, Refusal>>()?;
    let config_digest = manifest.config.digest.clone();
    Ok(Image {
        name: image.name,
        platform: platform_of(&config),
        layout: Layout::Oci,
        config_digest,
        layers,
        config,
    })
}

/// An image that an index points to.
struct Found {
    name: Option<String>,
    platform: Option<String>,
    descriptor: Descriptor,
}

impl Found {
    fn shown(&self) -> String {
        let name = self.name.clone().unwrap_or_else(|| self.descriptor.digest.clone());
        let platform = self.platform.as_ref().map(|platform| format!(" ({platform})")).unwrap_or_default();
        show(format!("{name}{platform}").as_bytes())
    }
}

/// What was met below an index.
#[derive(Default)]
struct Gathered {
    images: Vec<Found>,
    /// How many descriptors: the same inner index may be pointed to again and again, at every depth.
    met: usize,
}

/// All images below an index. Records of how an image was built are no images.
fn gather(
    store: &mut Store,
    index: Index,
    above: Option<&str>,
    (depth, limits): (usize, &Limits),
    gathered: &mut Gathered,
) -> Result<(), Refusal> {
    for descriptor in index.manifests {
        let refuse = |why: Why| why.at(Place::Metadata, Some(show(descriptor.digest.as_bytes())));
        if gathered.met >= limits.layers {
            return Err(refuse(Why::Layers(limits.layers)));
        }
        gathered.met += 1;
        let named = |key: &str| descriptor.annotations.get(key).map(String::as_str);
        let name = named("io.containerd.image.name")
            .or_else(|| named("org.opencontainers.image.ref.name"))
            .or(above);
        let name = name.map(str::to_owned);
        if descriptor.media_type.contains("index") || descriptor.media_type.contains("manifest.list") {
            let Some(left) = depth.checked_sub(1) else { return Err(refuse(Why::Depth(limits.depth))) };
            let inner: Index = parse(&blob(store, &descriptor.digest)?, &descriptor.digest)?;
            gather(store, inner, name.as_deref(), (left, limits), gathered)?;
            continue;
        }
        let platform = descriptor.platform.as_ref().map(Platform::shown);
        if platform.as_deref() != Some("unknown/unknown") {
            gathered.images.push(Found { name, platform, descriptor });
        }
    }
    Ok(())
}

impl Platform {
    fn shown(&self) -> String {
        let variant = if self.variant.is_empty() { String::new() } else { format!("/{}", self.variant) };
        format!("{}/{}{variant}", self.os, self.architecture)
    }
}

/// This machine's platform, in the words of Go.
const fn own_platform() -> &'static str {
    if cfg!(target_arch = "aarch64") { "linux/arm64" } else { "linux/amd64" }
}

fn platform_of(config: &Config) -> String {
    show(format!("{}/{}", config.os, config.architecture).trim_matches('/').as_bytes())
}

/// `demo` is `demo:latest`, and so is `docker.io/library/demo:latest`.
fn same_name(own: &str, wanted: &str) -> bool {
    let full = |name: &str| {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        let name = name.strip_prefix("library/").unwrap_or(name);
        let tagged = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
        if tagged { name.to_owned() } else { format!("{name}:latest") }
    };
    own == wanted || full(own) == full(wanted)
}

fn pick<T>(all: Vec<T>, meant: impl Fn(&T) -> bool, name: impl Fn(&T) -> String) -> Result<T, Why> {
    let names: Vec<_> = all.iter().map(|one| show(name(one).as_bytes())).collect();
    let (fitting, shown): (Vec<_>, Vec<_>) =
        all.into_iter().zip(names.clone()).filter(|(one, _)| meant(one)).unzip();
    let mut fitting = fitting.into_iter();
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Why::Several(shown)),
        (None, _) => Err(if names.is_empty() { Why::NotAnImage } else { Why::NoSuch(names) }),
    }
}

/// Layers and their `diff_ids`, one to one.
fn join<'a, T>(
    layers: &'a [T],
    config: &'a Config,
    limits: &Limits,
) -> Result<impl Iterator<Item = (&'a T, &'a String)>, Refusal> {
    let ids = &config.rootfs.diff_ids;
    if layers.len() != ids.len() {
        return Err(Why::Count(layers.len(), ids.len()).at(Place::Metadata, None));
    }
    if layers.len() > limits.layers {
        return Err(Why::Layers(limits.layers).at(Place::Metadata, None));
    }
    Ok(layers.iter().zip(ids))
}

/// The name of a blob: `sha256:…` lies in `blobs/sha256/…`.
fn blob_file(digest: &str) -> Result<String, Refusal> {
    let hex = digest
        .strip_prefix("sha256:")
        .filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let refuse = || Why::Json("digest".to_owned()).at(Place::Metadata, Some(show(digest.as_bytes())));
    hex.map(|hex| format!("blobs/sha256/{hex}")).ok_or_else(refuse)
}

/// A small blob with the digest it is asked for by.
fn blob(store: &mut Store, digest: &str) -> Result<Vec<u8>, Refusal> {
    let file = blob_file(digest)?;
    let text = store.text(&file)?;
    check(digest, &digest_of(&text), &file)?;
    Ok(text)
}

fn digest_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal digits.
pub(super) fn digits(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16);
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(digit).collect()
}

/// `sha256:…`
pub(super) fn hex(hash: &[u8]) -> String {
    format!("sha256:{}", digits(hash))
}

fn check(wanted: &str, found: &str, file: &str) -> Result<(), Refusal> {
    if wanted == found {
        return Ok(());
    }
    let why = Why::Digest { wanted: show(wanted.as_bytes()), found: found.to_owned() };
    Err(why.at(Place::Metadata, Some(show(file.as_bytes()))))
}

fn parse<T: DeserializeOwned>(text: &[u8], file: &str) -> Result<T, Refusal> {
    let refuse = |error: serde_json::Error| Why::Json(show(error.to_string().as_bytes()));
    serde_json::from_slice(text)
        .map_err(|error| refuse(error).at(Place::Metadata, Some(show(file.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_tag_even_if_nobody_says_so() {
        assert!(same_name("demo:latest", "demo") && same_name("docker.io/library/demo:1", "demo:1"));
        assert!(
            !same_name("demo:1", "demo") && same_name("localhost:5000/demo:latest", "localhost:5000/demo")
        );
    }

    #[test]
    fn a_digest_leads_to_its_blob_and_nowhere_else() {
        let hex = "a".repeat(64);
        assert_eq!(blob_file(&format!("sha256:{hex}")), Ok(format!("blobs/sha256/{hex}")));
        for wrong in ["sha256:../../x", "sha512:aa", "", &format!("sha256:{}", "/".repeat(64))] {
            assert!(blob_file(wrong).is_err(), "{wrong}");
        }
    }
}
