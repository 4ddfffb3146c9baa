//! The sections of the settings, each with an address of its own.

use crate::auth::Role;

/// A section. Its name is also that of its template and script in a folder `settings`, and of its words.
pub struct Section {
    pub name: &'static str,
    pub path: &'static str,
    /// About the server, and not about the reader: for administrators alone.
    pub admin: bool,
}

impl Section {
    /// Whether somebody of this role has it.
    pub fn is_for(&self, role: Role) -> bool {
        !self.admin || role == Role::Admin
    }
}

const fn own(name: &'static str, path: &'static str) -> Section {
    Section { name, path, admin: false }
}

const fn server(name: &'static str, path: &'static str) -> Section {
    Section { name, path, admin: true }
}

/// The sections in the order of their list. Accounts have a page of their own.
pub const SECTIONS: [Section; 9] = [
    own("profile", "/settings"),
    own("sessions", "/settings/sessions"),
    own("tokens", "/settings/tokens"),
    own("data", "/settings/data"),
    server("app-keys", "/settings/app-keys"),
    server("retention", "/settings/retention"),
    server("loki", "/settings/loki"),
    server("audit", "/settings/audit"),
    own("about", "/settings/about"),
];
