//! The aggregates between memory and the database: loading, writing what has ended, days of hours, and what is too old.

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::hours::Row;
use super::key::{Group, Key, OTHER};
use super::{Series, store};
use crate::observe::metrics;

/// Hours that are kept: 30 days.
pub const KEPT_HOURS: i64 = 30 * 24;
/// Rows of one write: some milliseconds, so that others' writes do not wait long.
const WRITE: usize = 500;
/// Rows of one deletion or one addition of hours to days, likewise.
const STEP: u64 = 1000;
impl Series {
    /// Brings what the database has: the series, and the current hour.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(&self) -> Result<(), DbErr> {
        let stored = store::series(self.inner.db.read()).await?;
        {
            let mut live = self.live();
            for (id, key, last_day) in stored {
                live.index.restore(id, key, last_day, Some(last_day));
            }
        }
        self.restart().await
    }

    /// Goes on with the hour of the clock.
    async fn restart(&self) -> Result<(), DbErr> {
        let now = self.inner.clock.now().timestamp();
        let stored = store::hour(self.inner.db.read(), now.div_euclid(3600)).await?;
        let mut state = self.state();
        state.recent.clear();
        state.hours.restart(now.div_euclid(60), stored);
        for second in self.live().restart(now) {
            second.cells.iter().for_each(|(id, cell)| state.hours.add(*id, cell));
        }
        Ok(())
    }

    /// Writes every minute that has ended, until `stop`; [`Self::close`] writes the rest.
    pub async fn run(self, stop: CancellationToken) {
        let (mut done, mut tidied) = (i64::MIN, None);
        while !stop.is_cancelled() {
            let minute = self.inner.clock.now().timestamp().div_euclid(60);
            if minute != done {
                if let Err(error) = self.turn(&mut tidied).await {
                    tracing::warn!(error = %error, "The last minutes could not be stored; trying again in a minute");
                }
                done = minute;
            }
            let next = DateTime::<Utc>::from_timestamp((done + 1) * 60, 0).unwrap_or_default();
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.inner.back.notified() => {}
                () = self.inner.clock.sleep_until(next) => {}
            }
        }
    }

    async fn turn(&self, tidied: &mut Option<i64>) -> Result<(), DbErr> {
        if self.state().is_ahead(self.inner.clock.now().timestamp()) {
            self.end_minute(i64::MAX);
            self.save().await?;
            self.restart().await?;
        }
        let hour = self.settled().0.hours.hour();
        self.save().await?;
        // With hours that wait, a day would be made without them.
        if *tidied != Some(hour) && !self.state().hours.is_behind() {
            self.fold(hour).await?;
            self.expire(hour - KEPT_HOURS).await?;
            *tidied = Some(hour);
        }
        Ok(())
    }

    /// Writes everything, the current minute as far as it came. To be called when nothing is recorded any more.
    pub async fn close(&self) {
        let now = self.settled().1;
        self.end_minute(now + 1);
        if let Err(error) = self.save().await {
            tracing::error!(error = %error, "The last minute could not be stored");
        }
    }

    /// Ends the current minute with what was recorded before the second `until`.
    fn end_minute(&self, until: i64) {
        let mut state = self.state();
        for second in self.live().take(until) {
            second.cells.iter().for_each(|(id, cell)| state.hours.add(*id, cell));
        }
        state.hours.close_minute();
    }

    /// Writes what the database does not have yet.
    async fn save(&self) -> Result<(), DbErr> {
        let rows = {
            let mut state = self.state();
            metrics::series_lost(state.hours.bound());
            state.hours.unsaved()
        };
        for rows in rows.chunks(WRITE) {
            let (rows, series) = (rows.to_vec(), self.describe(rows));
            let saved = self
                .inner
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        store::write_series(tx.conn(), &series).await?;
                        store::write_hours(tx.conn(), &rows).await?;
                        Ok::<_, DbErr>((rows, series))
                    })
                })
                .await;
            let (rows, series) = saved?;
            self.state().hours.saved(&rows);
            let mut live = self.live();
            for (id, _, day) in series {
                if let Some(known) = live.index.known(id) {
                    known.stored_day = Some(day);
                }
            }
        }
        metrics::series_known(self.live().index.len());
        Ok(())
    }

    /// The series of `rows` that the database does not know, or not with this day.
    fn describe(&self, rows: &[Row]) -> Vec<(u32, Key, i64)> {
        let mut live = self.live();
        let mut changed = Vec::new();
        for row in rows {
            let Some(known) = live.index.known(row.series) else { continue };
            known.last_day = known.last_day.max(row.hour.div_euclid(24));
            let listed = |(id, ..): &(u32, Key, i64)| *id == row.series;
            if known.stored_day != Some(known.last_day) && !changed.iter().any(listed) {
                changed.push((row.series, known.key.clone(), known.last_day));
            }
        }
        changed
    }

    /// Adds ended hours to their days.
    async fn fold(&self, hour: i64) -> Result<(), DbErr> {
        let step = move || {
            self.inner.db.write(move |tx| Box::pin(async move { store::fold(tx.conn(), hour, STEP).await }))
        };
        while step().await? {}
        Ok(())
    }

    /// Deletes what is older than `hour`, in small steps, then the series that have nothing left.
    async fn expire(&self, hour: i64) -> Result<(), DbErr> {
        let step = move || {
            self.inner
                .db
                .write(move |tx| Box::pin(async move { store::delete_before(tx.conn(), hour, STEP).await }))
        };
        while step().await? > 0 {}
        // Forgotten first: should one of them come back meanwhile, it gets a new id, and replaces the row.
        let over: Vec<u32> = {
            let state = self.state();
            let mut live = self.live();
            let day = hour.div_euclid(24);
            let old = live.index.iter().filter(|(_, known)| known.stored_day.is_some_and(|d| d < day));
            let old: Vec<u32> =
                old.map(|(id, _)| id).filter(|id| !state.hours.holds(*id) && !live.holds(*id)).collect();
            old.iter().for_each(|id| live.index.forget(*id));
            old
        };
        for ids in over.chunks(WRITE) {
            let ids = ids.to_vec();
            self.inner
                .db
                .write(move |tx| Box::pin(async move { store::delete_series(tx.conn(), &ids).await }))
                .await?;
        }
        Ok(())
    }

    /// Erases what is kept of an installation: nobody can be shown it any more. It stays in the sum of all, where it cannot
    /// be told apart.
    ///
    /// # Errors
    /// When the database does not take it; then nothing was erased there.
    pub async fn erase_client(&self, client: Uuid) -> Result<(), DbErr> {
        let label = client.to_string();
        let ids: Vec<u32> = {
            let mut state = self.settled().0;
            let mut live = self.live();
            let of = |group| live.index.families(group, None).filter_map(|f| f.labels.get(&*label).copied());
            let ids: Vec<u32> = of(Group::RttByClient).chain(of(Group::SignalsByClient)).collect();
            ids.iter().for_each(|id| live.index.forget(*id));
            state.hours.forget(&ids);
            ids
        };
        let hour = self.inner.clock.now().timestamp().div_euclid(3600);
        self.inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    // A day more: it is looked for by whole days, and deleted by whole hours.
                    store::delete_data(tx.conn(), &ids, hour - KEPT_HOURS - 24, hour).await?;
                    store::delete_series(tx.conn(), &ids).await
                })
            })
            .await
    }

    /// The series that stands for the server running.
    pub(super) fn up(&self) -> u32 {
        self.live().index.place(Group::Up, "", OTHER).all
    }
}
