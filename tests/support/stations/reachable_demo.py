"""``callflow``, whose demo may be reached from beyond loopback: for a cable that is pulled out.

A demo refuses that (callflow/demo/station.py); the network here is a namespace of this machine.
"""

from __future__ import annotations

from callflow.__main__ import main
from callflow.demo import station

station.stay_here = lambda settings: None

if __name__ == "__main__":
    main()
