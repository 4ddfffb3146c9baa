"""The connection is lost again and again while others publish at speed: every message arrives exactly once, in order."""

import asyncio

from lib import Person, Proxy, RoomEvents, client, run

MESSAGES = 800
CUT_EVERY = 150
# Below what the server replays at once (300), so that every recovery must succeed.
AHEAD = 250


async def scenario():
    ann, bob = await Person.create("ann"), await Person.create("bob")
    link = await Proxy.start()
    received, cuts = [], 0

    class Events(RoomEvents):
        async def on_publication(self, context):
            nonlocal cuts
            received.append((context.pub.offset, context.pub.data["message"]["body"]))
            if len(received) % CUT_EVERY == 0:
                cuts += 1
                link.cut()
            self.seen("publication", context)

    room = Events()
    ann_client = client(token=ann.token, address=link.address)
    await ann_client.connect()
    ann_room = ann_client.new_subscription("chat:general", room, recoverable=True)
    await ann_room.subscribe()
    base = (await room.first("subscribed")).stream_position.offset

    bob_client = client(token=bob.token)
    await bob_client.connect()
    window = asyncio.Semaphore(32)

    async def publish(i):
        try:
            await bob_client.publish("chat:general", {"body": f"m{i}", "nonce": f"n{i}"})
        finally:
            window.release()

    publishing = []
    for i in range(MESSAGES):
        await window.acquire()
        await room.until(lambda: i - len(received) < AHEAD, "progress of the reader")  # noqa: B023
        publishing.append(asyncio.create_task(publish(i)))
    await asyncio.gather(*publishing)
    await room.until(lambda: len(received) >= MESSAGES, f"{MESSAGES} messages")
    # A copy of a message would come before the answer to a command that is sent now.
    await ann_room.presence_stats()

    assert received == [(base + 1 + i, f"m{i}") for i in range(MESSAGES)], received
    again = room.all("subscribed")[1:]
    assert cuts >= 5 and len(again) >= cuts - 1, (cuts, len(again))
    assert all(event.was_recovering and event.recovered for event in again), again


run(scenario)
