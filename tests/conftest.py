"""Makes ``tiny_runs`` and ``ranks_worker`` importable from every folder of tests."""
