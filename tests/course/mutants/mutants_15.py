"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", "28 + 5", "28 * 5", "add up"),
    ("exercise-1", "4_032 * 5", "4_032 + 5", "multiply"),
    ("exercise-1", "(1 + 0.05) / (0.2 + 0.05)", "1 / 0.2", "0.05"),
    ("exercise-1", "0.9**5", "0.9", "all five"),
    ("exercise-1", "0.9**5", "0.9 * 5", "independent"),
    ("exercise-1", "0.9**5", "...", "not started"),
    ("exercise-1", "3 * 3", "3", "three banners"),
    ("exercise-1", "3 * 3", "6", "pack of two"),
    ("exercise-2", "black if darker else white", "white if darker else black", "exchanged"),
    (
        "exercise-2",
        "contrast_ratio(ground, black) > contrast_ratio(ground, white)",
        "ground.mean() > 0.5",
        "mean of the colour",
    ),
    ("exercise-2", "black if darker else white", "ground", "black (0, 0, 0) or white"),
    ("exercise-2", "black if darker else white", "0.0 if darker else 1.0", "tensor"),
    ("exercise-3", "slerp(z_a, z_b, share)", "torch.lerp(z_a, z_b, share)", "circle"),
    ("exercise-3", "slerp(z_a, z_b, share)", "slerp(z_b, z_a, share)", "share 0 z"),
    ("exercise-3", "code_a + share * (code_b - code_a)",
     "slerp(code_a, code_b, share)", "add up"),
    ("exercise-3", "code_a + share * (code_b - code_a)", "code_b", "share 0 the code"),
    (
        "exercise-3",
        "slerp(z_a, z_b, share), code_a + share * (code_b - code_a)",
        "code_a + share * (code_b - code_a), slerp(z_a, z_b, share)",
        "order",
    ),
]  # fmt: skip
