//! What is asked for, checked: a metric, how it is split, and a range cut into steps.

use poem_openapi::Enum;

use super::keep::KEPT_HOURS;
use super::key::Group;
use super::recent::SECONDS;
use crate::error::ApiError;

/// Points of an answer when the caller does not say how long a step is: a pixel each on most screens.
const POINTS: i64 = 1000;
/// The most points that a caller may ask for: a day of minutes.
const MOST_POINTS: i64 = 1500;
/// Lines when the caller does not say.
const LINES: u64 = 10;
/// The most lines that a caller may ask for, and labels that it may name: nobody tells more colours apart.
const MOST_LINES: u64 = 50;
/// How late a request for the last five minutes may come.
const SLACK: i64 = 10;
/// Steps to choose from, in seconds, and up to which range: longer ones of whole minutes would read too much.
const STEPS: [(i64, i64); 5] =
    [(60, i64::MAX), (120, i64::MAX), (300, i64::MAX), (600, 4 * DAY), (3600, i64::MAX)];
/// The longest range that is read minute by minute.
const MINUTES_RANGE: i64 = 8 * DAY;
const DAY: i64 = 86_400;

/// What happened
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum Metric {
    /// HTTP requests: how many, how many were answered with a status of 500 or more, and their latency in milliseconds
    Requests,
    /// Time from the server's ping to the client's answer, in milliseconds
    Rtt,
    /// Signals of client applications: how many, and how many were errors
    Signals,
    /// The errors among the signals
    Errors,
    /// What client applications measure, such as `lcp`; `name` says what
    Measurements,
    /// What the server itself is like, measured every second
    Server,
}

/// What a metric is split by
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum By {
    /// Method and pattern of the path, such as `GET /api/chat/rooms`
    Route,
    /// Id of an installation of a client application
    Client,
    /// Application
    App,
    /// Application and version, such as `desk 1.4.0`
    Version,
    /// Application and view, such as `desk /inbox`
    View,
    /// What of the server: `clients`, `users`, `messages_in`, `messages_out`, `bytes_in` and `bytes_out` a second, `cpu` in
    /// percent of a core, `memory` and `database` in MiB, `writes` a second, `commit_ms`, `write_queue`
    Gauge,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub by: Option<By>,
    pub name: Option<String>,
    pub labels: Vec<String>,
    /// Seconds since 1970.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub step: Option<u64>,
    pub limit: Option<u64>,
}

/// From what an answer is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    Seconds,
    Minutes,
    Hours,
}

/// A request that can be answered. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub struct Plan {
    pub metric: Metric,
    pub by: Option<By>,
    pub group: Group,
    pub name: Option<String>,
    /// Empty: the busiest.
    pub labels: Vec<String>,
    /// Start of the first step.
    pub from: i64,
    pub to: i64,
    pub step: i64,
    pub points: usize,
    pub lines: usize,
}

impl Plan {
    /// Checks what was asked at `now`.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn of(metric: Metric, asked: Asked, now: i64) -> Result<Self, ApiError> {
        let group = group(metric, asked.by)?;
        let name = asked.name.filter(|name| !name.is_empty());
        match (metric, group, &name) {
            (Metric::Measurements, _, None) => {
                return Err(ApiError::field("name", "must say which measurement, such as `lcp`"));
            }
            (Metric::Measurements, ..) | (_, Group::SignalsByApp, _) | (.., None) => {}
            _ => return Err(ApiError::field("name", "is for measurements, and for signals by application")),
        }
        if asked.by.is_none() && !asked.labels.is_empty() {
            return Err(ApiError::field("label", "needs `by`, which says what it is a label of"));
        }
        if asked.labels.len() as u64 > MOST_LINES {
            return Err(ApiError::field("label", format!("may be given {MOST_LINES} times")));
        }
        let lines = asked.limit.unwrap_or(LINES);
        if !(1..=MOST_LINES).contains(&lines) {
            return Err(ApiError::field("limit", format!("must be from 1 to {MOST_LINES}")));
        }
        let (from, to) = range(asked.from, asked.to, now)?;
        let (from, step) = match asked.step {
            None if from >= now - SECONDS - SLACK => (from.max(now - SECONDS), 1),
            None => (from, chosen(to - from)),
            Some(1) if from >= now - SECONDS - SLACK => (from.max(now - SECONDS), 1),
            Some(1) => return Err(ApiError::field("step", "may be 1 within the last 5 minutes only")),
            Some(step) => (from, whole_minutes(step)?),
        };
        let first = from.div_euclid(step) * step;
        let points = (to - first + step - 1) / step;
        if points > MOST_POINTS {
            let fits = ((to - first) / MOST_POINTS + 60) / 60 * 60;
            let message =
                format!("gives {points} points: at most {MOST_POINTS} may be asked for, as with {fits}");
            return Err(ApiError::field("step", message));
        }
        let plan = Self {
            metric,
            by: asked.by,
            group,
            name,
            labels: asked.labels,
            from: first,
            to,
            step,
            points: usize::try_from(points).unwrap_or_default(),
            lines: usize::try_from(lines).unwrap_or_default(),
        };
        if plan.resolution() == Resolution::Minutes && to - first > MINUTES_RANGE {
            return Err(ApiError::field("step", "must be whole hours, such as 3600, for more than 8 days"));
        }
        Ok(plan)
    }

    /// From what it is answered.
    pub fn resolution(&self) -> Resolution {
        match self.step {
            1 => Resolution::Seconds,
            step if step % 3600 == 0 => Resolution::Hours,
            _ => Resolution::Minutes,
        }
    }

    /// Which step a second belongs to.
    pub fn place(&self, second: i64) -> Option<usize> {
        usize::try_from((second - self.from).div_euclid(self.step)).ok().filter(|at| *at < self.points)
    }
}

