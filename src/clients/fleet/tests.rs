//! Bounds, and what happens when the database cannot be written.

use tokio_util::sync::CancellationToken;

use super::*;

fn sighting_of(number: usize) -> Sighting {
    Sighting {
        app: "desk".to_owned(),
        key: format!("i-{number}"),
        identified: Identified::Installation,
        user: None,
        app_version: format!("1.{number}"),
        os: "Linux".to_owned(),
        os_version: String::new(),
        hostname: String::new(),
        locale: String::new(),
        address: None,
        signals: 2,
        errors: 1,
        last_error: None,
    }
}

async fn fleet(bounds: Bounds) -> (tempfile::TempDir, Fleet) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&dir.path().join("fleet.sqlite")).await.unwrap();
    let clock = Clock::system();
    let fleet = Fleet::bounded(&db, &clock, &Hub::new(clock.clone()), bounds);
    (dir, fleet)
}

#[tokio::test]
async fn what_waits_to_be_written_is_bounded() {
    let (_dir, fleet) = fleet(Bounds { waiting: 10, ..Bounds::default() }).await;
    for _ in 0..2 {
        (0..50).for_each(|number| fleet.seen(sighting_of(number)));
        assert_eq!(fleet.inner.waiting.lock().unwrap().len(), 10);
    }
    fleet.flush().await.unwrap();
    assert_eq!(installations::count(fleet.inner.db.read()).await.unwrap(), 10);
}

#[tokio::test]
async fn the_longest_silent_go_when_there_are_too_many() {
    let (_dir, fleet) = fleet(Bounds { installations: 3, ..Bounds::default() }).await;
    for number in 0..1_000 {
        fleet.seen(sighting_of(number));
        if number % 250 == 249 {
            fleet.flush().await.unwrap();
            fleet.inner.clock.advance(chrono::TimeDelta::seconds(1));
        }
    }
    for number in [3, 7, 9] {
        fleet.seen(sighting_of(number));
    }
    fleet.flush().await.unwrap();
    fleet.forget_silent(&CancellationToken::new()).await.unwrap();
    let mut left = installations::most_silent(fleet.inner.db.read(), 10).await.unwrap();
    let mut expected: Vec<Uuid> =
        [3, 7, 9].iter().map(|n| installation_id("desk", &format!("i-{n}"))).collect();
    left.sort_unstable();
    expected.sort_unstable();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn what_could_not_be_written_waits_and_adds_up() {
    let (clock, closed) = (Clock::system(), Db::disconnected());
    let broken = Fleet::new(&closed, &clock, &Hub::new(clock.clone()));
    for _ in 0..2 {
        broken.seen(sighting_of(1));
        broken.flush().await.unwrap_err();
    }
    let waiting = broken.inner.waiting.lock().unwrap().take();
    assert_eq!(waiting.len(), 1);
    let (_, pending) = &waiting[0];
    assert_eq!((pending.signals, pending.errors, pending.versions.len()), (4, 2, 1));
}
