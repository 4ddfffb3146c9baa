//! The fleet over HTTP, a file for each noun.

mod diagnostics;
mod export;
mod installations;
mod live;
pub(super) mod notice;
mod orders;
mod own;
mod timeline;
mod versions;

use poem_openapi::{ApiResponse, Tags};
use tokio_util::task::TaskTracker;

use super::fleet::Fleet;
use crate::auth::Auth;
use crate::logs::Logs;
use crate::telemetry::Telemetry;

/// Every operation of the fleet.
pub fn apis(
    fleet: &Fleet,
    auth: &Auth,
    telemetry: &Telemetry,
    logs: &Logs,
    tasks: &TaskTracker,
) -> impl poem_openapi::OpenApi + use<> {
    (
        live::ClientsApi { fleet: fleet.clone() },
        // Before the operations on one installation: `versions` is no id of one.
        versions::VersionsApi { fleet: fleet.clone() },
        installations::InstallationsApi { fleet: fleet.clone() },
        timeline::TimelineApi { fleet: fleet.clone() },
        orders::OrdersApi { fleet: fleet.clone() },
        diagnostics::DiagnosticsApi { fleet: fleet.clone() },
        own::OwnDataApi {
            fleet: fleet.clone(),
            auth: auth.clone(),
            telemetry: telemetry.clone(),
            logs: logs.clone(),
            tasks: tasks.clone(),
        },
    )
}

#[derive(Tags)]
enum Tag {
    /// Connected client applications
    Clients,
    /// Installations of client applications, connected or not
    Installations,
}

/// Done, nothing to say
#[derive(ApiResponse)]
enum Done {
    /// Done
    #[oai(status = 204)]
    Done,
}
