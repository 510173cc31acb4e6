"""The exercise checks, one file per lesson; each names the mistake it finds."""
