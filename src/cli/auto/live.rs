//! The real stage as the driver's peer.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::drive::Peer;
use crate::{
    cli::exit::Fault,
    i18n::{Lang, t},
    stage::{
        client::Client,
        protocol::{Event, Request},
    },
};

/// The longest that a step may take; far beyond what the slowest machine needs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A stage that answers in time, or is given up.
pub(super) struct Live {
    pub client: Client,
    pub lang: Lang,
}

impl Peer for Live {
    fn ask(&mut self, request: &Request) -> anyhow::Result<()> {
        self.client.request(request, None).context(t(self.lang, "cli.stage"))
    }

    fn soon(&mut self, wait: Duration) -> anyhow::Result<Option<Event>> {
        self.client.next(Some(wait)).context(t(self.lang, "cli.stage"))
    }

    fn event(&mut self) -> anyhow::Result<Event> {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if let Some(event) = self.client.next(Some(left)).context(t(self.lang, "cli.stage"))? {
                return Ok(event);
            }
            if left.is_zero() {
                return Err(Fault::Failed(t(self.lang, "cli.stage_silent").to_owned()).into());
            }
        }
    }
}
