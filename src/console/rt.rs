//! The rpc methods of the console.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::Console;
use super::run::Caller;
use crate::auth::{Identity, Role};
use crate::config::Secret;
use crate::realtime::{ClientInfo, Error, Namespace};

/// Argument of `console.run` and `console.complete`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    line: String,
}

/// Argument of `console.confirm`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    password: String,
}

impl Namespace for Console {
    fn prefix(&self) -> &'static str {
        "console"
    }

    fn channels(&self) -> &'static [&'static str] {
        &[]
    }

    fn methods(&self) -> &'static [&'static str] {
        &["console.run", "console.confirm", "console.complete"]
    }

    fn rpc<'a>(
        &'a self,
        who: &'a Arc<Identity>,
        from: ClientInfo,
        method: &'a str,
        data: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, Error>> {
        Box::pin(async move {
            let connection = self.hub.connection(&from.client).ok_or(Error::PERMISSION_DENIED)?;
            let caller = Caller { who, connection: connection.clone() };
            match method {
                "console.run" => {
                    let Line { line } = parse(data)?;
                    // To its end and to its row, also when the verb is what ends this connection.
                    let (console, who) = (self.clone(), who.clone());
                    let run = async move { console.run(&Caller { who: &who, connection }, &line).await };
                    answer(&self.tasks.spawn(run).await.map_err(Error::internal)??)
                }
                "console.confirm" => {
                    let Confirm { password } = parse(data)?;
                    let until = self.confirm(&caller, Secret::new(password)).await?;
                    answer(&json!({"until": until}))
                }
                "console.complete" => {
                    let Line { line } = parse(data)?;
                    if who.role < Role::Admin {
                        return Err(Error::PERMISSION_DENIED);
                    }
                    answer(&self.complete(who, &line))
                }
                _ => Err(Error::METHOD_NOT_FOUND),
            }
        })
    }
}

fn parse<T: DeserializeOwned>(data: Option<&RawValue>) -> Result<T, Error> {
    let data = data.ok_or(Error::BAD_REQUEST)?;
    serde_json::from_str(data.get()).map_err(|_| Error::BAD_REQUEST)
}

fn answer(value: &impl Serialize) -> Result<Box<RawValue>, Error> {
    to_raw_value(value).map_err(Error::internal)
}
