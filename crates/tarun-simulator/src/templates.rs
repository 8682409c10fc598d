//! The message templates an account starts with, made up to show each kind once.

use serde_json::{Value, json};

/// Templates of every WABA; the samples belong to all.
#[derive(Debug)]
pub(crate) struct Templates(Vec<Value>);

impl Templates {
    const MOST: usize = 6_000;

    pub(crate) fn samples() -> Self {
        Self(vec![
            json!({ "id": "1400000000000001", "name": "order_update", "language": "en_US", "status": "APPROVED",
                "category": "UTILITY", "parameter_format": "POSITIONAL", "quality_score": { "score": "GREEN" },
                "components": [
                    { "type": "BODY", "text": "Hello {{1}}, your order {{2}} is on its way and will reach you by {{3}}.",
                      "example": { "body_text": [["Priya", "#4821", "Friday"]] } },
                    { "type": "FOOTER", "text": "Noor & Neem" },
                    { "type": "BUTTONS", "buttons": [
                        { "type": "URL", "text": "Track order", "url": "https://example.in/track/{{1}}",
                          "example": ["https://example.in/track/4821"] },
                        { "type": "QUICK_REPLY", "text": "Need help" } ] } ] }),
            json!({ "id": "1400000000000002", "name": "order_update", "language": "hi", "status": "APPROVED",
                "category": "UTILITY", "parameter_format": "POSITIONAL", "quality_score": { "score": "GREEN" },
                "components": [
                    { "type": "BODY", "text": "नमस्ते {{1}}, आपका ऑर्डर {{2}} रास्ते में है और {{3}} तक पहुँच जाएगा।",
                      "example": { "body_text": [["प्रिया", "#4821", "शुक्रवार"]] } },
                    { "type": "BUTTONS", "buttons": [
                        { "type": "URL", "text": "ऑर्डर देखें", "url": "https://example.in/track/{{1}}",
                          "example": ["https://example.in/track/4821"] },
                        { "type": "QUICK_REPLY", "text": "मदद चाहिए" } ] } ] }),
            json!({ "id": "1400000000000003", "name": "diwali_offer", "language": "en", "status": "APPROVED",
                "category": "MARKETING", "parameter_format": "NAMED", "quality_score": { "score": "GREEN" },
                "components": [
                    { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::aW1hZ2U="] } },
                    { "type": "BODY", "text": "Hi {{first_name}}, our festive sets are here. Enjoy {{discount}} off until Sunday.",
                      "example": { "body_text_named_params": [
                          { "param_name": "first_name", "example": "Priya" }, { "param_name": "discount", "example": "20%" } ] } },
                    { "type": "FOOTER", "text": "Reply STOP to opt out" },
                    { "type": "BUTTONS", "buttons": [
                        { "type": "QUICK_REPLY", "text": "Show me" }, { "type": "QUICK_REPLY", "text": "Not now" } ] } ] }),
            json!({ "id": "1400000000000004", "name": "appointment_reminder", "language": "en", "status": "APPROVED",
                "category": "UTILITY", "parameter_format": "NAMED", "quality_score": { "score": "UNKNOWN" },
                "components": [
                    { "type": "HEADER", "format": "TEXT", "text": "Your appointment" },
                    { "type": "BODY", "text": "Dear {{first_name}}, we expect you on {{day}} at {{time}}. See you soon!",
                      "example": { "body_text_named_params": [ { "param_name": "first_name", "example": "Priya" },
                          { "param_name": "day", "example": "Monday" }, { "param_name": "time", "example": "10:30" } ] } },
                    { "type": "BUTTONS", "buttons": [
                        { "type": "QUICK_REPLY", "text": "Confirm" }, { "type": "QUICK_REPLY", "text": "Change time" } ] } ] }),
            json!({ "id": "1400000000000005", "name": "login_code", "language": "en", "status": "APPROVED",
                "category": "AUTHENTICATION", "parameter_format": "POSITIONAL", "quality_score": { "score": "UNKNOWN" },
                "components": [
                    { "type": "BODY", "text": "{{1}} is your verification code.", "add_security_recommendation": true },
                    { "type": "BUTTONS", "buttons": [
                        { "type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code",
                          "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}" } ] } ] }),
            json!({ "id": "1400000000000006", "name": "welcome_back", "language": "en", "status": "APPROVED",
                "category": "MARKETING", "parameter_format": "POSITIONAL", "quality_score": { "score": "GREEN" },
                "components": [
                    { "type": "BODY", "text": "We have not seen you for a while. Is there anything we can do for you?" },
                    { "type": "BUTTONS", "buttons": [ { "type": "QUICK_REPLY", "text": "Yes, please" } ] } ] }),
            json!({ "id": "1400000000000007", "name": "summer_sale", "language": "en", "status": "PAUSED",
                "category": "MARKETING", "parameter_format": "POSITIONAL", "quality_score": { "score": "RED" },
                "components": [ { "type": "BODY", "text": "Our summer sale ends today, have a look!" } ] }),
            json!({ "id": "1400000000000008", "name": "feedback_request", "language": "en", "status": "PENDING",
                "category": "UTILITY", "parameter_format": "POSITIONAL", "quality_score": { "score": "UNKNOWN" },
                "components": [ { "type": "BODY", "text": "How did you like your order? Tell us in a word or two." } ] }),
        ])
    }

    /// Those of a WABA.
    pub(crate) fn of<'a>(&'a self, waba_id: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |template| template.get("waba_id").is_none_or(|owner| owner == waba_id))
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Value> {
        self.0.iter().find(|template| template["id"] == id)
    }

    pub(crate) fn find(&self, waba_id: &str, name: &str, language: &str) -> Option<&Value> {
        let owned = |template: &&Value| template.get("waba_id").is_none_or(|owner| owner == waba_id);
        self.0.iter().filter(owned).find(|template| template["name"] == name && template["language"] == language)
    }

    /// Adds a template or replaces the one with its id; `false` when there is no room.
    pub(crate) fn put(&mut self, template: Value) -> bool {
        if let Some(known) = self.0.iter_mut().find(|known| known["id"] == template["id"]) {
            *known = template;
            return true;
        }
        let room = self.0.len() < Self::MOST;
        if room {
            self.0.push(template);
        }
        room
    }
}
