"""Instruction sheets from real life, written as plans: to be read, copied and changed.

``shop``, ``bank`` (hold-up), ``house`` (isolated, with video), ``factory`` (fire), ``lift``,
``lone_worker``, ``technical``: each a YAML file of ``callflow.core.plans.text``.
"""
