"""Logs in, creates, lists, edits and deletes an event, and handles a typed error, with the generated client."""

import os
from datetime import datetime, timezone

from workspace_client import AuthenticatedClient, Client
from workspace_client.api.agenda import (
    create_agenda_event,
    delete_agenda_event,
    list_agenda,
    update_agenda_event,
)
from workspace_client.api.authentication import log_in
from workspace_client.models import AgendaEvent, AgendaPage, EventInput, EventPatch, Login, Problem, TokenSet

api = os.environ["WORKSPACE_URL"] + "/api"
login = log_in.sync(
    client=Client(api),
    body=Login(username=os.environ["WORKSPACE_USERNAME"], password=os.environ["WORKSPACE_PASSWORD"]),
)
assert isinstance(login, TokenSet), login
client = AuthenticatedClient(api, token=login.access_token)

created = create_agenda_event.sync_detailed(
    client=client,
    body=EventInput(
        title="Planning", start="2026-12-01T10:00:00", end="2026-12-01T11:00:00", time_zone="Europe/Paris"
    ),
)
event, etag = created.parsed, created.headers["ETag"]
assert isinstance(event, AgendaEvent), event


def titles():
    page = list_agenda.sync(
        client=client,
        from_=datetime(2026, 12, 1, tzinfo=timezone.utc),
        to=datetime(2026, 12, 2, tzinfo=timezone.utc),
    )
    assert isinstance(page, AgendaPage), page
    return [item.title for item in page.items]


assert titles() == ["Planning"]

edited = update_agenda_event.sync_detailed(
    event.id, client=client, if_match=etag, body=EventPatch(title="Planning, moved", start="2026-12-01T14:00:00")
)
assert isinstance(edited.parsed, AgendaEvent) and edited.parsed.end == "2026-12-01T15:00:00", edited
assert titles() == ["Planning, moved"]

# The version is an old one by now.
stale = delete_agenda_event.sync(event.id, client=client, if_match=etag)
assert isinstance(stale, Problem) and stale.code == "precondition_failed", stale

wrong = create_agenda_event.sync(client=client, body=EventInput(title="", start="soon"))
assert isinstance(wrong, Problem) and wrong.code == "validation_failed", wrong
assert sorted(error.field for error in wrong.errors) == ["start", "title"], wrong

gone = delete_agenda_event.sync_detailed(event.id, client=client, if_match=edited.headers["ETag"])
assert gone.status_code == 204, gone
assert titles() == []
print("ok")
