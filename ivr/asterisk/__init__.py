"""Asterisk without fuss: found or brought, rendered, started, adopted; and the simulated network.

The usual way, from the composition root (all of it blocks: call it from a thread):

    tree = find_or_fetch(progress=print)
    process = embedded.station(settings, tree)     # or embedded.simulator
    process.start()                                # adopts a live one
    process.wait_ready()
"""
