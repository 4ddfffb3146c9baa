use proptest::prelude::*;

use super::*;

fn of(values: &[f64]) -> Histogram {
    let mut histogram = Histogram::default();
    values.iter().for_each(|v| assert!(histogram.record(*v)));
    histogram
}

fn encoded(histogram: &Histogram) -> Vec<u8> {
    let mut out = Vec::new();
    histogram.encode(&mut out);
    out
}

fn decoded(bytes: &[u8]) -> Option<Histogram> {
    let (mut histogram, mut reader) = (Histogram::default(), Reader::new(bytes));
    histogram.merge_encoded(&mut reader)?;
    assert!(reader.is_empty());
    Some(histogram)
}

fn close(a: f64, b: f64, error: f64) -> bool {
    // A hair more: the bound itself is a rounded number.
    (a - b).abs() <= b.abs() * error * 1.000_001 + LEAST
}

/// Values over the whole range, every order of magnitude alike.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => (-4.0f64..9.0).prop_map(|e| 10f64.powf(e)),
        1 => Just(0.0),
        1 => -1e6..0.0,
    ]
}

#[test]
fn what_is_no_number_is_refused() {
    let mut histogram = Histogram::default();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(!histogram.record(value));
    }
    assert_eq!((histogram.quantile(0.5), histogram.extremes(), histogram.sum()), (None, None, 0.0));
}

#[test]
fn the_ends_of_the_range_have_buckets() {
    for (value, seen) in [(f64::MAX, LARGEST), (f64::MIN, -LARGEST), (0.0, 0.0), (-0.0, 0.0), (1e-9, 1e-9)] {
        let one = of(&[value]);
        assert_eq!((one.quantile(0.5), one.sum(), one.count()), (Some(seen), seen, 1));
    }
    assert!(bucket(LARGEST) < BUCKETS && bounds(BUCKETS - 1).1 > LARGEST);
}

#[test]
fn the_order_of_values_is_that_of_their_buckets() {
    let mixed = of(&[-5.0, 0.0, 3.0, 100.0]);
    assert_eq!(mixed.quantiles([0.25, 0.5]), Some([-5.0, 0.0]));
    assert!(close(mixed.quantile(0.75).unwrap(), 3.0, ERROR));
    assert_eq!(mixed.extremes(), Some((-5.0, 100.0)));
}

#[test]
fn it_is_small() {
    assert!(encoded(&of(&[12.5])).len() <= 8);
    assert!(encoded(&of(&[12.5, 13.0])).len() <= 10);
}

proptest! {
    #[test]
    fn every_value_is_within_its_bucket(value in value()) {
        let (from, to) = bounds(bucket(value));
        prop_assert!(from <= value && value < to);
    }

    #[test]
    fn a_quantile_is_as_close_as_promised(
        mut values in prop::collection::vec(10f64..1e8, 1..300),
        q in 0.0f64..=1.0,
    ) {
        let found = of(&values).quantile(q).unwrap();
        values.sort_by(f64::total_cmp);
        let rank = ((values.len() as f64 * q).ceil() as usize).clamp(1, values.len());
        prop_assert!(close(found, values[rank - 1], ERROR), "{} for {}", found, values[rank - 1]);
    }

    #[test]
    fn merging_is_counting_together(
        a in prop::collection::vec(value(), 0..100),
        b in prop::collection::vec(value(), 0..100),
    ) {
        let mut merged = of(&a);
        merged.merge(&of(&b));
        let together = of(&[a, b].concat());
        prop_assert_eq!(&merged.buckets, &together.buckets);
        prop_assert_eq!(merged.extremes(), together.extremes());
        prop_assert!(close(merged.sum(), together.sum(), 1e-9));
    }

    #[test]
    fn subtracting_a_part_leaves_the_rest(
        a in prop::collection::vec(value(), 0..100),
        b in prop::collection::vec(value(), 0..100),
    ) {
        let mut rest = of(&[a.clone(), b.clone()].concat());
        rest.subtract(&of(&b));
        prop_assert_eq!(rest.buckets, of(&a).buckets);
        // Of something that was never in it, nothing is left, and nothing breaks.
        let mut none = of(&a);
        none.subtract(&of(&[a.clone(), a.clone(), b].concat()));
        prop_assert!(none.is_empty());
    }

    #[test]
    fn what_is_written_is_read(values in prop::collection::vec(value(), 0..200)) {
        let before = of(&values);
        let after = decoded(&encoded(&before)).unwrap();
        prop_assert_eq!(&after.buckets, &before.buckets);
        prop_assert!(close(after.sum(), before.sum(), 1e-6));
        if let (Some(a), Some(b)) = (after.extremes(), before.extremes()) {
            prop_assert!(close(a.0, b.0, ERROR / 128.0) && close(a.1, b.1, ERROR / 128.0), "{:?} {:?}", a, b);
        }
        // Reading and writing on and on loses nothing more than the first time, but for the sum of one value.
        prop_assert_eq!(encoded(&after), encoded(&before));
    }

    #[test]
    fn damaged_bytes_are_none_or_something(
        values in prop::collection::vec(value(), 0..50),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encoded(&of(&values));
        let at = place.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len() + 1));
        let mut histogram = Histogram::default();
        let _ = histogram.merge_encoded(&mut Reader::new(&bytes));
        histogram.merge(&of(&values));
        let _ = histogram.quantiles([0.5, 0.99]);
    }
}
