"""How many connections a process may hold: each is an open file."""

import contextlib
import resource

#: Files that the rest of a process may need.
SPARE = 256


def room_for(connections: int) -> int:
    """So many connections, or as many as the process may open: its soft limit is raised as far as
    allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, min(connections, soft - SPARE))
