"""One face as numbers: where everything lies, its colours, and its outlines."""

import numpy as np

from gan_utils.scenes.people import SKIN, hair_colour, rgb

SIZE, FINE = 64, 4
ZOOM = 1.14  # picture pixels for a unit of the head
EYES = ("#4a2f1b", "#2f1d12", "#5b7a9a", "#5f7a4a", "#6a6f78")
CLOTHES = ("#33506e", "#7d2f3c", "#2f6b5a", "#5b4a86", "#b98a3a", "#3a3d45", "#c9c5bd")
WALLS = ("#dfe6ee", "#eadfd2", "#dcebe2", "#ece0ea", "#e8e6d4", "#d3dde6", "#f0dcd4")


class Face:
    """Where everything lies in one face, in pixels of the 64 x 64 picture.

    eyes: the middle between the eyes; gap: half their distance; roll: head's turn in
    radians, clockwise; mouth: its middle; the rest as the names say.
    """

    def __init__(self, person, random):
        u = random.uniform
        self.person = person
        self.centre = np.array([32 + u(-3, 3), 33 + u(-2, 2)])
        self.roll = u(-0.16, 0.16)
        self.yaw = u(-1, 1)
        self.width = 14.2 + 0.9 * person.body + u(-0.6, 0.6)
        self.height = 18.2 + u(-0.9, 0.9) - 0.3 * person.body
        self.jaw = 0.2 - 0.07 * person.body + u(-0.05, 0.05)
        self.turn = 1.7 * self.yaw
        self.eye_line = -1.6 + u(-1.3, 1.3)
        self.gap = 0.44 * self.width + u(-0.35, 0.35)
        self.open = u(0.85, 1.15) * (1, 0.97, 0.85)[person.age]
        self.brow = u(0, 1)
        self.nose = self.eye_line + 7.4 + u(-0.5, 0.5)
        self.mouth_line = self.nose + 3.9 + u(-0.4, 0.5)
        self.mouth_width = 4.9 + 0.25 * person.body + u(-0.7, 0.8)
        self.lips = u(0.85, 1.25) * (1.05, 1.0, 0.82)[person.age]
        self.smile = u(-0.3, 1.2)
        self.style = int(random.integers(4))
        self.part = u(-1, 1)
        self.light = random.choice((-1, 1)) * u(0.4, 1)
        self.skin = lit(rgb(SKIN[person.skin]))
        self.hair = hair_colour(person, random)
        self.iris = rgb(EYES[random.integers(len(EYES))])
        self.clothes = rgb(CLOTHES[random.integers(len(CLOTHES))])
        self.wall = rgb(WALLS[random.integers(len(WALLS))])
        self.neckline = int(random.integers(3))

    @property
    def eyes(self):
        """The middle between the eyes in the picture, (x, y)."""
        return self.at([(self.turn, self.eye_line)])[0]

    def at(self, points):
        """Points (N, 2) of the upright head, from its centre, in the picture's pixels."""
        c, s = np.cos(self.roll), np.sin(self.roll)
        turned = np.asarray(points, float) @ np.array([[c, s], [-s, c]])
        return ZOOM * turned + self.centre

    def lip_colour(self):
        """Bare lips: the skin, darker and redder."""
        red = np.array([176, 84, 84.0])
        share = 0.5 if self.skin.mean() > 120 else 0.38
        return self.skin * 0.86 * (1 - share) + red * share * (
            0.5 + self.skin.mean() / 400
        )

    def outline(self, grow=0.0):
        """The head: an egg with its narrow end at the chin."""
        t = np.linspace(0, 2 * np.pi, 65)[:-1]
        low = np.clip(np.sin(t), 0, 1)
        wide = 1 - self.jaw * low**2 - 0.12 * low**6
        x = (self.width + grow) * np.cos(t) * wide
        return np.stack([x, (self.height + grow) * np.sin(t)], 1)

    def mouth(self):
        """Outlines of the upper and the lower lip, and the line between them."""
        w, y0 = self.mouth_width, self.mouth_line
        t = np.linspace(-1, 1, 21)
        corner = -self.smile * 0.95 * t**2
        line = y0 + corner + 0.25 * self.smile
        bow = (1 - t**2) ** 0.8 * (1 - 0.3 * np.exp(-((t / 0.14) ** 2)))
        upper = line - 1.35 * self.lips * bow
        lower = line + 1.75 * self.lips * (1 - np.abs(t) ** 2.6) ** 0.8
        x = w * t + self.turn * 1.05
        top = np.stack([np.r_[x, x[::-1]], np.r_[upper, line[::-1]]], 1)
        bottom = np.stack([np.r_[x, x[::-1]], np.r_[line, lower[::-1]]], 1)
        return top, bottom, np.stack([x, line], 1)


def lit(tone):
    """A skin tone as a lit face shows it: dark tones gain most, and warmth."""
    lifted = 255 * (tone / 255) ** 0.8
    warm = 1 + (1 - tone.mean() / 255) * np.array([0.12, -0.01, -0.1])
    return np.clip(lifted * warm * (1, 0.985, 0.965), 0, 255)
