"""One module a lesson: the checks that its exercises call."""
