"""The core decides and does nothing else: functions of data and ``now``."""
