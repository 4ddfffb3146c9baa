"""Tokens that live a few seconds: the SDK fetches new ones and the connection stays; a late one is refused with 109."""

from lib import ClientEvents, Person, api, client, run


async def scenario():
    ann = await Person.create("ann")
    assert ann.expires_in <= 5, f"the test server gives short tokens ({ann.expires_in} s)"
    own = ClientEvents()
    first, fetched = ann.token, []

    async def get_token():
        fetched.append(await ann.refresh())
        own.seen("token", fetched[-1])
        return fetched[-1]

    ann_client = client(own, token=first, get_token=get_token)
    await ann_client.connect()
    await own.first("connected")
    await own.until(lambda: len(fetched) >= 2, "two token refreshes")
    await ann_client.rpc("chat.typing", {"room_id": "general"})
    assert len(own.all("connected")) == 1, "the connection stayed"
    await ann_client.disconnect()

    refused = await api(first, "GET", "/api/auth/me", status=(401,))
    assert refused["code"] == "token_expired"
    late = ClientEvents()
    late_client = client(late, token=first, get_token=ann.refresh)
    await late_client.connect()
    await late.first("connected")
    assert (await late.first("error")).error.code == 109
    await late_client.disconnect()


run(scenario)
