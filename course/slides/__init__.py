"""A lesson as slides: ``slides`` writes one HTML file, ``formulas`` its MathML."""
