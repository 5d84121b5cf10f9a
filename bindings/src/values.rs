//! Values that uniffi cannot carry as they are.

use gridwalk_core::dictionary::Code;

use crate::error::GridwalkError;

pub(crate) use gridwalk_core::Id;
uniffi::custom_type!(
    /// The id of a document, of an entry in one, or of a command. Opaque; one id has one spelling.
    Id, String, {
        remote,
        try_lift: |text| text.parse::<Id>().map_err(|e| GridwalkError::from(e).into()),
        lower: |id| id.to_string(),
    }
);

pub(crate) type Json = serde_json::Value;
uniffi::custom_type!(
    /// JSON text.
    Json, String, {
        remote,
        try_lift: |text| Ok(serde_json::from_str(&text)?),
        lower: |json| json.to_string(),
    }
);

pub(crate) type JsonMap = gridwalk_core::records::JsonMap;
uniffi::custom_type!(
    /// A JSON object: values of fields by their keys.
    JsonMap, String, {
        remote,
        try_lift: |text| if text.is_empty() { Ok(JsonMap::new()) } else { Ok(serde_json::from_str(&text)?) },
        lower: |map| serde_json::Value::Object(map).to_string(),
    }
);

/// A position in degrees (WGS-84).
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct Position {
    /// Latitude.
    pub lat: f64,
    /// Longitude.
    pub lon: f64,
}

pub(crate) type LatLon = (f64, f64);
uniffi::custom_type!(LatLon, Position, { remote, try_lift: |p| Ok((p.lat, p.lon)), lower: |p| Position { lat: p.0, lon: p.1 } });

/// A role over a scope.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RoleGrant {
    /// The role's stable name.
    pub role: String,
    /// What it reaches.
    pub scope: String,
}

pub(crate) type RoleScope = (String, String);
uniffi::custom_type!(RoleScope, RoleGrant, { remote, try_lift: |g| Ok((g.role, g.scope)), lower: |g| RoleGrant { role: g.0, scope: g.1 } });

/// A stable code with what people call it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CodeName {
    /// The code.
    pub code: String,
    /// The name in Chinese.
    pub zh: String,
    /// The name in English.
    pub en: String,
}

impl CodeName {
    /// Choices of the dictionary with what people call them.
    pub(crate) fn all(codes: &[Code]) -> Vec<Self> {
        codes.iter().map(Self::of).collect()
    }

    /// One of them.
    pub(crate) fn of(code: &Code) -> Self {
        Self { code: code.code.into(), zh: code.label.zh.into(), en: code.label.en.into() }
    }
}
