"""Tokens that expire are renewed; what is not allowed is refused with the documented code, and changes nothing."""

from lib import ADMIN_TOKEN, ClientEvents, Person, RoomEvents, api, client, refusal, run


async def scenario():
    ann, bob = await Person.create("ann"), await Person.create("bob")

    nobody = ClientEvents()
    await client(nobody, token="not.a.token").connect()
    assert (await nobody.first("disconnected")).code == 3500

    secret = await ann.api("POST", "/api/chat/rooms", {"name": "secret", "kind": "private"})
    own = ClientEvents()
    bob_client = client(own, token=bob.token)
    await bob_client.connect()
    bob_id = (await own.first("connected")).client

    for channel, code in [
        (f"chat:{secret['id']}", 103),
        ("monitor:overview", 103),
        (f"user:{ann.id}", 103),
        ("weather:paris", 102),
    ]:
        events = RoomEvents()
        subscription = bob_client.new_subscription(channel, events)
        await subscription.subscribe()
        assert (await events.first("unsubscribed")).code == code, channel
        assert events.all("subscribed") == []

    assert await refusal(bob_client.publish(f"chat:{secret['id']}", {"body": "let me in"})) == 103
    assert await refusal(bob_client.publish("chat:general", {"body": 7})) == 107
    assert await refusal(bob_client.rpc("no.such", {})) == 104
    for room in ("general", secret["id"]):
        assert (await ann.api("GET", f"/api/chat/rooms/{room}/messages"))["items"] == []

    await api(ADMIN_TOKEN, "POST", f"/api/clients/{bob_id}/disconnect")
    assert (await own.first("disconnected")).code == 3503


run(scenario)
