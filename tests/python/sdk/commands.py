"""Every command of the protocol, as the SDK sends it."""

from centrifuge import StreamPosition
from lib import ClientEvents, Person, RoomEvents, client, run


async def scenario():
    ann, bob = await Person.create("ann"), await Person.create("bob")
    own, room = ClientEvents(), RoomEvents()
    ann_client = client(
        own,
        token=ann.token,
        name="sdk-python",
        version="4.5.6",
        data={"installation_id": "inst-ann", "app": "bot", "app_version": "4.5.6", "os": "Linux", "hostname": "box"},
    )
    await ann_client.connect()
    ann_room = ann_client.new_subscription("chat:general", room, join_leave=True, recoverable=True, positioned=True)
    await ann_room.subscribe()
    connected = await own.first("connected")
    assert (await own.first("subscribed")).channel == f"user:{ann.id}"
    start = await room.first("subscribed")
    assert start.recoverable and start.stream_position.epoch
    base, epoch = start.stream_position.offset, start.stream_position.epoch

    bob_client = client(token=bob.token)
    await bob_client.connect()
    bob_events = RoomEvents()
    bob_room = bob_client.new_subscription("chat:general", bob_events)
    await bob_room.subscribe()
    join = await room.first("join", lambda event: event.info.user == bob.id)
    bob_id = join.info.client
    present = (await ann_room.presence()).clients
    assert set(present) == {connected.client, bob_id}, present
    assert present[bob_id].user == bob.id
    stats = await ann_room.presence_stats()
    assert (stats.num_clients, stats.num_users) == (2, 2)

    for body, nonce in [("hello", "n1"), ("hello", "n1"), ("again", "n2")]:
        await bob_room.publish({"body": body, "nonce": nonce})
    for events in (room, bob_events):
        hello = (await events.first("publication", lambda event: event.pub.offset == base + 1)).pub
        assert (hello.data["type"], hello.data["message"]["body"]) == ("message", "hello")
        assert hello.data["message"]["user"]["id"] == bob.id
        again = (await events.first("publication", lambda event: event.pub.offset == base + 2)).pub
        assert again.data["message"]["body"] == "again", "the same nonce twice is one message"

    await bob_client.rpc("chat.typing", {"room_id": "general"})
    typing = await room.first("publication", lambda event: event.pub.data["type"] == "typing")
    assert typing.pub.data["user"]["id"] == bob.id and typing.pub.offset == 0

    for i in range(25):
        await bob_room.publish({"body": f"page {i}"})
    top = (await ann_room.history(limit=0)).offset
    assert top == base + 27
    forwards, since = [], StreamPosition(base, epoch)
    while page := (await ann_room.history(limit=10, since=since)).publications:
        assert len(page) <= 10
        forwards += page
        since = StreamPosition(page[-1].offset, epoch)
    assert [pub.offset for pub in forwards] == list(range(base + 1, top + 1))
    assert [pub.data["message"]["body"] for pub in forwards[2:]] == [f"page {i}" for i in range(25)]
    backwards = (await ann_room.history(limit=5, reverse=True)).publications
    assert [pub.offset for pub in backwards] == [top - i for i in range(5)]

    event = await ann.api(
        "POST",
        "/api/agenda",
        {
            "title": "Retro",
            "start": "2026-12-01T10:00:00",
            "end": "2026-12-01T11:00:00",
            "time_zone": "Europe/Paris",
        },
    )
    changed = await own.first("publication", lambda event: event.pub.data["type"] == "agenda.changed")
    assert changed.channel == f"user:{ann.id}"
    assert (changed.pub.data["event_id"], changed.pub.data["action"]) == (event["id"], "created")

    await bob_room.unsubscribe()
    await room.first("leave", lambda leave: leave.info.client == bob_id)
    stats = await ann_room.presence_stats()
    assert (stats.num_clients, stats.num_users) == (1, 1)
    await bob_client.disconnect()
    assert own.all("error") == [] and own.all("disconnected") == [], own.events
    await ann_client.disconnect()


run(scenario)