fn group(metric: Metric, by: Option<By>) -> Result<Group, ApiError> {
    let allowed = match (metric, by) {
        (Metric::Requests, None | Some(By::Route)) => return Ok(Group::RequestsByRoute),
        (Metric::Rtt, None | Some(By::Client)) => return Ok(Group::RttByClient),
        (Metric::Signals | Metric::Errors, None | Some(By::App)) => return Ok(Group::SignalsByApp),
        (Metric::Signals | Metric::Errors, Some(By::Client)) => return Ok(Group::SignalsByClient),
        (Metric::Measurements, None | Some(By::App)) => return Ok(Group::MeasurementsByApp),
        (Metric::Measurements, Some(By::Version)) => return Ok(Group::MeasurementsByVersion),
        (Metric::Measurements, Some(By::View)) => return Ok(Group::MeasurementsByView),
        (Metric::Server, Some(By::Gauge)) => return Ok(Group::ServerByGauge),
        (Metric::Requests, _) => "`route`",
        (Metric::Rtt, _) => "`client`",
        (Metric::Signals | Metric::Errors, _) => "`client` or `app`",
        (Metric::Measurements, _) => "`app`, `version` or `view`",
        (Metric::Server, _) => {
            return Err(ApiError::field("by", "must be `gauge` for this metric"));
        }
    };
    Err(ApiError::field("by", format!("must be {allowed} for this metric, or absent")))
}

/// The range, within what is kept; the last hour when nothing is said.
fn range(from: Option<i64>, to: Option<i64>, now: i64) -> Result<(i64, i64), ApiError> {
    let oldest = now - KEPT_HOURS * 3600;
    let to = to.unwrap_or(now).min(now);
    if to <= oldest {
        return Err(ApiError::field("to", "is longer ago than the 30 days that are kept"));
    }
    let from = from.unwrap_or(to - 3600);
    if from >= to {
        return Err(ApiError::field("from", "must be before `to`, and in the past"));
    }
    Ok((from.max(oldest), to))
}

fn chosen(range: i64) -> i64 {
    let fits = |(step, most): &&(i64, i64)| range / step < POINTS && range <= *most;
    STEPS.iter().find(fits).map_or(DAY, |(step, _)| *step)
}

fn whole_minutes(step: u64) -> Result<i64, ApiError> {
    i64::try_from(step)
        .ok()
        .filter(|step| *step > 0 && step % 60 == 0 && *step <= KEPT_HOURS * 3600)
        .ok_or_else(|| ApiError::field("step", "must be 1, or whole minutes: 60, 120, ..."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_341_617;

    fn plan(from: i64, step: Option<u64>) -> Result<Plan, ApiError> {
        Plan::of(Metric::Requests, Asked { from: Some(NOW - from), step, ..Asked::default() }, NOW)
    }

    #[test]
    fn steps_are_chosen_so_that_there_are_at_most_a_thousand_points() {
        let steps = [300, 301, 3600, 50_000, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 30 * DAY].map(|range| {
            let plan = plan(range, None).unwrap();
            assert!(plan.points <= POINTS as usize + 1, "{range}: {}", plan.points);
            assert!(plan.from <= NOW - range.min(300) && plan.from % plan.step == 0);
            plan.step
        });
        assert_eq!(steps, [1, 1, 60, 60, 120, 300, 600, 3600, 3600]);
    }

    #[test]
    fn what_cannot_be_answered_names_its_parameter() {
        let field = |plan: Result<Plan, ApiError>| plan.unwrap_err().problem().errors[0].field.clone();
        for (range, step) in [(3600, 1), (600, 59), (600, 0), (600, 61), (2 * DAY, 60), (9 * DAY, 1800)] {
            assert_eq!(field(plan(range, Some(step))), "step", "{range} {step}");
        }
        assert_eq!(field(plan(0, None)), "from");
        let ask = |metric, asked| field(Plan::of(metric, asked, NOW));
        let old = Asked { to: Some(NOW - 31 * DAY), ..Asked::default() };
        assert_eq!(ask(Metric::Rtt, old), "to");
        for (metric, by) in
            [(Metric::Requests, By::App), (Metric::Rtt, By::Route), (Metric::Errors, By::View)]
        {
            assert_eq!(ask(metric, Asked { by: Some(by), ..Asked::default() }), "by");
        }
        assert_eq!(ask(Metric::Measurements, Asked::default()), "name");
        let named = Asked { name: Some("lcp".to_owned()), ..Asked::default() };
        assert_eq!(ask(Metric::Requests, named), "name");
        let labelled = Asked { labels: vec!["GET /".to_owned()], ..Asked::default() };
        assert_eq!(ask(Metric::Requests, labelled), "label");
        for limit in [0, 51] {
            assert_eq!(ask(Metric::Requests, Asked { limit: Some(limit), ..Asked::default() }), "limit");
        }
    }

    #[test]
    fn every_second_of_the_range_has_a_place() {
        for (range, step) in [(300, Some(1)), (3600, None), (7 * DAY, None), (5000, Some(1800))] {
            let plan = plan(range, step).unwrap();
            assert_eq!(plan.place(plan.from), Some(0));
            assert_eq!(plan.place(plan.from - 1), None);
            assert_eq!(plan.place(plan.to - 1), Some(plan.points - 1));
        }
    }
}
