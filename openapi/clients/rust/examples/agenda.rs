//! Logs in, creates, lists, edits and deletes an event, and handles a typed error, with the generated client.

use std::env;
use std::error::Error;

use chrono::{DateTime, Utc};
use workspace_client::{Client, connect, types};

type Answer<T> = Result<workspace_client::ResponseValue<T>, workspace_client::Error<types::Problem>>;

/// The problem document that a call was refused with.
fn problem<T>(answer: Answer<T>) -> types::Problem {
    match answer {
        Err(workspace_client::Error::ErrorResponse(problem)) => problem.into_inner(),
        Err(other) => panic!("no problem document: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

fn event(title: &str, start: &str) -> Result<types::EventInput, Box<dyn Error>> {
    Ok(types::EventInput::builder().title(title).start(start).try_into()?)
}

async fn titles(api: &Client) -> Result<Vec<String>, Box<dyn Error>> {
    let day = |text: &str| text.parse::<DateTime<Utc>>();
    let (from, to) = (day("2026-12-01T00:00:00Z")?, day("2026-12-02T00:00:00Z")?);
    let page = api.list_agenda().from(from).to(to).send().await?;
    Ok(page.items.iter().map(|item| item.title.clone()).collect())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (username, password) = (env::var("WORKSPACE_USERNAME")?, env::var("WORKSPACE_PASSWORD")?);
    let url = env::var("WORKSPACE_URL")?;
    let login = connect(&url, None)?.log_in().body_map(|body| body.username(username).password(password)).send().await?;
    let api = connect(&url, Some(&login.access_token))?;

    let created = api
        .create_agenda_event()
        .body(types::EventInput {
            end: Some("2026-12-01T11:00:00".parse()?),
            time_zone: Some("Europe/Paris".parse()?),
            ..event("Planning", "2026-12-01T10:00:00")?
        })
        .send()
        .await?;
    let etag = created.headers()["etag"].to_str()?.to_owned();
    assert_eq!(titles(&api).await?, ["Planning"]);

    let edited = api
        .update_agenda_event()
        .event_id(created.id)
        .if_match(etag.clone())
        .body(types::EventPatch {
            title: Some("Planning, moved".parse()?),
            start: Some("2026-12-01T14:00:00".parse()?),
            ..Default::default()
        })
        .send()
        .await?;
    assert_eq!(edited.end, "2026-12-01T15:00:00");
    assert_eq!(titles(&api).await?, ["Planning, moved"]);

    // The version is an old one by now.
    let stale = problem(api.delete_agenda_event().event_id(created.id).if_match(etag).send().await);
    assert_eq!(stale.code, "precondition_failed");

    let wrong = problem(api.create_agenda_event().body(event("", "soon")?).send().await);
    assert_eq!(wrong.code, "validation_failed");
    let mut fields: Vec<_> = wrong.errors.iter().map(|error| error.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["start", "title"]);

    let etag = edited.headers()["etag"].to_str()?.to_owned();
    api.delete_agenda_event().event_id(created.id).if_match(etag).send().await?;
    assert!(titles(&api).await?.is_empty());
    println!("ok");
    Ok(())
}
