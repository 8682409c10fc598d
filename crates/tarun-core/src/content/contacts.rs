//! Shared contact cards.

use serde::{Deserialize, Serialize};

/// The most cards kept of one message: WhatsApp's own limit.
pub const MAX_CARDS: usize = 257;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    pub contacts: Vec<ContactCard>,
}

/// One card; everything on it is optional, also the name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactCard {
    pub name: ContactName,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<ContactPhone>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<LabelledValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<LabelledValue>,
    /// Postal addresses, each on one line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<LabelledValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<Organisation>,
    /// `YYYY-MM-DD` as a rule; shown as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// The sender tapped "share contact info": this is the sender's own number, not somebody else's card.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_sender: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactName {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub formatted_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactPhone {
    pub phone: String,
    /// Set where the number is on WhatsApp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// An e-mail, web or postal address with its label (`HOME`, `WORK` …).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelledValue {
    pub value: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organisation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl ContactCard {
    /// The best name on the card: as formatted, else from its parts, else the company, else the first number.
    pub fn display_name(&self) -> String {
        let name = &self.name;
        if !name.formatted_name.trim().is_empty() {
            return name.formatted_name.trim().to_owned();
        }
        let parts = [&name.prefix, &name.first_name, &name.middle_name, &name.last_name, &name.suffix];
        let joined = parts.into_iter().flatten().map(|part| part.trim()).filter(|part| !part.is_empty());
        let joined = joined.collect::<Vec<_>>().join(" ");
        if !joined.is_empty() {
            return joined;
        }
        let company = self.org.as_ref().and_then(|org| org.company.clone());
        company.or_else(|| self.phones.first().map(|phone| phone.phone.clone())).unwrap_or_default()
    }
}
