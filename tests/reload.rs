//! Another configuration while packets flow: nothing is lost, and the new rules are the ones that hold.

#[path = "common/pipeline.rs"]
mod pipeline;
#[path = "reload/rules.rs"]
mod rules;
#[path = "reload/segments.rs"]
mod segments;
#[path = "reload/sensor.rs"]
mod sensor;
#[path = "reload/world.rs"]
mod world;

use std::sync::Arc;

use segments::Connection;
use tidegate::event::{Event, FIRST_CONFIGURATION};
use tidegate::worker::Settings;
use world::{World, captures, matcher, options};

/// Most places of a capture at which a reload is tried; no bundled capture has more packets.
const PLACES: usize = 400;

#[test]
fn an_unchanged_configuration_changes_nothing_before_any_packet_of_any_capture() {
    let dictionaries = matcher(&[("Project Tern", 5), ("launch valuation", 5)], 10);
    let (mut tried, mut alerts) = (0, 0);
    for (name, packets) in captures() {
        let undisturbed = World::new(options(), &dictionaries).run(&packets, |_, _| {});
        alerts += undisturbed.alerts();
        for place in (0..packets.len()).step_by(packets.len().div_ceil(PLACES)) {
            let seen = World::new(options(), &dictionaries).run(&packets, |number, pipeline| {
                if number == place {
                    let mut same = Settings::new(2, options(), Arc::clone(&dictionaries), 0);
                    assert!(pipeline.exchange(&mut same));
                    assert_eq!(same.number(), FIRST_CONFIGURATION, "what it had before comes back");
                }
            });
            assert_eq!(seen.delivered, undisturbed.delivered, "{name}: before packet {place}: delivered bytes");
            assert_eq!(seen.events(), undisturbed.events(), "{name}: before packet {place}: events");
            assert_eq!(seen.counters, undisturbed.counters, "{name}: before packet {place}: counters");
            tried += 1;
        }
    }
    assert!(tried > 1_500 && alerts > 10, "only {tried} places and {alerts} alerts were tried");
}

#[test]
fn other_dictionaries_leave_streams_and_flows_as_they_are() {
    let before = matcher(&[("Project Tern", 5), ("launch valuation", 5)], 10);
    let after = matcher(&[("term sheet", 1)], 1);
    for (name, packets) in captures() {
        let undisturbed = World::new(options(), &before).run(&packets, |_, _| {});
        for place in (0..packets.len()).step_by(packets.len().div_ceil(PLACES)) {
            let seen = World::new(options(), &before).run(&packets, |number, pipeline| {
                if number == place {
                    assert!(pipeline.exchange(&mut Settings::new(2, options(), Arc::clone(&after), 0)));
                }
                pipeline.renew_flows();
            });
            assert_eq!(seen.delivered, undisturbed.delivered, "{name}: before packet {place}: delivered bytes");
            assert_eq!(seen.flows(), undisturbed.flows(), "{name}: before packet {place}: flows");
        }
    }
}

#[test]
fn after_a_reload_the_new_dictionary_is_the_one_that_alerts() {
    let (old, new) = (matcher(&[("sextant", 1)], 1), matcher(&[("windlass", 1)], 1));
    let packets = Connection::open().client("windlass sextant ").client("windlass sextant ").packets();
    let seen = World::new(options(), &old).run(&packets, |number, pipeline| {
        if number == packets.len() - 1 {
            assert!(pipeline.exchange(&mut Settings::new(2, options(), Arc::clone(&new), 0)));
        }
    });
    let alerts: Vec<_> = seen.alert_events().map(|alert| (alert.configuration, alert.offset)).collect();
    assert_eq!(alerts, [(FIRST_CONFIGURATION, 16), (2, 25)], "each told in the words of its own configuration");
}

#[test]
fn a_keyword_that_straddles_the_change_is_not_seen_and_the_next_one_is() {
    // Compiled anew from the same words, so that the old state would mean the same in it.
    let (old, new) = (matcher(&[("windlass", 1)], 1), matcher(&[("windlass", 1)], 1));
    for (text, offsets) in [(["a wind", "lass, no more"], vec![]), (["a wind", "lass, windlass"], vec![20])] {
        let packets = Connection::open().client(text[0]).client(text[1]).packets();
        let seen = World::new(options(), &old).run(&packets, |number, pipeline| {
            if number == packets.len() - 1 {
                assert!(pipeline.exchange(&mut Settings::new(2, options(), Arc::clone(&new), 0)));
            }
        });
        assert_eq!(seen.alert_events().map(|alert| alert.offset).collect::<Vec<_>>(), offsets, "{text:?}");
    }
}

#[test]
fn the_same_dictionaries_keep_states_and_scores() {
    let dictionaries = matcher(&[("windlass", 1)], 2);
    let packets = Connection::open().client("windlass wind").client("lass").packets();
    let seen = World::new(options(), &dictionaries).run(&packets, |number, pipeline| {
        if number == packets.len() - 1 {
            assert!(pipeline.exchange(&mut Settings::new(2, options(), Arc::clone(&dictionaries), 0)));
        }
    });
    assert_eq!(seen.alerts(), 1);
}

#[test]
fn scores_of_other_dictionaries_do_not_count_and_a_flow_may_alert_again() {
    let (old, new) = (matcher(&[("windlass", 1)], 2), matcher(&[("windlass", 1), ("sextant", 1)], 2));
    // Two in all, one under each: no alert. Two under each: one alert each.
    for (text, alerts) in [("windlass ", 0), ("windlass windlass ", 2)] {
        let packets = Connection::open().client(text).client(text).packets();
        let seen = World::new(options(), &old).run(&packets, |number, pipeline| {
            if number == packets.len() - 1 {
                assert!(pipeline.exchange(&mut Settings::new(2, options(), Arc::clone(&new), 0)));
            }
        });
        assert_eq!(seen.alerts(), alerts, "{text:?}");
    }
}

#[test]
fn silent_flows_are_renewed_step_by_step_and_the_next_dictionaries_wait_for_that() {
    let (old, new) = (matcher(&[("windlass", 1)], 9), matcher(&[("sextant", 1)], 1));
    let mut options = options();
    options.capacity.flows = 10_000;
    let packets = Connection::open().client("windlass sex").client("tant").packets();
    let seen = World::new(options.clone(), &old).run(&packets, |number, pipeline| {
        if number != packets.len() - 1 {
            return;
        }
        assert_eq!(pipeline.snapshot().gauges.hit_records, 1);
        let mut settings = Settings::new(2, options.clone(), Arc::clone(&new), 0);
        assert!(pipeline.exchange(&mut settings));
        // Back to the first, while the walk over 10,000 flows has not begun.
        settings = Settings::new(3, options.clone(), Arc::clone(&old), 0);
        let mut steps = 0;
        while !pipeline.exchange(&mut settings) {
            assert_eq!(settings.number(), 3, "refused, so not exchanged");
            // The same dictionaries as now need not wait.
            assert!(pipeline.exchange(&mut Settings::new(2, options.clone(), Arc::clone(&new), 0)));
            pipeline.renew_flows();
            steps += 1;
        }
        assert_eq!(steps, 3, "4,096 flows a step");
        assert_eq!(pipeline.snapshot().gauges.hit_records, 0, "the silent flow's were given back");
    });
    // Both dictionaries have been in force since "sex" went by, so that is forgotten, whichever bit the flow has.
    assert_eq!(seen.alerts(), 0);
    assert!(seen.events().iter().any(|event| matches!(event, Event::Flow(_))));
}
