//! Contact cards.

use serde_json::Value;

use crate::graph::error::GraphError;

/// Most cards in one message by Meta's pages (its OpenAPI file says 5).
const MOST: usize = 257;

pub(super) fn check(content: &Value) -> Result<(), GraphError> {
    let cards = content.as_array().ok_or_else(|| GraphError::invalid("contacts must be an array."))?;
    if cards.is_empty() || cards.len() > MOST {
        return Err(GraphError::invalid(format!("contacts must have 1 to {MOST} elements.")));
    }
    for card in cards {
        let name = &card["name"];
        let given = |part: &str| name[part].as_str().is_some_and(|text| !text.is_empty());
        if !given("formatted_name") {
            return Err(GraphError::missing("contacts.name.formatted_name"));
        }
        // At least one more part than the whole name.
        if !["first_name", "last_name", "middle_name", "prefix", "suffix"].into_iter().any(given) {
            return Err(GraphError::missing("contacts.name.first_name"));
        }
    }
    Ok(())
}
