"""What every scenario shares: accounts made through the API, event handlers that keep what they saw, a TCP proxy to cut.

A scenario is run by tests/sdk_python.rs with WORKSPACE_TEST = {"url", "admin_token"}; it ends with exit code 0, or fails.
"""

import asyncio
import contextlib
import json
import os
from urllib.parse import urlsplit

import httpx
from centrifuge import Client, ClientEventHandler, SubscriptionEventHandler
from centrifuge.exceptions import ReplyError

_given = json.loads(os.environ["WORKSPACE_TEST"])
URL: str = _given["url"]
ADMIN_TOKEN: str = _given["admin_token"]
WS_URL = URL.replace("http", "ws", 1) + "/connection/websocket"
DEADLINE_S = 20

_http = httpx.AsyncClient(base_url=URL, trust_env=False, timeout=DEADLINE_S)


async def api(token, method, path, body=None, status=(200, 201, 204)):
    """One call of the HTTP API: the JSON of the answer, after checking its status."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = await _http.request(method, path, json=body, headers=headers)
    assert answer.status_code in status, f"{method} {path} -> {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


class Person:
    """A new account, logged in."""

    @classmethod
    async def create(cls, username, role="member"):
        self = cls()
        password = f"correct horse {username}"
        account = {"username": username, "name": username, "password": password, "role": role}
        user = await api(ADMIN_TOKEN, "POST", "/api/users", account)
        self.id = user["id"]
        self._keep(await api(None, "POST", "/api/auth/login", {"username": username, "password": password}))
        return self

    def _keep(self, login):
        self.token = login["access_token"]
        self.expires_in = login["expires_in"]
        self._refresh_token = login["refresh_token"]

    async def refresh(self):
        self._keep(await api(None, "POST", "/api/auth/refresh", {"refresh_token": self._refresh_token}))
        return self.token

    async def api(self, method, path, body=None, **options):
        return await api(self.token, method, path, body, **options)


class _Keeps:
    """Keeps every event as (name, context), and lets a test wait for one, past or to come."""

    def __init__(self):
        self.events = []
        self._changed = asyncio.Event()

    def seen(self, name, context):
        self.events.append((name, context))
        self._changed.set()

    def all(self, name):
        return [context for seen, context in self.events if seen == name]

    async def until(self, condition, what):
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"no {what} within {DEADLINE_S} s; the last events: {self.events[-5:]}") from None

    async def first(self, name, matches=lambda _: True):
        def found():
            return [context for context in self.all(name) if matches(context)]

        await self.until(found, f'event "{name}"')
        return found()[0]


def _handler(base):
    """A handler class of the SDK whose every callback keeps what it is given."""

    def callback(name):
        async def keep(self, context):
            self.seen(name, context)

        return keep

    names = [name for name in vars(base) if name.startswith("on_")]
    return type(f"Kept{base.__name__}", (_Keeps, base), {name: callback(name[3:]) for name in names})


ClientEvents = _handler(ClientEventHandler)
RoomEvents = _handler(SubscriptionEventHandler)


def client(events=None, address=WS_URL, **options):
    """An unmodified SDK client. It reconnects soon, so that a test does not wait for the back-off of production."""
    return Client(
        address,
        events=events or ClientEvents(),
        min_reconnect_delay=0.02,
        max_reconnect_delay=0.2,
        proxy=None,
        **options,
    )


class Proxy:
    """A TCP proxy to the server. `cut()` resets all its connections."""

    @classmethod
    async def start(cls):
        self = cls()
        self._open = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/chat"
        return self

    async def _serve(self, inside_reader, inside):
        target = urlsplit(URL)
        outside_reader, outside = await asyncio.open_connection(target.hostname, target.port)
        pair = (inside, outside)
        self._open.add(pair)
        await asyncio.gather(self._copy(inside_reader, outside), self._copy(outside_reader, inside))
        self._open.discard(pair)

    @staticmethod
    async def _copy(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self):
        for pair in list(self._open):
            for writer in pair:
                writer.transport.abort()


async def refusal(awaitable):
    """The code that a command is refused with; fails when it is not."""
    try:
        await awaitable
    except ReplyError as error:
        return error.code
    raise AssertionError("the command was not refused")


def run(scenario):
    asyncio.run(scenario())
    print("ok")
