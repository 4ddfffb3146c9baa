//! A backup that is not what it was is reported, and never restored over good data.

use std::fs;
use std::io::Read;

use tokio::process::Command;

use super::{SETTINGS, everything, with_backup};
use crate::support::binary::Place;
use crate::support::programs;

/// Refused with one line that contains `words`, and nothing is changed.
async fn refused(place: &Place, words: &str, what: &str) {
    let before = everything(place.path());
    let line = place.fault(&["restore", "latest"], &SETTINGS).await;
    assert!(line.starts_with("restore: `data/backups/workspace-") && line.contains(words), "{what}: {line}");
    assert!(line.ends_with("the data is as it was"), "{what}: {line}");
    assert!(everything(place.path()) == before, "{what}: something was changed");
}

fn unpacked(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).map(|_| bytes)
}

#[tokio::test]
async fn what_was_cut_short_or_changed_is_found_out_with_and_without_what_stands_beside_it() {
    let (place, file) = with_backup().await;
    let good = fs::read(&file).unwrap();
    let beside = format!("{}.json", file.display());
    let said = fs::read(&beside).unwrap();
    for alone in [false, true] {
        if alone {
            fs::remove_file(&beside).unwrap();
        }
        for length in [0, 1, 9, 100, good.len() / 2, good.len() - 9, good.len() - 1] {
            fs::write(&file, &good[..length]).unwrap();
            refused(&place, "is damaged: ", &format!("{length} bytes, alone: {alone}")).await;
        }
        // Its first ten bytes hold a time and a system that are of no use to anybody.
        let first = if alone { 10 } else { 0 };
        for place_of in (first..good.len()).step_by(good.len() / 12).chain([good.len() - 8, good.len() - 1]) {
            let mut flipped = good.clone();
            flipped[place_of] ^= 1 << (place_of % 8);
            // Another of many zeros that are copied makes the same zeros: that is the same backup, but for its SHA-256.
            if alone && unpacked(&flipped).is_ok_and(|bytes| Some(bytes) == unpacked(&good).ok()) {
                continue;
            }
            fs::write(&file, flipped).unwrap();
            refused(&place, "is damaged: ", &format!("byte {place_of}, alone: {alone}")).await;
        }
        fs::write(&file, [&good[..], b"and more"].concat()).unwrap();
        refused(&place, "is damaged: ", &format!("longer, alone: {alone}")).await;
    }
    fs::write(&file, &good).unwrap();
    fs::write(&beside, &said[..said.len() / 2]).unwrap();
    refused(&place, ".json` is damaged: ", "half of what stands beside it").await;
    fs::write(&beside, said).unwrap();
    super::run(&place, &["restore", "latest"]).await;
}

#[tokio::test]
async fn something_else_and_something_newer_are_no_backups_of_ours() {
    let (place, file) = with_backup().await;
    fs::remove_file(format!("{}.json", file.display())).unwrap();
    let other = |script: &str| {
        let mut sh = Command::new("sh");
        sh.arg("-ec").arg(script).arg("sh").arg(&file).current_dir(place.path());
        sh
    };
    let newer =
        "gunzip -c \"$1\" >copy && sqlite3 copy \"INSERT INTO seaql_migrations VALUES ('m9999_future', 0)\"
        gzip -c copy >\"$1\"";
    let good = fs::read(&file).unwrap();
    // One row more than it says.
    programs::run(&mut other(newer), 30).await;
    refused(&place, "its table `seaql_migrations` has", "a row more").await;
    let told = newer.replace(
        "VALUES ('m9999_future', 0)",
        "VALUES ('m9999_future', 0); UPDATE workspace_backup SET content = json_set(content, '$.rows.seaql_migrations', \
         (SELECT COUNT(*) FROM seaql_migrations))",
    );
    fs::write(&file, &good).unwrap();
    programs::run(&mut other(&told), 30).await;
    refused(&place, "was made by a newer version (schema `m9999_future`)", "a newer one").await;
    programs::run(&mut other("sqlite3 other 'CREATE TABLE t (x)' && gzip -c other >\"$1\""), 30).await;
    refused(&place, "its database cannot be read", "another database").await;
}
