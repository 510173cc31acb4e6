"""Rendered data with exact ground truth: banners, people with garments, portraits."""
