"""What the simulated audience likes: the published tables of lesson 14's click model.

Numbers are log-odds: 0.1 multiplies a click rate of 1 % by about 1.1. Features are in
standard deviations, so a taste counts double for somebody two deviations out.
"""

FEATURES = ("age", "thrift", "sport", "elegance", "evening", "hurry")
"""The user vector: how old, how price-conscious, ... ; 0 is the middle, 1 a deviation."""

SEGMENTS = {
    "students": (0.40, (-0.7, 0.4, 0.5, -0.3, 0.4, 0.0)),
    "families": (0.30, (0.1, 0.5, -0.1, -0.3, -0.4, 0.5)),
    "professionals": (0.20, (0.1, -0.6, 0.1, 0.7, 0.2, 0.3)),
    "retired": (0.10, (1.1, 0.1, -0.4, 0.2, -0.3, -0.6)),
}
"""Name: share of the audience, and the mean of each feature in the segment."""

LIKED_BY_ALL = {
    "product": {"sneaker": 0.10, "dress": 0.05, "trousers": -0.10},
    "palette": {"night": 0.05, "mint": -0.05},
    "headline": {"none": -0.15, "-50%": 0.15, "SALE": 0.10},
    "button": {"none": -0.20, "pill": 0.08, "box": 0.08},
    "layout": {"left": 0.05, "top": -0.05},
}

LIKED_WITH = {
    "age": {
        "product": {"T-shirt": -0.15, "sneaker": -0.10, "pullover": 0.12, "bag": 0.10},
        "palette": {"sky": 0.12, "night": -0.10},
        "headline": {"BEST": 0.12, "HOT": -0.12},
    },
    "thrift": {
        "headline": {"-50%": 0.20, "2 FOR 1": 0.18, "SALE": 0.15, "NEW": -0.12,
                     "none": -0.10},
        "palette": {"peach": 0.05, "graphite": -0.08},
    },
    "sport": {
        "product": {"sneaker": 0.25, "T-shirt": 0.12, "dress": -0.15,
                    "ankle boot": -0.10},
        "palette": {"mint": 0.08},
        "headline": {"HOT": 0.06},
    },
    "elegance": {
        "product": {"dress": 0.20, "bag": 0.15, "ankle boot": 0.12, "sneaker": -0.12},
        "headline": {"none": 0.15, "-50%": -0.15},
        "palette": {"graphite": 0.10, "rose": 0.08},
    },
    "evening": {
        "palette": {"night": 0.20, "graphite": 0.15, "sky": -0.12, "mint": -0.10},
    },
    "hurry": {
        "button": {"none": -0.12, "box": 0.10},
        "layout": {"left": 0.06, "bottom": -0.08},
    },
}  # fmt: skip

BUYS_AFTER = {
    "headline": {"HOT": -0.25, "-50%": -0.20, "NEW": -0.10, "BEST": 0.10,
                 "2 FOR 1": 0.20, "none": 0.15},
    "product": {"bag": 0.10, "trousers": 0.10, "sandal": -0.10},
    "button": {"none": 0.10},
}  # fmt: skip
"""Who clicked on such a creative buys more often (positive) or less."""
