"""The receiver of panels: DC-09 over TCP and UDP, acknowledged after the durable commit.

``server`` binds and stops, ``lines`` speaks with the senders, ``intake`` stores and acknowledges.
"""

from callflow.receiver.server import Receiver
