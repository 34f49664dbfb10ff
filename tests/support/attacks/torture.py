"""SIP messages that try a parser: those that RFC 4475 describes, written anew from its words.

Each is named by the RFC's section; ``{here}`` and ``{back}`` are the station and the sender. What
the RFC calls valid may be answered in any way; what it calls invalid must begin no call. None is
sent to a number of the station's, so none may reach a dialogue.
"""

from __future__ import annotations

from tests.support.sip.raw_sip import HOST

_SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
_SDP += "m=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n"


def messages(station: int, port: int) -> dict[str, bytes]:
    """Every message, to be sent to ``station`` from ``port``; each a Call-ID of its own."""
    here, back = f"{HOST}:{station}", f"{HOST}:{port}"

    def make(
        name: str,
        *,
        start: str = "",
        method: str = "INVITE",
        body: str = _SDP,
        length: str = "",
        drop: tuple[str, ...] = (),
        more: tuple[str, ...] = (),
        eol: str = "\r\n",
        **changed: str,
    ) -> bytes:
        headers = {
            "Via": f"SIP/2.0/UDP {back};branch=z9hG4bK-{name}-{port};rport",
            "Max-Forwards": "70",
            "From": '"Caller" <sip:caller@example.net>;tag=1',
            "To": f"<sip:user@{here}>",
            "Call-ID": f"{name}-{port}",
            "CSeq": f"9 {method}",
            "Contact": f"<sip:caller@{back}>",
        }
        if body:
            headers["Content-Type"] = "application/sdp"
        headers["Content-Length"] = length or str(len(body))
        headers |= {key.replace("_", "-"): value for key, value in changed.items()}
        lines = [start or f"{method} sip:user@{here} SIP/2.0"]
        lines += [f"{key}: {value}" for key, value in headers.items() if key not in drop]
        return (eol.join([*lines, *more, "", ""]) + body).encode("utf-8", "surrogateescape")

    long = "x" * 900
    return {
        # 3.1.1 valid
        "3.1.1.1 tortuous": make(
            "wsinv",
            drop=("Max-Forwards", "From", "CSeq", "To"),
            more=(
                "TO :",
                f" sip:vivekg@{here} ;   tag    = 1918181833n",
                'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
                "  ;",
                "  tag = 98asjd8",
                "MaX-fOrWaRdS: 0068",
                "cseq: 0009",
                "  INVITE",
                "NewFangledHeader:   newfangled value",
                " continued newfangled value",
                "UnknownHeaderWithUnusualValue: ;;,,;;,;",
                "v:  SIP  / 2.0  / TCP     spindle.example.com   ;",
                "  branch  =   z9hG4bK9ikj8  ,",
                " SIP  /    2.0   / UDP  192.168.255.111   ; branch=",
                " z9hG4bK30239",
            ),
        ),
        "3.1.1.2 any character in a token": make(
            "intmeth",
            method="!interesting-Method0123456789_*+`.%indeed'~",
            body="",
            start=f"!interesting-Method0123456789_*+`.%indeed'~ "
            f"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too."
            f"(doesn't-it)@{here} SIP/2.0",
            From='"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI@example.com>;tag=1',
        ),
        "3.1.1.3 escapes": make(
            "esc01", start=f"INVITE sip:sips%3Auser%40example.com@{here} SIP/2.0"
        ),
        "3.1.1.4 an escaped null": make(
            "escnull",
            method="REGISTER",
            body="",
            From="<sip:null-%00-null@example.com>;tag=1",
            To=f"<sip:null-%00-null@{here}>",
        ),
        "3.1.1.5 a percent that escapes nothing": make(
            "esc02", method="RE%47IST%45R", body="", more=("P%41rameter: %5a",)
        ),
        "3.1.1.6 no blank before the angle": make(
            "lwsdisp", method="OPTIONS", body="", From="caller<sip:caller@example.com>;tag=323"
        ),
        "3.1.1.7 long values": make(
            "longreq",
            From=f'"{long}" <sip:caller@{"x" * 200}.net;{long[:200]}={long[:200]}>;tag={long}',
            more=(f"Unknown-{long}: {long}; {long}={long}",),
        ),
        "3.1.1.8 a second message behind the first": make("dblreq", method="REGISTER", body="")
        + make("dblreq2"),
        "3.1.1.9 a semicolon in the user": make(
            "semiuri",
            method="OPTIONS",
            body="",
            start=f"OPTIONS sip:user;par=u%40{here}@{here} SIP/2.0",
        ),
        "3.1.1.10 other transports": make(
            "transports",
            method="OPTIONS",
            body="",
            more=("Via: SIP/2.0/SCTP 192.0.2.1;branch=z9hG4bK1", "Via: SIP/2.0/UNKNOWN x;branch=z"),
        ),
        "3.1.1.11 many parts": make(
            "mpart01",
            method="MESSAGE",
            body="--7a9\r\nContent-Type: text/plain\r\n\r\nHi\r\n--7a9\r\n\r\n\x00\x80--7a9--\r\n",
            Content_Type="multipart/mixed;boundary=7a9",
        ),
        "3.1.1.12 a strange reason": f"SIP/2.0 200 = 2**3 * 5**2 {chr(0x43D)}\r\nVia: SIP/2.0/UDP "
        f"{here};branch=z9hG4bK1\r\nCall-ID: unreason-{port}\r\nCSeq: 35 INVITE\r\n"
        f"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nContent-Length: 0\r\n\r\n".encode(),
        "3.1.1.13 no reason": f"SIP/2.0 100 \r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK\r\nCall-ID: "
        f"noreason-{port}\r\nCSeq: 35 INVITE\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
        f"Content-Length: 0\r\n\r\n".encode(),
        # 3.1.2 invalid
        "3.1.2.1 separators too many": make(
            "badinv01",
            Contact='"Joe" <sip:joe@example.org>;;;;',
            more=("Via: SIP/2.0/UDP x;;,;,,",),
        ),
        "3.1.2.2 longer than it is": make("clerr", length="9999"),
        "3.1.2.3 a negative length": make("ncl", length="-999"),
        "3.1.2.4 numbers too large": make(
            "scalar02",
            method="REGISTER",
            body="",
            CSeq="36893488147419103232 REGISTER",
            Max_Forwards="300",
            Contact=f"<sip:user@{back}>;expires=280297596632815",
        ),
        "3.1.2.5 numbers too large, answered": f"SIP/2.0 503 x\r\nVia: SIP/2.0/UDP {here};branch="
        f"z9hG4bK1\r\nCall-ID: scalarlg-{port}\r\nCSeq: 9292394834772304023312 OPTIONS\r\nFrom: "
        f"<sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nRetry-After: 949302838503028349304023988\r\n"
        f"Warning: 1812 overture x\r\nContent-Length: 0\r\n\r\n".encode(),
        "3.1.2.6 an open quote": make("quotbal", To=f'"Mr. J. User <sip:j.user@{here}>'),
        "3.1.2.7 angles around the target": make(
            "ltgtruri", start=f"INVITE <sip:user@{here}> SIP/2.0"
        ),
        "3.1.2.8 a blank in the target": make(
            "lwsruri", start=f"INVITE sip:user@{here}; lr SIP/2.0"
        ),
        "3.1.2.9 blanks in the first line": make(
            "lwsstart", start=f"INVITE  sip:user@{here}  SIP/2.0"
        ),
        "3.1.2.10 a blank at its end": make(
            "trws", method="OPTIONS", body="", start=f"OPTIONS sip:user@{here} SIP/2.0  "
        ),
        "3.1.2.11 headers in the target": make(
            "escruri", start=f"INVITE sip:user@{here}?Route=%3Csip:example.com%3E SIP/2.0"
        ),
        "3.1.2.12 another time zone": make(
            "baddate", more=("Date: Fri, 01 Jan 2010 16:00:00 EST",)
        ),
        "3.1.2.13 a contact without its angles": make(
            "regbadct", method="REGISTER", body="", Contact=f"sip:user@{back}?Route=%3Csip:x%3E"
        ),
        "3.1.2.14 blanks in an address": make("badaspec", To=f'"Watson, Thomas" < sip:t@{here} >'),
        "3.1.2.15 a name that isn't quoted": make(
            "baddn",
            method="OPTIONS",
            body="",
            From="Bell, Alexander <sip:a.g.bell@example.com>;tag=4",
        ),
        "3.1.2.16 version 7": make(
            "badvers", method="OPTIONS", body="", start=f"OPTIONS sip:t.watson@{here} SIP/7.0"
        ),
        "3.1.2.17 two methods": make("mismatch01", method="OPTIONS", body="", CSeq="8 INVITE"),
        "3.1.2.18 two unknown methods": make(
            "mismatch02", method="NEWMETHOD", body="", CSeq="8 INVITE"
        ),
        "3.1.2.19 a large status": f"SIP/2.0 4294967301 better\r\nVia: SIP/2.0/UDP {here};branch="
        f"z9hG4bK1\r\nCall-ID: bigcode-{port}\r\nCSeq: 8 INVITE\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
        f"<sip:c@d>;tag=2\r\nContent-Length: 0\r\n\r\n".encode(),
        # 3.2, 3.3, 3.4
        "3.2.1 an empty branch": make(
            "badbranch", method="OPTIONS", body="", Via=f"SIP/2.0/UDP {back};branch=z9hG4bK"
        ),
        "3.3.1 what is needed is missing": make(
            "insuf", body="", drop=("From", "To", "Call-ID", "Max-Forwards")
        ),
        "3.3.2 an unknown scheme": make(
            "unkscm",
            method="OPTIONS",
            body="",
            start="OPTIONS nobodyKnowsThisScheme:opaque SIP/2.0",
        ),
        "3.3.3 a scheme of others": make(
            "novelsc",
            method="OPTIONS",
            body="",
            start="OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0",
        ),
        "3.3.4 unknown schemes in headers": make(
            "unksm2",
            method="REGISTER",
            body="",
            To="isbn:2983792873",
            Contact="<name:John_Smith>",
            From="<http://www.example.com>;tag=1",
        ),
        "3.3.5 demands that nobody meets": make(
            "bext01",
            method="OPTIONS",
            body="",
            more=("Require: nothingSupportsThis", "Proxy-Require: noProxiesSupportThis"),
        ),
        "3.3.6 a body of another kind": make("invut", Content_Type="application/unknownformat"),
        "3.3.7 an unknown way to log in": make(
            "regaut01",
            method="REGISTER",
            body="",
            more=("Authorization: NoOneKnowsThisScheme opaque-data=here",),
        ),
        "3.3.8 each header twice": make(
            "multi01",
            more=(
                f"From: <sip:other@{here}>;tag=3",
                f"To: <sip:other@{here}>",
                "CSeq: 5 INVITE",
                f"Call-ID: other-{port}",
                "Max-Forwards: 5",
                "Via: SIP/2.0/UDP x;branch=z9hG4bK2",
            ),
        ),
        "3.3.9 two lengths": make("mcl01", method="OPTIONS", more=("Content-Length: 5",)),
        "3.3.10 an answer to a broadcast": f"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198;branch="
        f"z9hG4bK1324923\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\r\nCall-ID: "
        f"bcast-{port}\r\nCSeq: 35 INVITE\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
        f"Content-Length: 0\r\n\r\n".encode(),
        "3.3.11 no forward left": make("zeromf", method="OPTIONS", body="", Max_Forwards="0"),
        "3.3.12 a contact's unknown parameter": make(
            "cparam01", method="REGISTER", body="", Contact=f"sip:+19725552222@{back};unknownparam"
        ),
        "3.3.13 the same inside": make(
            "cparam02",
            method="REGISTER",
            body="",
            Contact=f"<sip:+19725552222@{back};unknownparam>",
        ),
        "3.3.14 headers in a contact": make(
            "regescrt", method="REGISTER", body="", Contact=f"<sip:user@{back}?Route=%3Csip:x%3E>"
        ),
        "3.3.15 audio that can't be taken": make("sdp01", Accept="text/nobodyKnowsThis"),
        "3.4.1 as in RFC 2543": make(
            "inv2543",
            Via=f"SIP/2.0/UDP {back}",
            Record_Route="<sip:x>",
            drop=("Max-Forwards", "Contact"),
        ),
        # no RFC's: what a port without a reader gets
        "nothing but zeros": bytes(1200),
        "binary": bytes(range(256)) * 4,
        "a request for a page": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "a first line alone": b"INVITE",
        "lines without returns": make("lf", eol="\n"),
        "a header without an end": b"OPTIONS sip:x SIP/2.0\r\nVia: " + b"a" * 30_000,
        "ten thousand headers": b"OPTIONS sip:x SIP/2.0\r\n" + b"X: 1\r\n" * 10_000 + b"\r\n",
        "a body of nothing": make("empty", body=""),
        "audio that is none": make("nosdp", body="v=0\r\nm=audio 99999999 RTP/AVP 0 999 -1\r\n"),
        "a thousand streams": make("streams", body=_SDP + "m=audio 4000 RTP/AVP 8\r\n" * 1000),
    }
