"""How a message leaves: the inbox is the row itself, everything else goes out by a channel."""

from findings.channels.faults import Fault, fault_of
from findings.channels.outbox import MOST_TRIES, RESTS, STUCK_AFTER, Sent, open_channels, send_messages

__all__ = ["MOST_TRIES", "RESTS", "STUCK_AFTER", "Fault", "Sent", "fault_of", "open_channels", "send_messages"]
