"""Texts that try to be more than text, each for somebody who might take it for something."""

from __future__ import annotations

#: What a successful injection would leave behind: a file of this name, a call to this number, a
#: variable of this name in a page.
CANARY_FILE = "callflow-canary"
CANARY_NUMBER = "33639985998"
CANARY_VARIABLE = "callflowCanary"


def payloads(folder: str) -> dict[str, str]:
    """By name. Where one is a command, it would make ``CANARY_FILE`` in ``folder``."""
    touch = f"touch {folder}/{CANARY_FILE}"
    script = f"window.{CANARY_VARIABLE}=1"
    return {
        "script": f"<script>{script}</script>",
        "image": f"<img src=x onerror={script}>",
        "svg": f"<svg/onload={script}>",
        "attribute": f'" onmouseover="{script}" autofocus onfocus="{script}',
        "single quotes": f"' onmouseover='{script}' x='",
        "closing tags": f"</bdi></td></table></textarea></title><script>{script}</script>",
        "comment": f"--><script>{script}</script><!--",
        "cdata": f"]]><script>{script}</script>",
        "frame": f"<iframe srcdoc='<script>parent.{CANARY_VARIABLE}=1</script>'></iframe>",
        "link": f'<a href="javascript:{script}">x</a>',
        "entities": "&lt;b&gt; &amp;amp; &#60;i&#62; &nbsp;",
        "unclosed": "<b <i <u",
        "htmx": '<div hx-get="/logout" hx-trigger="load"></div>',
        "sse": "data: x event: incident id: 7 retry: 1",
        "jinja": "{{ 7*191 }} {% for x in ().__class__.__mro__ %}{% endfor %} {# #}",
        "format": "{0} {x.__class__} {at!r:>99999999} %s %n %x %(name)s {",
        "braces": "}} {{ } {",
        "sql": "'; DROP TABLE signal; --",
        "sql or": "1' OR '1'='1",
        "sql like": "%_\\%' ESCAPE '\\",
        "shell": f"; {touch} ; $({touch}) `{touch}` | {touch}",
        "shell quotes": f"'\"; {touch} #",
        "dialplan": f"${{SHELL({touch})}} ${{EXTEN}} $[1+1]",
        "dialplan function": f"${{FILE({folder}/keys/codes)}} ${{GLOBAL(x)}}",
        "dialplan application": f"x,1,System({touch})",
        "dial": f"&PJSIP/{CANARY_NUMBER}@trunk",
        "ami": f"x\r\nAction: Originate\r\nChannel: PJSIP/{CANARY_NUMBER}@trunk\r\n"
        "Context: callflow-outgoing\r\nExten: s\r\nPriority: 1\r\n\r\n",
        "ami line": f"Action: Originate Channel: PJSIP/{CANARY_NUMBER}@trunk",
        "agi": f"x\nEXEC Dial PJSIP/{CANARY_NUMBER}@trunk\n",
        "agi quotes": f'x" 5000 8\\" EXEC System "{touch}',
        "agi variable": 'SET VARIABLE CALLFLOW_DONE "1"',
        "sip header": f"x>;tag=1 <sip:{CANARY_NUMBER}@127.0.0.1>",
        "log": '{"event": "forged", "level": "critical"}',
        "log line": 'x\n{"event": "forged", "level": "critical"}',
        "ansi": "\x1b[2J\x1b[31m\x1b]0;owned\x07",
        "bell": "\x07\x08\x0b\x0c\x7f",
        "c1": "\x85\x9b31m\x9d",
        "right to left": "\u202eeriovel\u202c \u2067x\u2069 \u200f",
        "zero width": "a\u200bb\u200cc\u200dd\ufeffe\u2060f\u00adg",
        "line separators": "a\u2028b\u2029c",
        "tags": "\U000e0041\U000e0042 x",
        "combining": "Z" + "\u0301\u0323\u0334" * 30 + "algo",
        "homoglyphs": "раураl Ꭺdmin ﬃ Ⅷ ①",
        "emoji": "🔥🚨 👩‍👩‍👧‍👦 🇫🇷 ✋🏽",
        "scripts": "مرحبا 你好 שלום नमस्ते こんにちは",
        "accents": "Ünïcödé œuf ÇA Ø ß ĳ",
        "path": "../../../../etc/passwd",
        "windows path": "..\\..\\CON:NUL",
        "name of a file": f"{folder}/{CANARY_FILE}",
        "null byte name": "x%00.wav\\0",
        "formula": "=cmd|' /C calc'!A0",
        "formulas": '+1+1 -2 @SUM(1) =HYPERLINK("http://127.0.0.1/","x")',
        "tab": "a\tb",
        "spaces": "  x   y  ",
        "voice": '<volume level="200"><pitch level="200"><break time="9000s"/>\\pause',
        "dc09": 'x^/BA99^y]" [#9999|Nri1/FA1][X',
        "numbers": "9" * 120,
        "long word": "x" * 190,
        "long": "très long " * 19,
        "percent": "%2e%2e%2f%00%0d%0a%3cscript%3e",
        "boolean": "null true NaN -0 1e999",
    }


#: One of each class, by whom it is meant for: pages, templates, SQL, shells, the dialplan, AMI,
#: AGI, SIP, logs, terminals, readers, files, spreadsheets, voices, frames; and a long one.
OF_EACH_CLASS = frozenset(
    (
        *("script", "attribute", "entities", "sse", "jinja", "sql", "shell", "dialplan", "dial"),
        *("ami", "agi", "sip header", "log", "log line", "ansi", "right to left", "emoji", "path"),
        *("formula", "voice", "dc09", "long"),
    )
)

#: Characters that no line of text can carry: a frame or a header ends at them.
BREAKS = frozenset("\r\n\0")
