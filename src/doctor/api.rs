//! The report over HTTP.

use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi, Tags};

use super::{Check, Doctor, Verdict};
use crate::auth::{Admin, scope};
use crate::error::ApiError;

/// Operations of the doctor.
pub struct DoctorApi {
    doctor: Doctor,
}

impl DoctorApi {
    /// Asks `doctor`.
    pub fn new(doctor: Doctor) -> Self {
        Self { doctor }
    }
}

#[derive(Tags)]
enum Tag {
    /// How the server is doing
    Monitoring,
}

/// What is wrong around the server
#[derive(Debug, Object)]
#[oai(example)]
struct DoctorReport {
    /// The worst of all
    verdict: Verdict,
    /// One for each thing that was looked at
    checks: Vec<Check>,
}

impl Example for DoctorReport {
    fn example() -> Self {
        Self { verdict: Verdict::Warn, checks: vec![Check::example()] }
    }
}

#[OpenApi(tag = "Tag::Monitoring")]
impl DoctorApi {
    /// What is wrong around the server, and what to do about it
    ///
    /// As `workspace-server doctor` says: container, disk, clock, descriptors, database, backups, and whether `PUBLIC_URL`
    /// leads here. At most ten seconds old.
    #[oai(path = "/doctor", method = "get", operation_id = "get_doctor")]
    async fn get(&self, _who: Admin<scope::MonitoringRead>) -> Result<Json<DoctorReport>, ApiError> {
        let report = self.doctor.report().await;
        Ok(Json(DoctorReport { verdict: report.verdict(), checks: report.checks }))
    }
}
