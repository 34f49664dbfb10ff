"""The telephone dialogues, as one table without I/O. Rule 1: everything that happens is here.

``turn`` says what to do now (what to say, what to read); ``advance`` says what follows from what
came back. A ``Progress`` is committed at each transition: a new server resumes from it, in the
same call. The table is ``TABLE``; ``mermaid`` draws it.

Decisions that a table can't tell:

- At the code, ``*`` starts over, and a lone 0 or 2 (once or a few times) is a request, not a code:
  asking for help never needs a code (D12). Codes have 4–8 digits, so there is no doubt.
- A code of duress goes the way of the right one, word for word; it is concluded at once, so that a
  hang-up a second later changes nothing (D7, invariant 4). Its result is never replaced.
- An identified person who then falls silent, or presses only keys that mean nothing, may not be
  alone: bridged to a human as ``operator``. Silence before any code is a machine: ``no_key``;
  after a wrong code it is somebody who may need help: bridged, as ``wrong_code`` (D12).
- At a desk, 1 concludes ``operator``: a human has it. Nobody else's answer there counts.
- A service (police, fire, medical) hears no word of ours, ever: it joins the conference at once.
- 0 still reaches a human during the last words; the result then becomes ``operator``.
"""

from callflow.core.calls.call import Dialogue
from callflow.core.calls.dialogue.events import (
    Bridge,
    CodeChecked,
    Conclude,
    Done,
    Effect,
    Event,
    Finish,
    HungUp,
    Played,
    Silence,
    Spoken,
    Typed,
)
from callflow.core.calls.dialogue.facts import Facts, Progress
from callflow.core.calls.dialogue.pages import Deed, Place
from callflow.core.calls.dialogue.saying import language, own_phrases, turn
from callflow.core.calls.dialogue.table import (
    ASKED_AT_MOST,
    ASKING,
    AT_DESK,
    FIRST,
    HELP_KEY,
    KEYS,
    LONGEST_CODE,
    OPERATOR_KEY,
    SHORTEST_CODE,
    SILENT,
    TABLE,
    WRONG_CODES_AT_MOST,
    Answer,
    CodeVerdict,
    Rule,
    State,
    Trigger,
    mermaid,
)
from callflow.core.calls.dialogue.talk import (
    ImpossibleEvent,
    advance,
    code_to_check,
    deed,
    result_at_hang_up,
    results_of,
)
from callflow.core.calls.dialogue.turns import Input, Phrase, Turn
