//! Generates the client from the OpenAPI document beside Cargo.toml.
use std::error::Error;
use std::path::Path;
use std::{env, fs};

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=openapi.json");
    // The generator knows one type of JSON: so that errors become `Problem` and not raw responses.
    let text = fs::read_to_string("openapi.json")?.replace("application/problem+json", "application/json");
    let mut document: Value = serde_json::from_str(&text)?;
    // It knows no body but JSON, forms and plain text: what takes a calendar file is left out.
    let paths = document["paths"].as_object_mut().ok_or("no paths")?;
    for operations in paths.values_mut().filter_map(Value::as_object_mut) {
        operations.retain(|_, operation| {
            let bodies = operation.pointer("/requestBody/content").and_then(Value::as_object);
            bodies.is_none_or(|bodies| bodies.keys().all(|kind| kind.starts_with("application/json")))
        });
    }
    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Builder);
    let tokens = Generator::new(&settings).generate_tokens(&serde_json::from_value(document)?)?;
    let code = prettyplease::unparse(&syn::parse2(tokens)?);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), code)?;
    Ok(())
}
