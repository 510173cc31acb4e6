"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", '"A": 6_000_000', '"A": 4_000_000', "quarters"),
    ("exercise-1", '"A": 6_000_000', '"A": 24_000_000', "quarters"),
    ("exercise-1", '"B": 7_992_000', '"B": 1_000_000_000', "twice"),
    ("exercise-1", '"C": 48', '"C": 72', "come first"),
    ("exercise-1", '"D": 392', '"D": 3_136', "8 pictures"),
    ("exercise-1", '"E": 20', '"E": 10', "backwards"),
    ("exercise-1", '"E": 20', '"E": ...', "not started"),
    ("exercise-2", "manual_seed(epoch)", "manual_seed(epoch + 7 * rank)", "twice"),
    ("exercise-2", "manual_seed(epoch)", "manual_seed(0)", "same order"),
    (
        "exercise-2",
        "torch.randperm(count, generator=shuffle)",
        "torch.randperm(count)",
        "generator of its own",
    ),
    (
        "exercise-2",
        "torch.randperm(count, generator=shuffle)",
        "torch.arange(count)",
        "shuffled",
    ),
    (
        "exercise-2",
        "order[rank::size][: count // size]",
        "order[rank::size]",
        "lengths",
    ),
    ("exercise-2", "order[rank::size]", "order[::size]", "twice"),
    ("exercise-2", "[: count // size]", "[: count // size // 2]", "left over"),
    ("exercise-2", "return order[rank::size][: count // size]", "return 3", "tensor"),
    ("exercise-3", "(rank + 1) % size, (rank - step)", "0, (rank - step)", "neighbour"),
    ("exercise-3", "parts[after][chunk] + arrived", "arrived", "hold the sum"),
    (
        "exercise-3",
        "parts[after][chunk] = send",
        "parts[after][chunk] += send",
        "twice",
    ),
    ("exercise-3", "(rank + 1 - step)", "(rank - step)", "hold the sum"),
    (
        "exercise-3",
        "return parts",
        "return [[c / size for c in p] for p in parts]",
        "means",
    ),
    ("exercise-3", "parts[rank][chunk])", "torch.stack(parts[rank]))", "one chunk"),
    ("exercise-3", "return parts", "return parts[0]", "list of"),
    (
        "exercise-3",
        "    for step in range(size - 1):\n        for rank in range(size):\n"
        "            after, chunk = (rank + 1) % size, (rank + 1 - step) % size\n"
        "            parts[after][chunk] = send(rank, after, parts[rank][chunk])\n",
        "",
        "one rank only",
    ),
]
