//! The answer: columns of equal length beside their times, as charts want them.

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};

use super::cell::Cell;
use super::key::VITALS;
use super::plan::{By, Metric, Plan};
use super::write::Column;
use crate::timestamp::Timestamp;

/// Unit of the values
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds
    Milliseconds,
    /// A number without a unit, or whatever the application measures
    None,
}

/// How good a web vital is
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum Rating {
    /// Up to the first threshold
    Good,
    /// Between the thresholds
    NeedsImprovement,
    /// Beyond the second threshold
    Poor,
}

/// What a web vital is judged by
#[derive(Clone, Copy, Debug, Object, PartialEq)]
pub struct Thresholds {
    /// Up to this it is good
    pub good: f64,
    /// Beyond this it is poor
    pub poor: f64,
}

impl Thresholds {
    fn of(name: Option<&str>) -> Option<Self> {
        VITALS.iter().find(|vital| Some(vital.0) == name).map(|&(_, good, poor)| Self { good, poor })
    }

    fn rate(self, value: f64) -> Rating {
        match value {
            v if v <= self.good => Rating::Good,
            v if v <= self.poor => Rating::NeedsImprovement,
            _ => Rating::Poor,
        }
    }
}

/// A whole range at once. Quantiles are off by 3 % at most
#[derive(Clone, Debug, Object)]
pub struct SeriesTotal {
    /// How often it happened
    pub count: u64,
    /// How often of these it went wrong; null for what cannot
    pub errors: Option<u64>,
    /// All values together; null where nothing is measured, as are the following
    pub sum: Option<f64>,
    /// Smallest value
    pub min: Option<f64>,
    /// Largest value
    pub max: Option<f64>,
    /// Median
    pub p50: Option<f64>,
    /// 75th percentile, by which web vitals are judged
    pub p75: Option<f64>,
    /// 95th percentile
    pub p95: Option<f64>,
    /// 99th percentile
    pub p99: Option<f64>,
    /// Of a web vital, by its 75th percentile
    pub rating: Option<Rating>,
}

/// One line of a chart. Columns are as long as `times`. Where nothing is known, because the server did not run, there is null;
/// where it ran and nothing happened, the count is 0 and what is measured is null
#[derive(Clone, Debug, Object)]
pub struct SeriesLine {
    /// What it is about; `all` when the metric is not split, `other` for everything that has no line of its own
    pub label: String,
    /// How often it happened
    pub count: Column<u64>,
    /// How often of these it went wrong; absent for what cannot
    #[oai(skip_serializing_if_is_none)]
    pub errors: Option<Column<u64>>,
    /// All values together; absent where nothing is measured, as are the following
    #[oai(skip_serializing_if_is_none)]
    pub sum: Option<Column<f64>>,
    /// Median
    #[oai(skip_serializing_if_is_none)]
    pub p50: Option<Column<f64>>,
    /// 75th percentile
    #[oai(skip_serializing_if_is_none)]
    pub p75: Option<Column<f64>>,
    /// 95th percentile
    #[oai(skip_serializing_if_is_none)]
    pub p95: Option<Column<f64>>,
    /// 99th percentile
    #[oai(skip_serializing_if_is_none)]
    pub p99: Option<Column<f64>>,
    /// The whole range
    pub total: SeriesTotal,
}

/// A metric over time
#[derive(Clone, Debug, Object)]
#[oai(example)]
pub struct SeriesAnswer {
    /// As asked
    pub metric: Metric,
    /// As asked; null when the metric is not split
    pub by: Option<By>,
    /// As asked
    pub name: Option<String>,
    /// Of the values: `sum` and percentiles
    pub unit: Unit,
    /// Start of the first step: not later than asked, unless that is longer ago than what is kept
    pub from: Timestamp,
    /// As asked, at most now
    pub to: Timestamp,
    /// Seconds of a step
    pub step: u64,
    /// Of a web vital
    #[oai(skip_serializing_if_is_none)]
    pub thresholds: Option<Thresholds>,
    /// Starts of the steps, in seconds since 1970: a chart's first column. The last step may not be over yet
    pub times: Vec<i64>,
    /// The busiest first, `other` last; labels that were asked for, in their order
    pub series: Vec<SeriesLine>,
}

/// A line before it is written.
pub struct Line {
    pub label: String,
    pub cells: Vec<Cell>,
}

