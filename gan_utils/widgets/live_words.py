"""What the live training view says in words."""


def duration(seconds):
    """Seconds in words: 34 s, 2 min 10 s, 1 h 05 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def words(phase, step, steps, pace, batch_size, seconds):
    """The lines above the pictures.

    Args:
        phase: "ready", "running" or "done".
        step, steps: done, and of the whole training.
        pace: steps a second, or None.
        batch_size: pictures in a step.
        seconds: since the run began.
    Returns:
        {"phase", "step", "steps", "end", "title", "details", "said"}: ``end`` is where
        the axes end; ``said`` changes seldom and is for screen readers.
    """
    share = f"{step / max(steps, 1):.0%}"
    title, details = f"Training: {share}", [f"step {step:,} of {steps:,}"]
    if phase == "ready":
        title = "Ready to train"
    if phase == "running" and pace:
        details.append(f"{duration((steps - step) / pace)} left")
    if phase == "done":
        title = "Trained" if step >= steps else "Stopped"
    if phase == "done" and pace:
        details.append(duration(seconds))
    if pace and phase != "ready":
        details.append(f"{pace * batch_size:,.0f} pictures a second")
    said = f"{title}, step {step:,} of {steps:,}."
    if phase == "running":
        said = f"Training: {10 * (10 * step // max(steps, 1))} % done."
    return {
        "phase": phase, "step": step, "steps": steps, "title": title,
        "end": axis_end(step, steps, phase == "done"),
        "details": " · ".join(details), "said": said,
    }  # fmt: skip


def axis_end(step, steps, done):
    """The step at the right end of an axis: round, at most ``steps``, seldom changing."""
    if done or not step:
        return step or steps
    size = 10 ** (len(str(step)) - 1)
    return min(steps, next(n * size for n in (1, 2, 5, 10) if n * size >= step))
