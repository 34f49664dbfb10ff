"""Statistics as they are shown: plots, and tables of which each is a file too. Pure.

A page, a spreadsheet and a monthly report show the same sheet.
"""

from callflow.core.records.sheets.delays import delays, hours, operators
from callflow.core.records.sheets.parts import Line, Names, Sheet, Table
from callflow.core.records.sheets.places import false_alarms, trunks
from callflow.core.records.sheets.work import by_day, by_kind, charges, handling
