//! The routes and roles of the config, and what it names beside them.

use std::collections::BTreeMap;

use crate::agent::route::Route;
use crate::config::RoleConfig;
use crate::protocol::id::ModelRef;

/// What the config says of routes and roles; replaced as a whole when it is read again.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_field_names,
    reason = "they are the routes of the config, beside its roles"
)]
pub(crate) struct Routes {
    pub(crate) routes: BTreeMap<String, Route>,
    pub(crate) roles: RoleConfig,
    /// What new sessions begin with.
    pub(crate) usual: Option<ModelRef>,
}

impl Routes {
    /// Every model the config names.
    pub(crate) fn named(&self) -> impl Iterator<Item = &ModelRef> {
        let endpoints = self.routes.values().flat_map(|route| &route.endpoints);
        let roles = [&self.usual, &self.roles.plan, &self.roles.small];
        roles.into_iter().flatten().chain(endpoints)
    }
}
