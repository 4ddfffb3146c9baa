//! Changing a plan: the whole series, one occurrence, or one and all that follow. Pure; the store writes the result.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::model::{Attendee, Change, MAX_EXCEPTIONS, Plan, Recurrence, Reminders, Visibility};
use super::occurrences;
use super::recurrence::Series;
use super::rule::{End, Rule};
use super::text::{Color, Notes, Place, Title};
use super::when::{Stamp, When};

/// A field of a request and what is wrong with it.
pub type FieldError = (String, String);

/// A repetition as a request gives it. Without `excluded` the exclusions stay.
#[derive(Clone, Debug)]
pub struct NewRecurrence {
    pub rule: String,
    pub excluded: Option<Vec<String>>,
}

/// What a request changes; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub title: Option<Title>,
    pub place: Option<Option<Place>>,
    pub notes: Option<Option<Notes>>,
    pub color: Option<Option<Color>>,
    pub attendees: Option<Vec<Attendee>>,
    pub reminders: Option<Reminders>,
    pub visibility: Option<Visibility>,
    pub start: Option<Stamp>,
    pub end: Option<Stamp>,
    pub all_day: Option<bool>,
    pub zone: Option<Option<Tz>>,
    pub recurrence: Option<Option<NewRecurrence>>,
}

/// What splitting a series leaves.
#[derive(Clone, Debug)]
pub enum Split {
    /// Nothing came before: the series itself changes.
    Whole(Box<Plan>),
    Two {
        before: Box<Plan>,
        after: Box<Plan>,
    },
}

fn wrong<T>(field: &str, message: impl Into<String>) -> Result<T, Vec<FieldError>> {
    Err(vec![(field.into(), message.into())])
}

/// Changes the whole series. Exceptions move with the start, and those that no longer are occurrences go.
pub fn series(plan: &Plan, edit: &Edit) -> Result<Plan, Vec<FieldError>> {
    let when = new_when(&plan.when, edit).map_err(|error| vec![(error.field.to_owned(), error.message)])?;
    let base = Plan {
        title: edit.title.clone().unwrap_or_else(|| plan.title.clone()),
        when: plan.when.clone(),
        place: edit.place.clone().unwrap_or_else(|| plan.place.clone()),
        notes: edit.notes.clone().unwrap_or_else(|| plan.notes.clone()),
        color: edit.color.clone().unwrap_or_else(|| plan.color.clone()),
        attendees: edit.attendees.clone().unwrap_or_else(|| plan.attendees.clone()),
        reminders: edit.reminders.clone().unwrap_or_else(|| plan.reminders.clone()),
        recurrence: plan.recurrence.clone(),
        visibility: edit.visibility.unwrap_or(plan.visibility),
    };
    relaid(base, when, edit.recurrence.as_ref())
}

/// A plan laid over another: the words and the exceptions of `base`, with this time and repetition.
pub fn over(base: Plan, when: When, recurrence: Option<NewRecurrence>) -> Result<Plan, Vec<FieldError>> {
    relaid(base, when, Some(&recurrence))
}

/// `recurrence`: `None` keeps the one of `base`.
fn relaid(
    base: Plan,
    when: When,
    recurrence: Option<&Option<NewRecurrence>>,
) -> Result<Plan, Vec<FieldError>> {
    let moved = when.start() - base.when.start();
    let same_kind = when.all_day() == base.when.all_day();
    let recurrence = match (recurrence, &base.recurrence) {
        (Some(None), _) | (None, None) => None,
        (None, Some(old)) => {
            let end = match old.series.rule().end {
                End::Until(until) => End::Until(shifted(until, moved)),
                end => end,
            };
            Some(repeated(old.series.rule().ending(end), &when, Some(old), moved, same_kind)?)
        }
        (Some(Some(new)), old) => {
            let rule =
                Rule::parse(&new.rule, &when).or_else(|error| wrong("recurrence.rule", error.to_string()))?;
            let mut recurrence = repeated(rule, &when, old.as_ref(), moved, same_kind)?;
            if let Some(excluded) = &new.excluded {
                recurrence.excluded = excluded
                    .iter()
                    .map(|id| {
                        when.recurrence_id(id)
                            .ok_or_else(|| vec![not_an_occurrence("recurrence.excluded", id)])
                    })
                    .collect::<Result<_, _>>()?;
            }
            Some(recurrence)
        }
    };
    let mut plan = Plan { when, recurrence, ..base };
    plan.prune();
    check_exceptions(&plan)?;
    if !occurrences::any(&plan) {
        return wrong("recurrence.excluded", "leaves no occurrence");
    }
    Ok(plan)
}

