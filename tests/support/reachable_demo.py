"""``callflow``, whose demo may be reached from beyond loopback: for a cable that is pulled out.

A demo refuses that (callflow/demo.py); the network here is a namespace of this machine.
"""

from __future__ import annotations

from callflow import demo
from callflow.__main__ import main

demo.stay_here = lambda settings: None

if __name__ == "__main__":
    main()
