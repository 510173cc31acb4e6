"""Measurements that the lessons quote, one command each: ``python -m benchmarks.NAME``.

A package of its own, and not only a folder: a dependency installs one by the same name.
"""