fn not_an_occurrence(field: &str, id: &str) -> FieldError {
    let shown: String = id.chars().take(40).collect();
    (
        field.into(),
        format!(
            "`{shown}` does not name an occurrence; it is its start in the series, such as 2026-11-23T09:00:00"
        ),
    )
}

fn new_when(old: &When, edit: &Edit) -> Result<When, super::when::WhenError> {
    let all_day = edit.all_day.unwrap_or(old.all_day());
    let zone = edit.zone.unwrap_or(if all_day { None } else { old.zone() });
    if all_day == old.all_day() && zone == old.zone() {
        return old.changed(edit.start, edit.end);
    }
    let start = match (edit.start, all_day) {
        (Some(start), _) => start,
        (None, true) => Stamp::Date(old.start().date()),
        (None, false) => Stamp::Local(old.start()),
    };
    let when = When::new(start, edit.end, all_day, zone)?;
    let keeps_length = edit.end.is_none() && all_day == old.all_day();
    if keeps_length { when.with_length(old.length()) } else { Ok(when) }
}

fn repeated(
    rule: Rule,
    when: &When,
    old: Option<&Recurrence>,
    moved: TimeDelta,
    same_kind: bool,
) -> Result<Recurrence, Vec<FieldError>> {
    let series = Series::new(rule, when).or_else(|error| wrong("recurrence.rule", error.to_string()))?;
    let old_excluded = old.map(|old| &old.excluded).into_iter().flatten();
    let old_changed = old.map(|old| &old.changed).into_iter().flatten();
    Ok(Recurrence {
        series,
        excluded: old_excluded.map(|id| shifted(*id, moved)).collect(),
        changed: old_changed
            .map(|(id, change)| {
                let time =
                    change.time.filter(|_| same_kind).map(|(start, length)| (shifted(start, moved), length));
                (shifted(*id, moved), Change { time, ..change.clone() })
            })
            .collect(),
    })
}

/// Moved by a difference of two valid starts, so never out of the calendar in practice.
fn shifted(local: NaiveDateTime, by: TimeDelta) -> NaiveDateTime {
    local.checked_add_signed(by).unwrap_or(local)
}

fn check_exceptions(plan: &Plan) -> Result<(), Vec<FieldError>> {
    match &plan.recurrence {
        Some(recurrence) if recurrence.excluded.len().max(recurrence.changed.len()) > MAX_EXCEPTIONS => {
            wrong("recurrence", format!("has more than {MAX_EXCEPTIONS} exceptions"))
        }
        _ => Ok(()),
    }
}

