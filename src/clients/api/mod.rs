//! The fleet over HTTP, a file for each noun.

mod installations;
mod live;
mod versions;

use poem_openapi::{ApiResponse, Tags};

use super::fleet::Fleet;

/// Every operation of the fleet.
pub fn apis(fleet: &Fleet) -> impl poem_openapi::OpenApi + use<> {
    (
        live::ClientsApi::new(fleet.inner.hub.clone(), fleet.inner.clock.clone()),
        // Before the operations on one installation: `versions` is no id of one.
        versions::VersionsApi { fleet: fleet.clone() },
        installations::InstallationsApi { fleet: fleet.clone() },
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
