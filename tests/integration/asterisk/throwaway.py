"""The least AMI client and FastAGI server that these tests need; the product has its own."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress

Message = dict[str, str]
Script = Callable[["AgiCall"], None]


def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Waits for a named readiness; fails the test when it does not come."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError(f"not within {timeout_s} s: {condition}")


class Ami:
    """One AMI link whose events are kept."""

    def __init__(self, port: int, secret: str, user: str = "callflow") -> None:
        self.events: list[Message] = []
        self._responses: dict[str, Message] = {}
        self._news = threading.Condition()
        self._link = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._link.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.logged_in = self.send(Action="Login", Username=user, Secret=secret)

    def send(self, **fields: str) -> Message:
        """Sends an action and returns its response."""
        action_id = uuid.uuid4().hex
        lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
        self._link.sendall(("".join(lines) + f"ActionID: {action_id}\r\n\r\n").encode())
        with self._news:
            assert self._news.wait_for(lambda: action_id in self._responses, 10), fields
            return self._responses[action_id]

    def originate(self, number: str, timeout_s: int = 30, call: str = "") -> str:
        """As the product calls; returns the channel's id, ``call`` if given."""
        call = call or str(uuid.uuid4())
        answer = self.send(
            Action="Originate",
            Channel=f"PJSIP/{number}@trunk",
            Context="callflow-outgoing",
            Exten="s",
            Priority="1",
            Async="true",
            ChannelId=call,
            CallerID="33388000000",
            Timeout=str(timeout_s * 1000),
        )
        assert answer["Response"] == "Success", answer
        return call

    def event(self, name: str, channel_id: str, timeout_s: float = 20.0, **fields: str) -> Message:
        """The first such event, now or when it comes."""

        def found() -> Message | None:
            wanted = {"Event": name, "Uniqueid": channel_id, **fields}
            return next((e for e in self.events if wanted.items() <= e.items()), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None, timeout_s)
            event = found()
            came = [e for e in self.events if e["Event"] in (name, "Hangup", "Newstate")]
        assert event is not None, f"no {name} of {channel_id} {fields}; the last: {came[-8:]}"
        return event

    def close(self) -> None:
        self._link.close()

    def _read(self) -> None:
        message: Message = {}
        try:
            for raw in self._link.makefile("rb"):
                line = raw.decode(errors="replace").rstrip("\r\n")
                if line:
                    name, _, value = line.partition(": ")
                    message[name] = value
                    continue
                with self._news:
                    if "Response" in message and "Event" not in message:
                        self._responses[message.get("ActionID", "")] = message
                    elif message:
                        self.events.append(message)
                    self._news.notify_all()
                message = {}
        except OSError:
            return


class AgiHangup(Exception):
    """The call ended under the script."""


class AgiCall:
    """One AGI conversation."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._lines = link.makefile("rb")
        self.headers: Message = {}
        while line := self._lines.readline().decode().strip():
            name, _, value = line.partition(": ")
            self.headers[name] = value

    def do(self, command: str) -> str:
        """Sends one command, returns its `200 result=…` line."""
        self._link.sendall(command.encode() + b"\n")
        answer = self._lines.readline().decode().strip()
        if not answer or answer.startswith("HANGUP") or "result=-1" in answer:
            raise AgiHangup(answer)
        return answer

    def keys(self, prompt: str, count: int, timeout_ms: int = 5000) -> str:
        """What was typed up to `#`, during the prompt or after."""
        answer = self.do(f'GET DATA "{prompt}" {timeout_ms} {count}')
        return answer.split("result=", 1)[1].split(" ")[0]

    def done(self, then: str = "", room: str = "") -> None:
        self.do(f'SET VARIABLE CALLFLOW_NEXT "{then}"')
        self.do(f'SET VARIABLE CALLFLOW_ROOM "{room}"')
        self.do("SET VARIABLE CALLFLOW_DONE 1")


class AgiServer:
    """Serves every call with the script of the moment; can go away and come back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.script: Script = lambda call: call.done()
        self.calls: list[Message] = []
        self.errors: list[BaseException] = []
        self._links: list[socket.socket] = []
        self._listener: socket.socket | None = None

    def __enter__(self) -> AgiServer:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=200)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """As kill -9 does: every link and the listener are gone at once."""
        assert self._listener is not None
        for link in [self._listener, *self._links]:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        self._links.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            self._links.append(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        try:
            with link:
                call = AgiCall(link)
                self.calls.append(call.headers)
                self.script(call)
        except (AgiHangup, OSError):
            return
        except BaseException as error:
            self.errors.append(error)
