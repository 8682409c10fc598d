//! Lists: `{"data": […], "next_cursor": "…" | null}`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    pub data: Vec<T>,
    /// Opaque; give it back as `cursor` to go on. `null` on the last page.
    pub next_cursor: Option<String>,
}

/// Where in a list to read.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many rows; 50 unless given, at most 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}
