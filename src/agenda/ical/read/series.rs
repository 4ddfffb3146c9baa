//! A master VEVENT and its changed occurrences, put together into one plan.

use std::collections::{BTreeMap, BTreeSet};

use calcard::icalendar::{ICalendarParameterName, ICalendarProperty, ICalendarStatus, ICalendarValue};
use chrono::NaiveDateTime;

use super::{Import, Source};
use crate::agenda::model::{Change, MAX_EXCEPTIONS, Plan, Recurrence, Visibility};
use crate::agenda::occurrences;
use crate::agenda::recurrence::Series;
use crate::agenda::rule::Rule;
use crate::agenda::text::Title;
use crate::agenda::when::{Stamp, When};

/// What an event without a summary is called.
const NO_TITLE: &str = "(no title)";

/// The plan of an event; what could not be kept goes to the import's problems. `None`: the event is left out.
pub(super) fn plan(
    master: &Source<'_>,
    changed: &[Source<'_>],
    visibility: Visibility,
    import: &mut Import,
) -> Option<Plan> {
    let mut dropped = Vec::new();
    match read(master, changed, visibility, &mut dropped) {
        Ok(plan) => {
            if !dropped.is_empty() {
                import.problem(master.component, format!("came in without: {}", dropped.join("; ")), false);
            }
            Some(plan)
        }
        Err(message) => {
            import.problem(master.component, message, true);
            None
        }
    }
}

fn read(
    master: &Source<'_>,
    changed: &[Source<'_>],
    visibility: Visibility,
    dropped: &mut Vec<String>,
) -> Result<Plan, String> {
    if master.component.status() == Some(&ICalendarStatus::Cancelled) {
        return Err("is cancelled".into());
    }
    let when = master.when()?;
    let untitled = || Title::parse(NO_TITLE).expect("the stand-in is a valid title");
    let mut plan = Plan {
        title: master.line(&ICalendarProperty::Summary).unwrap_or_else(untitled),
        place: master.line(&ICalendarProperty::Location),
        notes: master.line(&ICalendarProperty::Description),
        color: master.color(),
        attendees: master.attendees(dropped),
        reminders: master.reminders(&when, dropped),
        recurrence: recurrence(master, &when, dropped)?,
        visibility,
        when,
    };
    for source in changed {
        match change(source, &plan) {
            Ok((id, change)) => {
                let Some(recurrence) = &mut plan.recurrence else { continue };
                match change {
                    None => drop(recurrence.excluded.insert(id)),
                    Some(change) => drop(recurrence.changed.insert(id, change)),
                }
            }
            Err(message) => dropped.push(message),
        }
    }
    plan.prune();
    if let Some(recurrence) = &plan.recurrence
        && recurrence.excluded.len().max(recurrence.changed.len()) > MAX_EXCEPTIONS
    {
        return Err(format!("has more than {MAX_EXCEPTIONS} exceptions"));
    }
    if !occurrences::any(&plan) {
        return Err("has no occurrence left".into());
    }
    Ok(plan)
}

fn recurrence(
    master: &Source<'_>,
    when: &When,
    dropped: &mut Vec<String>,
) -> Result<Option<Recurrence>, String> {
    for (property, what) in
        [(ICalendarProperty::Rdate, "extra dates (RDATE)"), (ICalendarProperty::Exrule, "EXRULE")]
    {
        if master.component.has_property(&property) {
            dropped.push(what.into());
        }
    }
    let mut rules = master.component.properties(&ICalendarProperty::Rrule);
    let Some(rule) = rules.next() else { return Ok(None) };
    if rules.next().is_some() {
        return Err("has more than one RRULE".into());
    }
    let text = match rule.values.first() {
        Some(ICalendarValue::RecurrenceRule(rule)) => {
            // The default calendar, spelled out; RSCALE with another one is refused by the rule.
            let mut rule = rule.clone();
            rule.rscale = rule.rscale.filter(|scale| *scale != calcard::common::CalendarScale::Gregorian);
            rule.to_string()
        }
        Some(ICalendarValue::Text(text)) => text.clone(),
        _ => return Err("RRULE is empty".into()),
    };
    let rule = Rule::parse(&text, when).map_err(|error| format!("RRULE: {error}"))?;
    let series = Series::new(rule, when).map_err(|error| format!("RRULE: {error}"))?;
    let excluded = excluded(master, when, &series)?;
    Ok(Some(Recurrence { series, excluded, changed: BTreeMap::new() }))
}

/// EXDATE. A date in a timed series takes out what starts on that day.
fn excluded(master: &Source<'_>, when: &When, series: &Series) -> Result<BTreeSet<NaiveDateTime>, String> {
    let mut excluded = BTreeSet::new();
    for time in master.times(&ICalendarProperty::Exdate)? {
        if let (Stamp::Date(date), false) = (time.stamp, when.all_day()) {
            let midnight = date.and_time(chrono::NaiveTime::MIN);
            excluded.extend(series.starts(midnight).take_while(|start| start.date() == date));
        } else if let Some(local) = time.local(when) {
            excluded.insert(local);
        }
        if excluded.len() > MAX_EXCEPTIONS {
            return Err(format!("has more than {MAX_EXCEPTIONS} exceptions"));
        }
    }
    Ok(excluded)
}

/// One changed occurrence: its id, and what differs; `None` when it was cancelled.
fn change(source: &Source<'_>, plan: &Plan) -> Result<(NaiveDateTime, Option<Change>), String> {
    let property = ICalendarProperty::RecurrenceId;
    let named = source.times(&property)?.first().and_then(|time| time.local(&plan.when));
    let id =
        named.filter(|id| plan.recurrence.as_ref().is_some_and(|recurrence| recurrence.series.contains(*id)));
    let Some(id) = id else { return Err("a change of an occurrence that the series does not have".into()) };
    let shown = plan.when.text(id);
    let entry = source.component.property(&property);
    if entry.is_some_and(|entry| entry.has_parameter(&ICalendarParameterName::Range)) {
        return Err(format!("the change of {shown} and all after it (RANGE=THISANDFUTURE)"));
    }
    if source.component.status() == Some(&ICalendarStatus::Cancelled) {
        return Ok((id, None));
    }
    let own = source.when().map_err(|message| format!("the change of {shown}: {message}"))?;
    if own.all_day() != plan.when.all_day() || own.zone().is_some() != plan.when.zone().is_some() {
        return Err(format!("the change of {shown}, which is another kind of time than the series"));
    }
    let start = match (own.zone(), plan.when.zone()) {
        (Some(zone), Some(series)) if zone != series => {
            crate::agenda::when::wall_clock(series, crate::agenda::when::instant(zone, own.start()))
        }
        _ => own.start(),
    };
    let mut lost = Vec::new();
    let title = source.line(&ICalendarProperty::Summary).unwrap_or_else(|| plan.title.clone());
    let (place, notes) =
        (source.line(&ICalendarProperty::Location), source.line(&ICalendarProperty::Description));
    let (color, reminders) = (source.color(), source.reminders(&own, &mut lost));
    let time = (start, own.length());
    let change = Change {
        title: Some(title).filter(|title| *title != plan.title),
        place: Some(place).filter(|place| *place != plan.place),
        notes: Some(notes).filter(|notes| *notes != plan.notes),
        color: Some(color).filter(|color| *color != plan.color),
        reminders: Some(reminders).filter(|reminders| *reminders != plan.reminders),
        time: Some(time).filter(|time| *time != (id, plan.when.length())),
    };
    Ok((id, Some(change)))
}
