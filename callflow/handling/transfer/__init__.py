"""Whole stations on their way in and out: workbooks, folders of text, what another system gave."""
