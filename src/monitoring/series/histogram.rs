//! Values of any size in few bytes: a histogram with buckets that grow with the value, of which only those in use
//! are kept.
//!
//! A bucket is a sixteenth of an octave (of the way from a power of two to the next), so a quantile is off by at most
//! `ERROR` of its value, wherever it lies between 2^-14 (0.00006) and [`LARGEST`]. What is closer to zero counts as
//! zero, what is negative shares one bucket, and what is beyond [`LARGEST`] counts as that. Merging adds counts, so it
//! does not matter in which order, or over which pieces, a histogram came together.

use super::bytes::{self, Reader};

/// Relative error of a quantile: from a bucket's (harmonic) middle to its bounds, which are 16 to 17 apart at most.
#[cfg(test)]
pub const ERROR: f64 = 1.0 / 33.0;
/// Values beyond are taken for this one: 11 days in milliseconds, a gigabyte in bytes.
pub const LARGEST: f64 = 1e9;

/// Bits of a double's fraction that tell buckets of an octave apart.
const PARTS: u32 = 4;
/// Bits of a double that do not matter here.
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - PARTS;
/// The least value that is not zero: 2^-14.
const LEAST: f64 = 1.0 / 16_384.0;
/// Bucket of everything negative.
const NEGATIVE: u16 = 0;
/// Bucket of zero and what is next to it.
const ZERO: u16 = 1;
/// The first bucket with bounds.
const FIRST: u16 = 2;
/// Octaves from 2^-14 to 2^30, which is more than [`LARGEST`].
const OCTAVES: u16 = 44;
/// All buckets.
const BUCKETS: u16 = FIRST + (OCTAVES << PARTS);
/// Places in a bucket that tell where the smallest or largest value lies.
const PLACES: f64 = 256.0;

fn bucket(value: f64) -> u16 {
    match value {
        v if v < 0.0 => NEGATIVE,
        v if v < LEAST => ZERO,
        v => FIRST + ((v.to_bits() >> SHIFT) - (LEAST.to_bits() >> SHIFT)) as u16,
    }
}

/// The least value of a bucket, and the first above it.
fn bounds(bucket: u16) -> (f64, f64) {
    let at = |b: u64| f64::from_bits(((LEAST.to_bits() >> SHIFT) + b) << SHIFT);
    match bucket {
        NEGATIVE => (-LARGEST, 0.0),
        ZERO => (0.0, LEAST),
        b => (at(u64::from(b - FIRST)), at(u64::from(b - FIRST) + 1)),
    }
}

/// How many values there were of each size; their sum, smallest and largest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Bucket and count, in the order of buckets; no count is zero.
    buckets: Vec<(u16, u32)>,
    sum: f64,
    min: f64,
    max: f64,
}

impl Histogram {
    /// Counts a value. False for what is no number, which is not counted.
    pub fn record(&mut self, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        let value = value.clamp(-LARGEST, LARGEST);
        self.widen(value, value);
        self.sum += value;
        let bucket = bucket(value);
        match self.buckets.binary_search_by_key(&bucket, |b| b.0) {
            Ok(at) => self.buckets[at].1 = self.buckets[at].1.saturating_add(1),
            Err(at) => self.buckets.insert(at, (bucket, 1)),
        }
        true
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.widen(other.min, other.max);
        self.sum += other.sum;
        let mut at = 0;
        for &(bucket, count) in &other.buckets {
            at = self.add(at, bucket, count);
        }
    }

    /// Takes away what `part` counted, which was merged into this one. Smallest and largest value stay: of the rest
    /// they are not known better.
    pub fn subtract(&mut self, part: &Self) {
        let mut rest = part.buckets.iter().peekable();
        for (bucket, count) in &mut self.buckets {
            while rest.next_if(|of| of.0 < *bucket).is_some() {}
            if let Some(of) = rest.next_if(|of| of.0 == *bucket) {
                *count = count.saturating_sub(of.1);
            }
        }
        self.buckets.retain(|b| b.1 > 0);
        self.sum = if self.is_empty() { 0.0 } else { self.sum - part.sum };
    }

    /// Adds to a bucket at or after the place `from`; gives its place.
    #[inline]
    fn add(&mut self, from: usize, bucket: u16, count: u32) -> usize {
        let mut at = from;
        while let Some(found) = self.buckets.get_mut(at) {
            if found.0 >= bucket {
                if found.0 == bucket {
                    found.1 = found.1.saturating_add(count);
                    return at;
                }
                break;
            }
            at += 1;
        }
        self.buckets.insert(at, (bucket, count));
        at
    }

