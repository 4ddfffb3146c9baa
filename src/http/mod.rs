//! The route tree on one screen, and what every request passes on its way.
//!
//! Owns listener, middleware, problem documents for what the framework refuses, and the API document.
//! What an operation does belongs to its slice's `api`.

mod acceptor;
pub mod body;
mod context;
mod cors;
mod docs;
mod examples;
mod headers;
mod healthcheck;
pub mod identify;
mod operations;
mod peer;
mod problems;
mod schema;
mod spec;
mod statuses;
mod ws;

use std::sync::Arc;

use poem::middleware::CatchPanic;
use poem::{Endpoint, EndpointExt, Response, Route, get};
use poem_openapi::OpenApiService;
use tokio_util::sync::CancellationToken;

pub use acceptor::Acceptor;
pub use context::RequestId;
pub use healthcheck::{readiness, run as healthcheck};
pub use identify::COOKIE;
pub use peer::{Peer, Secure, network};
pub use problems::document as problem;

use crate::agenda;
use crate::app::Services;
use crate::audit::AuditApi;
use crate::backup::BackupsApi;
use crate::chat;
use crate::clients;
use crate::dashboard;
use crate::doctor::DoctorApi;
use crate::limits::LimitsApi;
use crate::logs;
use crate::monitoring::{self, MonitoringApi};
use crate::observe::metrics;
use crate::telemetry::{self, AppKeysApi, ErrorStates, ErrorsApi, SourceMapsApi};
use crate::users::{ProfileApi, Users, UsersApi};

/// Everything on the main port, in the order of reading: middleware outside, routes inside.
pub fn routes(services: &Services) -> impl Endpoint + use<> {
    let api = api(services);
    let (json, yaml) = spec::complete(&api.spec());
    let document = Document { ui: api.swagger_ui_html().replace(&api.spec(), &json), json, yaml };
    let operations = Arc::new(operations::Operations::of(&document.json, &services.config.base_path));
    let tree = Route::new()
        .at("/api/openapi.json", docs::json(&document))
        .at("/api/openapi.yaml", docs::yaml(&document))
        .nest("/api", body::limited(api, services.telemetry.source_maps().clone(), operations.clone()))
        .nest("/docs", docs::ui(&document))
        .nest("/ics", agenda::feed(&services.agenda))
        .at("/health", get(monitoring::health()))
        .at("/ready", get(monitoring::ready(&services.monitor)))
        .at("/collect", telemetry::endpoint(&services.telemetry))
        .at("/collect/:app_key", telemetry::endpoint(&services.telemetry))
        .at("/chat", get(ws::endpoint(services)))
        .at("/connection/websocket", get(ws::endpoint(services)));
    let tree = dashboard::add(tree, services);
    let tree = match services.config.base_path.as_str() {
        "" => tree,
        base => Route::new().nest(base, tree),
    };
    // Around everything, so that what lies outside the base path is answered and logged like the rest.
    tree
        // Without it, poem drops the connection of a handler that panics.
        .with(CatchPanic::new().with_handler(problems::of_panic))
        .with(context::Context::new(services, operations))
}

/// Every slice's operations, under one document.
fn api(services: &Services) -> OpenApiService<impl poem_openapi::OpenApi + use<>, ()> {
    let s = services;
    let users = Users::new(s.db.clone(), s.clock.clone(), s.auth.clone());
    let states = ErrorStates::new(s.db.clone(), s.clock.clone(), s.hub.clone());
    let slices = (
        crate::auth::apis(&s.auth),
        ProfileApi::new(users.clone()),
        UsersApi::new(users, s.auth.clone()),
        agenda::apis(&s.agenda, &s.config.base_path),
        chat::operations(&s.chat),
        clients::apis(&s.fleet, &s.auth, &s.telemetry, &s.logs, &s.tasks),
        (MonitoringApi::new(s.monitor.clone()), LimitsApi::new(s), DoctorApi::new(s.doctor.clone())),
        (AppKeysApi::new(s.telemetry.keys().clone()), s.telemetry.loki_api()),
        logs::apis(&s.logs),
        ErrorsApi::new(s.db.clone(), s.clock.clone(), s.telemetry.source_maps().clone(), states),
        (AuditApi::new(s.audit.clone()), BackupsApi::new(s.backups.clone())),
        SourceMapsApi::new(s.telemetry.source_maps().clone()),
    );
    OpenApiService::new(slices, "workspace-server", env!("CARGO_PKG_VERSION"))
        .description("Accounts, agenda, chat and the fleet of connected clients. Errors are RFC 9457 problem documents.")
        .server(format!("{}/api", services.config.base_path))
}

/// The API document in its forms.
struct Document {
    json: String,
    yaml: String,
    ui: String,
}

/// The OpenAPI document, as committed in `openapi/openapi.json`.
pub fn openapi_document() -> String {
    spec::complete(&api(&Services::for_document()).spec()).0
}

/// Serves `/metrics` on its own listener, so that it is never published by accident.
pub async fn serve_metrics(listener: tokio::net::TcpListener, services: Services, stop: CancellationToken) {
    let handle = services.metrics.clone();
    let acceptor = Acceptor::new(listener, &services.config);
    let page = Route::new().at(
        "/metrics",
        poem::endpoint::make_sync(move |_| {
            metrics::collect(&services);
            Response::builder().content_type("text/plain; version=0.0.4; charset=utf-8").body(handle.render())
        }),
    );
    let served = poem::Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(page, stop.cancelled(), Some(std::time::Duration::from_secs(1)))
        .await;
    if let Err(e) = served {
        tracing::error!(error = %e, "The metrics listener failed");
    }
}
