"""What happens to an alarm, from its storage to its filing (ARCHITECTURE.md#the-path-of-an-alarm).

Each function takes the transaction it works in, writes its own logbook entry there, and returns.
"""
