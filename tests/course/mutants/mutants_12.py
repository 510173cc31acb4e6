"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", '"A": True', '"A": False', "Python number"),
    ("exercise-1", '"B": False', '"B": True', "history"),
    ("exercise-1", '"C": True', '"C": False', "condition"),
    ("exercise-1", '"D": False', '"D": True', "queue"),
    ("exercise-1", '"E": False', '"E": True', "shape"),
    ("exercise-1", '"F": True', '"F": False', "size of the result"),
    ("exercise-1", '"F": True', '"F": ...', "not started"),
    (
        "exercise-2",
        "recent.append(step())",
        "recent.append(torch.tensor(step().item()))",
        "asked",
    ),
    (
        "exercise-2",
        "recent.append(step())",
        "recent.append(torch.tensor(step().tolist()))",
        "asked",
    ),
    ("exercise-2", ".mean().item()", ".mean()", "tensors"),
    ("exercise-2", ".mean().item()", ".sum().item()", "means are wrong"),
    ("exercise-2", "            recent = []", "", "3 means"),
    ("exercise-2", "range(steps)", "range(steps + every)", "16 times"),
    ("exercise-3", "        os.fsync(file.fileno())\n", "", "os.fsync"),
    ("exercise-3", 'path.with_suffix(".part")', "path", "beside"),
    (
        "exercise-3",
        "    os.replace(part, path)",
        "    path.write_bytes(part.read_bytes())",
        "renamed",
    ),
    (
        "exercise-3",
        'path.with_suffix(".part")',
        'Path(tempfile.mkdtemp()) / "x"',
        "another folder",
    ),
    (
        "exercise-3",
        "        os.fsync(file.fileno())\n    os.replace(part, path)",
        "        os.replace(part, path)\n        os.fsync(file.fileno())",
        "after the rename",
    ),
]