/// The answer to `plan`. `known` says of each step whether the server ran.
pub fn answer(plan: &Plan, lines: &[Line], known: &[bool]) -> SeriesAnswer {
    let seconds = |second: i64| Timestamp::from_ms(second * 1000);
    let thresholds = Thresholds::of(plan.name.as_deref()).filter(|_| plan.metric == Metric::Measurements);
    let unit = match plan.metric {
        Metric::Requests | Metric::Rtt => Unit::Milliseconds,
        Metric::Measurements if thresholds.is_some() && plan.name.as_deref() != Some("cls") => {
            Unit::Milliseconds
        }
        _ => Unit::None,
    };
    SeriesAnswer {
        metric: plan.metric,
        by: plan.by,
        name: plan.name.clone(),
        unit,
        from: seconds(plan.from),
        to: seconds(plan.to),
        step: plan.step.unsigned_abs(),
        thresholds,
        times: (0..plan.points as i64).map(|n| plan.from + n * plan.step).collect(),
        series: lines.iter().map(|line| written(plan.metric, line, known, thresholds)).collect(),
    }
}

/// Of `metric`: how often it happened.
pub fn count(metric: Metric, count: u64, errors: u64) -> u64 {
    if metric == Metric::Errors { errors } else { count }
}

fn written(metric: Metric, line: &Line, known: &[bool], thresholds: Option<Thresholds>) -> SeriesLine {
    let measured = matches!(metric, Metric::Requests | Metric::Rtt | Metric::Measurements | Metric::Server);
    let fails = matches!(metric, Metric::Requests | Metric::Signals);
    let counts = |of: fn(Metric, &Cell) -> u64| -> Column<u64> {
        let counted = line.cells.iter().zip(known);
        Column(counted.map(|(cell, known)| (*known || !cell.is_empty()).then(|| of(metric, cell))).collect())
    };
    let mut sum = Cell::default();
    let quantiles: Vec<Option<[f64; 4]>> = line
        .cells
        .iter()
        .map(|cell| {
            sum.merge(cell);
            cell.values.quantiles(QUANTILES)
        })
        .collect();
    let column = |n: usize| measured.then(|| Column(quantiles.iter().map(|q| q.map(|q| q[n])).collect()));
    let value = |cell: &Cell| (!cell.values.is_empty()).then(|| rounded(cell.values.sum()));
    let whole = sum.values.quantiles(QUANTILES).map(|q| q.map(rounded));
    let extremes = sum.values.extremes();
    SeriesLine {
        label: line.label.clone(),
        count: counts(|metric, cell| count(metric, cell.count, cell.errors)),
        errors: fails.then(|| counts(|_, cell| cell.errors)),
        sum: measured.then(|| Column(line.cells.iter().map(value).collect())),
        p50: column(0),
        p75: column(1),
        p95: column(2),
        p99: column(3),
        total: SeriesTotal {
            count: count(metric, sum.count, sum.errors),
            errors: fails.then_some(sum.errors),
            sum: value(&sum),
            min: extremes.map(|e| rounded(e.0)),
            max: extremes.map(|e| rounded(e.1)),
            p50: whole.map(|q| q[0]),
            p75: whole.map(|q| q[1]),
            p95: whole.map(|q| q[2]),
            p99: whole.map(|q| q[3]),
            rating: thresholds.zip(whole).map(|(t, q)| t.rate(q[1])),
        },
    }
}

const QUANTILES: [f64; 4] = [0.5, 0.75, 0.95, 0.99];

/// As many digits as mean something: more would be bytes.
fn rounded(value: f64) -> f64 {
    let digits = match value.abs() {
        v if v >= 100.0 => 1e1,
        v if v >= 1.0 => 1e3,
        _ => 1e5,
    };
    (value * digits).round() / digits
}

impl Example for SeriesAnswer {
    fn example() -> Self {
        let times = vec![1_795_341_600, 1_795_341_660, 1_795_341_720];
        Self {
            metric: Metric::Requests,
            by: Some(By::Route),
            name: None,
            unit: Unit::Milliseconds,
            from: Timestamp::from_ms(times[0] * 1000),
            to: Timestamp::from_ms(times[0] * 1000 + 150_000),
            step: 60,
            thresholds: None,
            times,
            series: vec![SeriesLine {
                label: "GET /api/chat/rooms".to_owned(),
                count: Column(vec![None, Some(0), Some(2)]),
                errors: Some(Column(vec![None, Some(0), Some(0)])),
                sum: Some(Column(vec![None, None, Some(3.1)])),
                p50: Some(Column(vec![None, None, Some(1.2)])),
                p75: Some(Column(vec![None, None, Some(1.9)])),
                p95: Some(Column(vec![None, None, Some(1.9)])),
                p99: Some(Column(vec![None, None, Some(1.9)])),
                total: SeriesTotal {
                    count: 2,
                    errors: Some(0),
                    sum: Some(3.1),
                    min: Some(1.2),
                    max: Some(1.9),
                    p50: Some(1.2),
                    p75: Some(1.9),
                    p95: Some(1.9),
                    p99: Some(1.9),
                    rating: None,
                },
            }],
        }
    }
}
