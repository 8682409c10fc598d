//! Small files of each kind, for customers who send one without having it.

use bytes::Bytes;

use crate::page::Assets;

/// Media type of the sample of a kind.
pub(crate) fn mime_type(kind: &str) -> &'static str {
    match kind {
        "video" => "video/mp4",
        "audio" | "voice" => "audio/ogg; codecs=opus",
        "document" => "application/pdf",
        "sticker" => "image/webp",
        _ => "image/jpeg",
    }
}

/// The sample itself.
pub(crate) fn file(kind: &str) -> Bytes {
    let name = match kind {
        "video" => "sample.mp4",
        "audio" | "voice" => "sample.ogg",
        "document" => "sample.pdf",
        "sticker" => "sample.webp",
        _ => "sample.jpg",
    };
    Assets::get(name).map(|file| Bytes::from(file.data.into_owned())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_there_and_what_it_says() {
        for (kind, magic, at) in [
            ("image", b"\xff\xd8\xff".as_slice(), 0),
            ("voice", b"OggS", 0),
            ("voice", b"OpusHead", 28),
            ("document", b"%PDF", 0),
            ("sticker", b"WEBP", 8),
            ("video", b"ftyp", 4),
        ] {
            assert_eq!(file(kind).get(at..at + magic.len()), Some(magic), "{kind}");
        }
    }
}