/// Changes the occurrence `id`, which exists. What belongs to the whole series is refused.
pub fn one(plan: &Plan, id: NaiveDateTime, edit: &Edit) -> Result<Plan, Vec<FieldError>> {
    let Some(recurrence) = &plan.recurrence else { return series(plan, edit) };
    let of_the_series = [
        ("attendees", edit.attendees.is_some()),
        ("visibility", edit.visibility.is_some()),
        ("recurrence", edit.recurrence.is_some()),
        ("all_day", edit.all_day.is_some_and(|all_day| all_day != plan.when.all_day())),
        ("time_zone", edit.zone.is_some_and(|zone| zone != plan.when.zone())),
    ];
    let errors: Vec<FieldError> = of_the_series
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(field, _)| {
            (field.into(), "is of the whole series; use scope=series or scope=following".into())
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut change = recurrence.changed.get(&id).cloned().unwrap_or_default();
    if edit.start.is_some() || edit.end.is_some() {
        let (start, length) = change.time.unwrap_or((id, plan.when.length()));
        let when = When::from_parts(start, length, plan.when.all_day(), plan.when.zone())
            .changed(edit.start, edit.end)
            .map_err(|error| vec![(error.field.to_owned(), error.message)])?;
        change.time = Some((when.start(), when.length()));
    }
    change.title = edit.title.clone().or(change.title);
    change.place = edit.place.clone().or(change.place);
    change.notes = edit.notes.clone().or(change.notes);
    change.color = edit.color.clone().or(change.color);
    change.reminders = edit.reminders.clone().or(change.reminders);
    let mut plan = plan.clone();
    if let Some(recurrence) = &mut plan.recurrence {
        recurrence.changed.insert(id, change);
    }
    check_exceptions(&plan)?;
    Ok(plan)
}

/// Changes the occurrence `id`, which exists, and all after it: the series ends before, and another one begins.
pub fn following(plan: &Plan, id: NaiveDateTime, edit: &Edit) -> Result<Split, Vec<FieldError>> {
    let Some((before, after)) = cut(plan, id)? else { return Ok(Split::Whole(series(plan, edit)?.into())) };
    let after = series(&after, edit)?;
    Ok(match before {
        Some(before) => Split::Two { before: before.into(), after: after.into() },
        None => Split::Whole(after.into()),
    })
}

/// Takes the occurrence `id` out. `None`: nothing is left of the event.
pub fn without(plan: &Plan, id: NaiveDateTime) -> Result<Option<Plan>, Vec<FieldError>> {
    let mut plan = plan.clone();
    let Some(recurrence) = &mut plan.recurrence else { return Ok(None) };
    recurrence.excluded.insert(id);
    recurrence.changed.remove(&id);
    check_exceptions(&plan)?;
    Ok(Some(plan).filter(occurrences::any))
}

/// What is left when the occurrence `id` and all after it go. `None`: nothing.
pub fn until(plan: &Plan, id: NaiveDateTime) -> Result<Option<Plan>, Vec<FieldError>> {
    Ok(cut(plan, id)?.and_then(|(before, _)| before))
}

/// The series before the occurrence `id` (nothing, when all of it was excluded) and from it on; `None` for the first.
fn cut(plan: &Plan, id: NaiveDateTime) -> Result<Option<(Option<Plan>, Plan)>, Vec<FieldError>> {
    let Some(recurrence) = plan.recurrence.as_ref().filter(|_| id > plan.when.start()) else {
        return Ok(None);
    };
    let rule = recurrence.series.rule();
    let series = |rule: Rule, when: &When| {
        Series::new(rule, when).or_else(|error| wrong("recurrence.rule", error.to_string()))
    };
    let end = End::Until(shifted(id, TimeDelta::seconds(-1)));
    // A rule that does not name the start has nothing left when cut right after it.
    let head = Series::new(rule.ending(end), &plan.when).ok().map(|series| {
        let mut changed = recurrence.changed.clone();
        drop(changed.split_off(&id));
        let excluded = recurrence.excluded.range(..id).copied().collect();
        Recurrence { series, excluded, changed }
    });
    let before = Plan { recurrence: head, ..plan.clone() };

    let count = match rule.end {
        End::Count(count) => {
            let gone = recurrence.series.starts(plan.when.start()).take_while(|start| *start < id).count();
            End::Count(count.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX)).max(1))
        }
        end => end,
    };
    let when = plan.when.moved_to(id);
    let mut changed: BTreeMap<_, _> =
        recurrence.changed.range(id..).map(|(id, change)| (*id, change.clone())).collect();
    changed.remove(&id);
    let tail = Recurrence {
        series: series(rule.ending(count), &when)?,
        excluded: recurrence.excluded.range(id..).copied().collect(),
        changed,
    };
    let after = Plan { when, recurrence: Some(tail), ..plan.clone() };
    Ok(Some((Some(before).filter(occurrences::any), after)))
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
