//! Buttons, lists and the other forms.

use serde_json::{Value, json};
use tarun_core::content::{Button, Header, Interactive, Row, Section};

use super::checks::{all_different, count, fits, link};
use super::{Unsendable, source};

const MAX_BODY_CHARS: usize = 1_024;
const MAX_LIST_BODY_CHARS: usize = 4_096;
const MAX_HEADER_CHARS: usize = 60;
const MAX_FOOTER_CHARS: usize = 60;
const MAX_BUTTONS: usize = 3;
const MAX_BUTTON_CHARS: usize = 20;
const MAX_BUTTON_ID_CHARS: usize = 256;
const MAX_SECTIONS: usize = 10;
/// In all sections together.
const MAX_ROWS: usize = 10;
const MAX_ROW_TITLE_CHARS: usize = 24;
const MAX_ROW_TEXT_CHARS: usize = 72;
const MAX_ROW_ID_CHARS: usize = 200;

pub(super) fn object(form: &Interactive) -> Result<Value, Unsendable> {
    match form {
        Interactive::Buttons { text, buttons, header, footer } => {
            let action = json!({ "buttons": reply_buttons(buttons)? });
            framed("button", body(text, MAX_BODY_CHARS)?, action, header.as_ref(), footer.as_deref())
        }
        Interactive::List { text, button, sections, header, footer } => {
            if header.as_ref().is_some_and(|header| !matches!(header, Header::Text { .. })) {
                return Err(Unsendable::NotTogether { what: "list", part: "file above its text" });
            }
            fits("label of the list's button", button, MAX_BUTTON_CHARS)?;
            let action = json!({ "button": button, "sections": self::sections(sections)? });
            framed("list", body(text, MAX_LIST_BODY_CHARS)?, action, header.as_ref(), footer.as_deref())
        }
        Interactive::CtaUrl { text, button, url, header, footer } => {
            fits("button's label", button, MAX_BUTTON_CHARS)?;
            let parameters = json!({ "display_text": button, "url": link("button's address", url)? });
            let action = json!({ "name": "cta_url", "parameters": parameters });
            framed("cta_url", body(text, MAX_BODY_CHARS)?, action, header.as_ref(), footer.as_deref())
        }
        Interactive::LocationRequest { text } => {
            let action = json!({ "name": "send_location" });
            framed("location_request_message", body(text, MAX_BODY_CHARS)?, action, None, None)
        }
        Interactive::ContactRequest { text } => {
            let action = json!({ "name": "request_contact_info" });
            framed("request_contact_info", body(text, MAX_BODY_CHARS)?, action, None, None)
        }
    }
}

fn body(text: &str, limit: usize) -> Result<Value, Unsendable> {
    fits("text", text, limit)?;
    Ok(json!({ "text": text }))
}

fn framed(
    kind: &str,
    body: Value,
    action: Value,
    header: Option<&Header>,
    footer: Option<&str>,
) -> Result<Value, Unsendable> {
    let mut object = json!({ "type": kind, "body": body, "action": action });
    if let Some(header) = header {
        object["header"] = match header {
            Header::Text { text } => {
                fits("heading", text, MAX_HEADER_CHARS)?;
                json!({ "type": "text", "text": text })
            }
            Header::Image { image } => json!({ "type": "image", "image": source(image)? }),
            Header::Video { video } => json!({ "type": "video", "video": source(video)? }),
            Header::Document { document } => json!({ "type": "document", "document": source(document)? }),
        };
    }
    if let Some(footer) = footer {
        fits("footer", footer, MAX_FOOTER_CHARS)?;
        object["footer"] = json!({ "text": footer });
    }
    Ok(object)
}

fn reply_buttons(buttons: &[Button]) -> Result<Vec<Value>, Unsendable> {
    count("buttons", buttons.len(), MAX_BUTTONS)?;
    all_different("buttons' labels", buttons.iter().map(|button| button.title.as_str()))?;
    all_different("buttons' ids", buttons.iter().map(|button| button.id.as_str()))?;
    let reply = |button: &Button| {
        fits("button's label", &button.title, MAX_BUTTON_CHARS)?;
        fits("button's id", &button.id, MAX_BUTTON_ID_CHARS)?;
        Ok(json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } }))
    };
    buttons.iter().map(reply).collect()
}

fn sections(sections: &[Section]) -> Result<Vec<Value>, Unsendable> {
    count("sections", sections.len(), MAX_SECTIONS)?;
    count("rows", sections.iter().map(|section| section.rows.len()).sum(), MAX_ROWS)?;
    all_different("rows' ids", sections.iter().flat_map(|section| &section.rows).map(|row| row.id.as_str()))?;
    let section = |section: &Section| {
        count("rows of a section", section.rows.len(), MAX_ROWS)?;
        let rows = section.rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let mut object = json!({ "rows": rows });
        // Titles tell sections apart; a single one needs none.
        let title = section.title.as_deref().unwrap_or_default();
        if sections.len() > 1 || !title.trim().is_empty() {
            fits("section's title", title, MAX_ROW_TITLE_CHARS)?;
            object["title"] = title.into();
        }
        Ok(object)
    };
    sections.iter().map(section).collect()
}

fn row(row: &Row) -> Result<Value, Unsendable> {
    fits("row's title", &row.title, MAX_ROW_TITLE_CHARS)?;
    fits("row's id", &row.id, MAX_ROW_ID_CHARS)?;
    let mut object = json!({ "id": row.id, "title": row.title });
    if let Some(text) = row.description.as_deref().filter(|text| !text.trim().is_empty()) {
        fits("row's description", text, MAX_ROW_TEXT_CHARS)?;
        object["description"] = text.into();
    }
    Ok(object)
}
