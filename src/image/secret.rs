//! Names that look like secrets. Only names: the content is never read for this, and never shown.

use serde::Serialize;

use super::name::{above, last};

/// What a name looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secret {
    /// `.env`: settings, passwords among them.
    Environment,
    /// A private key: `id_rsa`, `*.pem`, `*.key`.
    Key,
    /// A store of keys: `*.p12`, `*.jks`, `*.kdbx`.
    KeyStore,
    /// Credentials of a program: `.netrc`, `.aws/credentials`, `.docker/config.json`.
    Credentials,
    /// A repository with its whole history: `.git/`.
    Repository,
    /// What somebody typed: `.bash_history`.
    History,
}

const KEYS: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
const STORES: [&str; 5] = [".p12", ".pfx", ".jks", ".kdbx", ".keystore"];
const CREDENTIALS: [&str; 20] = [
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".dockercfg",
    ".git-credentials",
    ".vault-token",
    ".s3cfg",
    ".boto",
    "credentials",
    "credentials.json",
    "credentials.toml",
    "credentials.yml",
    "secrets.yml",
    "secrets.yaml",
    "secrets.json",
    "terraform.tfstate",
    "service-account.json",
];
const CREDENTIAL_PATHS: [&str; 4] =
    [".docker/config.json", ".kube/config", ".config/gh/hosts.yml", ".cargo/credentials.toml"];
const HISTORIES: [&str; 5] =
    [".bash_history", ".zsh_history", ".psql_history", ".mysql_history", ".python_history"];
/// Environment files that are meant to be seen.
const EXAMPLES: [&str; 5] = [".example", ".sample", ".template", ".dist", ".defaults"];
/// Where certificates of public authorities lie, which are no secret.
const PUBLIC: [&str; 8] = [
    "etc/ssl/certs/",
    "usr/share/ca-certificates/",
    "etc/pki/",
    "usr/lib/ssl/",
    "usr/share/pki/",
    "etc/ca-certificates/",
    "etc/apk/keys/",
    "usr/share/apk/keys/",
];

/// What a name looks like, if it looks like a secret at all.
pub fn of_name(name: &[u8]) -> Option<Secret> {
    let text = String::from_utf8_lossy(name);
    let file = String::from_utf8_lossy(last(name)).to_lowercase();
    let file = file.as_str();
    if above(name).any(|dir| last(dir) == b".git") {
        return Some(Secret::Repository);
    }
    let is_env = file == ".env" || file.starts_with(".env.") || ends(file, &[".env"]);
    if is_env && !EXAMPLES.iter().any(|example| file.ends_with(example)) {
        return Some(Secret::Environment);
    }
    let public = PUBLIC.iter().any(|dir| text.starts_with(dir))
        || file.starts_with("cacert")
        || file.contains("ca-bundle");
    let key = KEYS.contains(&file) || ends(file, &[".pem", ".key", ".ppk"]);
    if key && !public && !ends(file, &[".pub"]) {
        return Some(Secret::Key);
    }
    if ends(file, &STORES) && !text.contains("cacerts") && !public {
        return Some(Secret::KeyStore);
    }
    if CREDENTIALS.contains(&file)
        || CREDENTIAL_PATHS.iter().any(|path| text == *path || text.ends_with(&format!("/{path}")))
    {
        return Some(Secret::Credentials);
    }
    HISTORIES.contains(&file).then_some(Secret::History)
}

/// The name to report: of everything inside a repository, the repository.
pub fn reported(name: &[u8], secret: Secret) -> &[u8] {
    match secret {
        Secret::Repository => above(name).find(|dir| last(dir) == b".git").unwrap_or(name),
        _ => name,
    }
}

fn ends(file: &str, with: &[&str]) -> bool {
    with.iter().any(|end| file.len() > end.len() && file.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names_and_public_things_are_left_alone() {
        for (name, secret) in [
            (".env", Some(Secret::Environment)),
            ("app/.env.production", Some(Secret::Environment)),
            ("app/.env.example", None),
            ("usr/bin/env", None),
            ("root/.ssh/id_rsa", Some(Secret::Key)),
            ("root/.ssh/id_rsa.pub", None),
            ("etc/nginx/server.pem", Some(Secret::Key)),
            ("etc/ssl/certs/GlobalSign.pem", None),
            ("usr/lib/python3/certifi/cacert.pem", None),
            ("app/.git/config", Some(Secret::Repository)),
            ("app/.gitignore", None),
            ("root/.aws/credentials", Some(Secret::Credentials)),
            ("root/.docker/config.json", Some(Secret::Credentials)),
            ("app/config.json", None),
            ("app/store.p12", Some(Secret::KeyStore)),
            ("root/.bash_history", Some(Secret::History)),
        ] {
            assert_eq!(of_name(name.as_bytes()), secret, "{name}");
        }
        assert_eq!(reported(b"app/.git/objects/00/11", Secret::Repository), b"app/.git");
    }
}