    /// Call it before counts are added: whether there are any decides what the extremes are.
    fn widen(&mut self, min: f64, max: f64) {
        (self.min, self.max) =
            if self.is_empty() { (min, max) } else { (self.min.min(min), self.max.max(max)) };
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|b| u64::from(b.1)).sum()
    }

    /// All values together.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The smallest and the largest value; `None` when nothing was counted. Stored ones are within `ERROR` / 128.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        (!self.is_empty()).then_some((self.min, self.max))
    }

    /// The value that the share `q` (0 to 1) did not exceed; `None` when nothing was counted. Among negative values it
    /// is the smallest of them.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.quantiles([q]).map(|[value]| value)
    }

    /// Several quantiles in one go, in rising order.
    pub fn quantiles<const N: usize>(&self, qs: [f64; N]) -> Option<[f64; N]> {
        let total = self.count();
        let mut rest = self.buckets.iter();
        let mut current = rest.next()?;
        let mut seen = u64::from(current.1);
        Some(qs.map(|q| {
            let rank = ((total as f64 * q).ceil() as u64).clamp(1, total);
            while seen < rank {
                let Some(next) = rest.next() else { break };
                current = next;
                seen += u64::from(next.1);
            }
            let middle = match current.0 {
                NEGATIVE => self.min,
                ZERO => 0.0,
                bucket => {
                    let (from, to) = bounds(bucket);
                    2.0 * from * to / (from + to)
                }
            };
            middle.clamp(self.min, self.max)
        }))
    }

    /// Appends it: the number of buckets; each as the distance from the one before, twice, plus one if a count other than 1
    /// follows; the sum; and where smallest and largest lie, if there is more than one value. One value takes 7 bytes or 8.
    pub fn encode(&self, out: &mut Vec<u8>) {
        bytes::put(out, self.buckets.len() as u64);
        let mut before = 0;
        for &(bucket, count) in &self.buckets {
            bytes::put(out, u64::from(bucket - before) << 1 | u64::from(count > 1));
            if count > 1 {
                bytes::put(out, u64::from(count));
            }
            before = bucket;
        }
        let (Some(first), Some(last)) = (self.buckets.first(), self.buckets.last()) else { return };
        bytes::put_f32(out, self.sum);
        if self.count() > 1 {
            put_place(out, first.0, self.min);
            put_place(out, last.0, self.max);
        }
    }

    /// Reads what [`Self::encode`] wrote, adds it, and gives how many that were. `None` for damaged bytes; part of it
    /// may have been added.
    pub fn merge_encoded(&mut self, from: &mut Reader<'_>) -> Option<u64> {
        let number: u16 = from.small().filter(|n| *n <= BUCKETS)?;
        if number == 0 {
            return Some(0);
        }
        let was_empty = self.is_empty();
        if was_empty {
            self.buckets.reserve(usize::from(number));
        }
        let (mut bucket, mut at, mut total, mut first) = (0u16, 0, 0u64, None);
        for _ in 0..number {
            let step: u64 = from.number()?;
            bucket = bucket.checked_add(u16::try_from(step >> 1).ok()?).filter(|b| *b < BUCKETS)?;
            let count: u32 = if step & 1 == 1 { from.small().filter(|c| *c > 0)? } else { 1 };
            first.get_or_insert(bucket);
            total += u64::from(count);
            at = self.add(at, bucket, count);
        }
        let sum = from.f32()?;
        let (min, max) = if total > 1 { (place(from, first?)?, place(from, bucket)?) } else { (sum, sum) };
        self.sum += sum;
        (self.min, self.max) = if was_empty { (min, max) } else { (self.min.min(min), self.max.max(max)) };
        Some(total)
    }
}

/// Where in its bucket a value lies. Negative values have no such place: they are written as they are.
fn put_place(out: &mut Vec<u8>, bucket: u16, value: f64) {
    let (from, to) = bounds(bucket);
    match bucket {
        NEGATIVE => bytes::put_f32(out, value),
        ZERO => {}
        _ => out.push(((value - from) / (to - from) * PLACES).clamp(0.0, PLACES - 1.0) as u8),
    }
}

fn place(reader: &mut Reader<'_>, bucket: u16) -> Option<f64> {
    let (from, to) = bounds(bucket);
    match bucket {
        NEGATIVE => reader.f32(),
        ZERO => Some(0.0),
        _ => Some(from + (to - from) * (f64::from(reader.byte()?) + 0.5) / PLACES),
    }
}

#[cfg(test)]
#[path = "histogram_tests.rs"]
mod tests;
