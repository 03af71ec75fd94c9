"""Measurements, apart from the tests: each prints a table and says on what it ran."""
