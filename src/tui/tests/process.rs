//! A process that somebody else made, on the screen.

use super::{
    snapshots::{Script, in_themes, settings, snapshot},
    support::Bench,
};
use crate::{
    i18n::Lang,
    inspect::{find::Found, observer::Said, systems::System},
    lab::{
        dial::Switch,
        fact::{Fact, FactId},
        observation::Value,
    },
    tui::{
        self, Theme,
        effect::Effect,
        message::Msg,
        place::{Place, Target},
    },
};

/// Docker's container `web`, as an observer saw it.
fn seen() -> Said {
    serde_json::from_str(include_str!("fixture/process.json")).expect("what an observer says")
}

/// The same at another moment.
fn later(change: impl FnOnce(&mut Said)) -> Said {
    let mut said = seen();
    change(&mut said);
    said
}

impl Bench {
    fn of_a_process(size: (u16, u16), lang: Lang, theme: Theme) -> Self {
        let mut bench = Self::new(size, lang, theme);
        let found = Found { pid: 4242, system: Some(System::Docker), by: "docker inspect".to_owned() };
        let target = Target { found, container: Some("web".to_owned()) };
        let effects = tui::go_to(&mut bench.model, Place::Process(target));
        bench.effects.extend(effects);
        bench
    }

    fn hears(&mut self, said: Said) -> &mut Self {
        self.send(Msg::Followed(said))
    }
}

/// A user's look at root's process: most of it stays dark, and two switches are off.
fn dark() -> Said {
    later(|said| {
        let Said::Seen { inspection, observation } = said else { return };
        inspection.inside = Some("EPERM".to_owned());
        inspection.root = None;
        inspection.overlays.clear();
        for verdict in &mut inspection.switches {
            verdict.on = match verdict.switch {
                Switch::Net | Switch::Rights => Some(false),
                Switch::Root | Switch::Overlay => None,
                _ => verdict.on,
            };
        }
        observation.facts.retain(|id, _| *id != FactId::subject(Fact::Hostname));
    })
}

const SCREENS: [(&str, Script); 7] = [
    ("process_switches", |b| b.hears(seen())),
    ("process_witness", |b| b.hears(seen()).keys("<tab><down><down>")),
    ("process_limits", |b| {
        for used in [12, 40, 61] {
            b.hears(later(|said| {
                if let Said::Seen { observation, .. } = said {
                    observation.facts.insert(FactId::host(Fact::MemoryCurrent), Value::Number(used));
                }
            }));
        }
        b.keys("<tab><tab>")
    }),
    ("process_layers", |b| b.hears(seen()).keys("<tab><tab><tab>")),
    ("process_rights", |b| b.hears(seen()).keys("<backtab>")),
    ("process_dark", |b| b.hears(dark())),
    ("process_ended", |b| b.hears(seen()).hears(Said::Ended)),
];

#[test]
fn process_screens() {
    let _bound = settings();
    for (name, script) in SCREENS {
        for lang in Lang::ALL {
            snapshot(name, lang, |size| {
                in_themes(|theme| {
                    let mut bench = Bench::of_a_process(size, lang, theme);
                    script(&mut bench);
                    bench.buffer()
                })
            });
        }
    }
}

#[test]
fn an_observer_is_asked_for_and_esc_ends_the_program() {
    let mut bench = Bench::of_a_process((80, 24), Lang::En, Theme::Mono);
    assert_eq!(bench.effects, [Effect::Follow(4242)]);
    bench.sees("STARTING").sees("Looking at the process");
    bench.hears(seen()).sees("LIVE").sees("container web").sees("The same switches as docker.");
    bench.keys("z").sees("Esc unzoom").keys("<esc>").sees("Esc quit");
    assert!(!bench.effects.contains(&Effect::Quit));
    bench.keys("q");
    assert_eq!(bench.effects.last(), Some(&Effect::Quit));
}

#[test]
fn what_was_seen_last_stays_when_it_is_over() {
    let mut bench = Bench::of_a_process((120, 40), Lang::En, Theme::Mono);
    bench.hears(seen()).hears(Said::Ended).sees("ENDED").sees("The process has ended").sees("uts:[");
    bench.send(Msg::FollowLost("the other process has gone".into())).sees("ENDED");
    let mut bench = Bench::of_a_process((120, 40), Lang::En, Theme::Mono);
    bench.hears(seen()).send(Msg::FollowLost("killed".into())).sees("STOPPED").sees("killed");
    bench.hears(seen()).hears(Said::Unseen { errno: "EACCES".into() }).sees("EACCES");
}

#[test]
fn lists_are_scrolled_and_every_size_is_drawn() {
    let mut bench = Bench::of_a_process((80, 24), Lang::En, Theme::Mono);
    bench.hears(seen()).lacks("OpenVZ").keys("<end>").sees("OpenVZ").keys("<home>").lacks("OpenVZ");
    for size in [(60, 20), (99, 30), (100, 20), (149, 60), (150, 24), (300, 90)] {
        bench.send(Msg::Resize(size.0, size.1));
        for _ in 0..5 {
            bench.keys("<tab><pgdn><pgdn><up>").buffer();
        }
    }
}
