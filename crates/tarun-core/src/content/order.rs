//! A cart that a customer sent.

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The most items kept of one cart.
pub const MAX_ORDER_ITEMS: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// What the customer wrote with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub items: Vec<OrderItem>,
}

/// One line of the cart. Numbers are kept as they were written: they are shown, not calculated with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderItem {
    pub product_retailer_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Number>,
    /// Price of one, in units of the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_price: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}
