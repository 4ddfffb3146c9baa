//! Values in requests, with the bounds that the API document gives for them.
//!
//! They are checked by the slice, which names every field that is wrong, and not by the framework, which stops at
//! the first.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use serde_json::Value;

use crate::chat::model::RoomId;
use crate::chat::text::{BODY_MAX, NAME_MAX, NONCE_MAX, TOPIC_MAX};

macro_rules! wire {
    ($(#[$doc:meta])* $name:ident($inner:ty), $schema:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $inner);

        impl Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                "string".into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(self.as_raw_value().into_iter())
            }
        }

        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                match value {
                    Some(Value::String(text)) => Self::parse_from_parameter(&text),
                    other => Err(ParseError::expected_type(other.unwrap_or_default())),
                }
            }
        }

        impl ToJSON for $name {
            fn to_json(&self) -> Option<Value> {
                Some(Value::String(self.0.to_string()))
            }
        }
    };
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $min:literal, $max:expr, $pattern:expr) => {
        wire!(
            $(#[$doc])*
            $name(String),
            MetaSchema {
                min_length: Some($min),
                max_length: Some($max),
                pattern: $pattern.map(str::to_owned),
                ..MetaSchema::new("string")
            }
        );

        impl ParseFromParameter for $name {
            fn parse_from_parameter(text: &str) -> ParseResult<Self> {
                Ok(Self(text.to_owned()))
            }
        }
    };
}

text!(
    /// Text of a message.
    BodyText, 1, BODY_MAX, Some(r"^[^\x00]*[^\s\x00][^\x00]*$")
);
text!(
    /// Name of a room.
    NameText, 1, NAME_MAX, Some(r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
);
text!(
    /// Topic of a room.
    TopicText, 0, TOPIC_MAX, Some(r"^[^\x00-\x1f\x7f-\x9f]*$")
);
text!(
    /// Nonce of a message.
    NonceText, 1, NONCE_MAX, Some(r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
);
text!(
    /// What to search for; nothing finds nothing.
    QueryText, 0, 200, None::<&str>
);

wire!(
    /// Id of a room.
    RoomParam(RoomId),
    MetaSchema {
        pattern: Some("^(general|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$".to_owned()),
        example: Some(Value::String("general".to_owned())),
        ..MetaSchema::new("string")
    }
);

impl ParseFromParameter for RoomParam {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        RoomId::parse(text).map(Self).ok_or_else(|| {
            ParseError::custom(format!("`{text}` is no room: use `general` or a UUID in lower case"))
        })
    }
}
