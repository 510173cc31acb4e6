"""Interactive parts of the lessons: they draw and listen, the other modules compute."""
