"""A SIP phone in a process of its own, driven by JSON lines: what pjsua2 does when it crashes, or
when a test kills it, hurts nobody else.

Run as a script by ``tests.support.phones.real_phone``. Orders come on standard input, events go to
standard output; the phone ends with its input. What it hears goes to a WAV file for each call
(8 kHz, mono).
One thread polls pjsua2 and reads orders; Call objects are kept until they are disconnected, and
dropped before ``libDestroy`` (docs/explanation/telephony.md).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pjsua2 as pj

_POLL_MS = 5
_KEY_S, _GAP_S = 0.12, 0.13


class _Call(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """One call: says what becomes of it, and hears into a file."""

    def __init__(self, phone: Phone, account: pj.Account, call_id: int, number: int) -> None:
        pj.Call.__init__(self, account, call_id)
        self.phone, self.number = phone, number
        self.line: pj.AudioMedia | None = None
        self.recorder: pj.AudioMediaRecorder | None = None
        self.over = False

    def onCallSdpCreated(self, prm: Any) -> None:  # noqa: N802
        """A panel has no RFC 4733: its keys are tones in the audio, and nothing else is offered."""
        if self.phone.keys_sound:
            prm.sdp.wholeSdp = _without_telephone_event(prm.sdp.wholeSdp)

    def onCallState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        self.over = info.state == pj.PJSIP_INV_STATE_DISCONNECTED
        self.phone.say("state", call=self.number, state=info.stateText, code=info.lastStatusCode)

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        try:
            self._media()
        except Exception as error:  # pjsua2 swallows what a callback raises
            self.phone.say("failed", what="media", error=f"{type(error).__name__}: {error}")

    def _media(self) -> None:
        if self.line is not None:
            return
        info = self.getInfo()  # kept: what it holds dies with it
        for media in info.media:
            active = media.status == pj.PJSUA_CALL_MEDIA_ACTIVE
            if media.type == pj.PJMEDIA_TYPE_AUDIO and active:
                self.line = self.getAudioMedia(media.index)
                self._listen()
                return

    def _listen(self) -> None:
        assert self.line is not None
        ear = str(self.phone.folder / f"{self.phone.name}-{self.number}.wav")
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(ear)
        self.line.startTransmit(self.recorder)
        self.phone.say("hears", call=self.number, ear=ear)


def _without_telephone_event(sdp: str) -> str:
    lines = sdp.splitlines()
    types = [re.match(r"a=rtpmap:(\d+) telephone-event/", line) for line in lines]
    gone = {found[1] for found in types if found}
    kept = []
    for line in lines:
        if re.match(r"a=(?:rtpmap|fmtp):(\d+)\b", line) and line.split(":")[1].split()[0] in gone:
            continue
        if not line.startswith("m=audio"):
            kept.append(line)
            continue
        words = line.split()
        kept.append(" ".join(words[:3] + [word for word in words[3:] if word not in gone]))
    return "\r\n".join(kept) + "\r\n"


class _Account(pj.Account):  # type: ignore[misc]
    def __init__(self, phone: Phone) -> None:
        pj.Account.__init__(self)
        self.phone = phone

    def onRegState(self, prm: Any) -> None:  # noqa: N802
        self.phone.say("registered", code=prm.code, expires=prm.expiration)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        if self.phone.options.one_call and self.phone.calls:
            busy = pj.CallOpParam()
            busy.statusCode = 486
            self.phone.declined.append(pj.Call(self, prm.callId))
            self.phone.declined[-1].hangup(busy)
            return
        call = self.phone.add(self, prm.callId)
        ringing = pj.CallOpParam()
        ringing.statusCode = 180
        call.answer(ringing)
        self.phone.say("rings", call=call.number, caller=call.getInfo().remoteUri)


class Phone:
    """The phone: one account, any number of calls."""

    def __init__(
        self, name: str, registrar: str, folder: Path, options: argparse.Namespace
    ) -> None:
        self.name, self.registrar, self.folder = name, registrar, folder
        self.keys_sound, self.options = options.keys_sound, options
        self.calls: list[_Call] = []
        self.declined: list[pj.Call] = []
        self.count = 0
        self.player: pj.AudioMediaPlayer | None = None
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.endpoint = pj.Endpoint()
        self.account = _Account(self)
        self.open = True
        # pjsua2 writes its log to standard output: it is sent where errors go.
        self.out = os.dup(1)
        os.dup2(2, 1)

    def say(self, event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, "at": time.monotonic(), **fields})
        os.write(self.out, line.encode() + b"\n")

    def start(self) -> None:
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.maxCalls = 8
        config.logConfig.level = config.logConfig.consoleLevel = 0
        media = config.medConfig
        media.clockRate = media.sndClockRate = 8000
        media.channelCount, media.noVad, media.ecTailLen, media.quality = 1, True, 0, 5
        media.jbInit = media.jbMinPre = media.jbMaxPre = 60
        media.jbMax = 400
        self.endpoint.libCreate()
        self.endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.boundAddress = "127.0.0.1"
        if self.options.certificates is None:
            self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        else:
            transport.port = self.options.port
            transport.tlsConfig.certFile = str(self.options.certificates / "cert.pem")
            transport.tlsConfig.privKeyFile = str(self.options.certificates / "key.pem")
            transport.tlsConfig.CaListFile = transport.tlsConfig.certFile
            transport.tlsConfig.verifyServer = True
            self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, transport)
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(
                codec.codecId, 255 if codec.codecId.startswith("PCMA") else 0
            )
        register = not self.options.stranger
        self.account.create(self._account_config(f'"{self.name}"', register=register))
        if not register:
            self.say("registered", code=200)  # nobody asks for it: it only listens

    def _account_config(self, display: str, *, register: bool) -> pj.AccountConfig:
        config = pj.AccountConfig()
        config.idUri = f"{display} <sip:{self.name}@{self.registrar}>"
        if register:
            config.regConfig.registrarUri = f"sip:{self.registrar}"
        password = self.options.password
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", self.name, 0, password))
        if self.options.certificates is not None:
            config.idUri = f"{display} <sip:{self.name}@{self.registrar};transport=tls>"
            config.regConfig.registrarUri += ";transport=tls" if register else ""
            config.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY
            config.mediaConfig.srtpSecureSignaling = 1
            config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
            config.mediaConfig.transportConfig.port = self.options.rtp
            config.mediaConfig.transportConfig.portRange = 1  # the same for each call
            config.mediaConfig.transportConfig.publicAddress = self.options.public
        config.natConfig.contactRewriteUse = 0
        return config

    def add(self, account: pj.Account, call_id: int) -> _Call:
        self.count += 1
        call = _Call(self, account, call_id, self.count)
        self.calls.append(call)
        return call

    def run(self) -> None:
        pending = b""
        while self.open:
            self.endpoint.libHandleEvents(_POLL_MS)
            self._bury()
            now = time.monotonic()
            ready = [work for at, work in self.due if at <= now]
            self.due = [(at, work) for at, work in self.due if at > now]
            for work in ready:
                work()
            if select.select([0], [], [], 0)[0]:
                data = os.read(0, 65536)
                pending += data
                *lines, pending = pending.split(b"\n")
                for line in lines:
                    self._order(json.loads(line))
                if not data:
                    self.open = False

    def _bury(self) -> None:
        """Calls that are over are dropped; their last sound is written before that is said."""
        for call in [call for call in self.calls if call.over]:
            self.calls.remove(call)
            call.recorder = call.line = None
            self.say("over", call=call.number)

    def stop(self) -> None:
        """Hang up, let the network know, drop every reference; then the library."""
        self.due.clear()
        self.endpoint.hangupAllCalls()
        until = time.monotonic() + 0.5
        while time.monotonic() < until and any(not call.over for call in self.calls):
            self.endpoint.libHandleEvents(_POLL_MS)
        self.player = None
        self._bury()
        self.calls.clear()
        self.declined.clear()
        self.account.shutdown()
        self.endpoint.libDestroy()

    # --- orders ---

    def _order(self, order: dict[str, Any]) -> None:
        name = order.pop("do")
        try:
            getattr(self, f"do_{name}")(**order)
            self.say("did", what=name)
        except Exception as error:
            self.say("failed", what=name, error=f"{type(error).__name__}: {error}")

    def _last(self) -> _Call:
        return self.calls[-1]

    def do_answer(self) -> None:
        accepted = pj.CallOpParam()
        accepted.statusCode = 200
        self._last().answer(accepted)

    def do_hang_up(self, code: int = 0) -> None:
        if not self.calls:
            return  # the other side was quicker
        ended = pj.CallOpParam()
        ended.statusCode = code
        self._last().hangup(ended)

    def do_call(self, uri: str, display: str) -> None:
        """``display`` is the caller's name as it stands before the address: quoted, escaped."""
        self.account.modify(self._account_config(display, register=False))
        call = self.add(self.account, pj.PJSUA_INVALID_ID)
        call.makeCall(uri, pj.CallOpParam(True))

    def do_play(self, path: str, again: bool = True) -> None:
        """Sends a WAV file's sound down the line, for ever or once."""
        self.do_stop()
        line = self._last().line
        assert line is not None
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(path, 0 if again else pj.PJMEDIA_FILE_NO_LOOP)
        self.player.startTransmit(line)

    def do_stop(self) -> None:
        if self.player is not None and self.calls and self.calls[-1].line is not None:
            self.player.stopTransmit(self.calls[-1].line)
        self.player = None

    def do_keys(self, keys: str, sounds: list[str] | None = None) -> None:
        """RFC 4733 keys, one after the other; ``sounds``: each as a tone in the audio first.

        Not at once: pjsua2 sends no audio during a key. A gateway that leaks does so before it
        knows the key.
        """
        at = time.monotonic()
        for place, key in enumerate(keys):
            if sounds:
                self.due.append((at, partial(self._sound, sounds[place])))
                at += _KEY_S
            self.due.append((at, partial(self._key, key)))
            at += _KEY_S + _GAP_S
        self.due.append((at - _GAP_S, lambda: self.say("typed", keys=keys)))

    def _sound(self, path: str) -> None:
        if self.calls and not self.calls[-1].over:
            self.do_play(path, again=False)

    def _key(self, key: str) -> None:
        if not self.calls or self.calls[-1].over:
            return
        digit = pj.CallSendDtmfParam()
        digit.digits, digit.duration = key, int(_KEY_S * 1000)
        self._last().sendDtmf(digit)
        self.say("key", key=key)

    def do_quit(self) -> None:
        self.open = False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("registrar")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keys-sound", action="store_true", help="offer no RFC 4733")
    parser.add_argument("--one-call", action="store_true", help="busy while it speaks")
    parser.add_argument("--stranger", action="store_true", help="register nowhere")
    parser.add_argument("--password", default="phone")
    parser.add_argument("--certificates", type=Path, help="TLS and SRTP alone, with these files")
    parser.add_argument("--port", type=int, default=0, help="where it listens, with TLS")
    parser.add_argument("--rtp", type=int, default=0, help="its audio's port, with TLS")
    parser.add_argument("--public", default="", help="the address that it says is its own")
    arguments = parser.parse_args()
    phone = Phone(arguments.name, arguments.registrar, arguments.folder, arguments)
    phone.start()
    try:
        phone.run()
    finally:
        phone.stop()


if __name__ == "__main__":
    main()
