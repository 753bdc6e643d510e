//! How long a test waits for what must come.

use std::time::Duration;

/// How long anything may take before it is given up: 20 s, or `KOROBKA_TEST_PATIENCE` seconds where the machine is known to
/// be slow, such as an emulated one. Nothing is quicker or surer for it: what comes is taken when it comes.
pub(crate) fn patience() -> Duration {
    let said = std::env::var("KOROBKA_TEST_PATIENCE").ok();
    Duration::from_secs(said.map_or(20, |text| text.parse().expect("KOROBKA_TEST_PATIENCE: seconds")))
}
