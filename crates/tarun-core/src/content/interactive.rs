//! Forms that the business sends inside the service window. The fields are named as in a flow's message node.

use serde::{Deserialize, Serialize};

use super::media::Media;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Interactive {
    /// One to three reply buttons.
    Buttons {
        text: String,
        buttons: Vec<Button>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<Header>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
    },
    /// A menu of at most ten rows behind one button.
    List {
        text: String,
        /// The label of the button that opens the menu.
        button: String,
        sections: Vec<Section>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<Header>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
    },
    /// One button that opens a web page.
    CtaUrl {
        text: String,
        button: String,
        url: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<Header>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
    },
    /// Asks for the customer's place; the answer is an ordinary location.
    LocationRequest { text: String },
    /// Asks for the customer's phone number; the answer is a contact card of the sender's own.
    ContactRequest { text: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What comes back when it is tapped.
    pub id: String,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What stands above the text; a list takes only a text here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Header {
    Text { text: String },
    Image { image: Media },
    Video { video: Media },
    Document { document: Media },
}

impl Interactive {
    /// The main text.
    pub fn text(&self) -> &str {
        match self {
            Self::Buttons { text, .. }
            | Self::List { text, .. }
            | Self::CtaUrl { text, .. }
            | Self::LocationRequest { text }
            | Self::ContactRequest { text } => text,
        }
    }
}
