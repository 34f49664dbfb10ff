"""The whole station in one thread and in virtual time: the real engine, receiver's intake,
telephony, AMI link, dialogues and store, against a simulated Asterisk, network, people, panels,
operators and seeded faults. One seed is one history (``simulation.run``).
"""
