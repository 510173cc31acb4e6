"""The exercise checks, one file a lesson; each names the mistake it finds."""
