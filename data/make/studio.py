"""Draws products in a soft photographic studio, and the shadows that they cast there."""

import ctypes
import functools
import subprocess
import tempfile
from pathlib import Path

import numpy as np

GROUND = (
    104 / 128
)  # where the lowest pixel of a product stands, share of the frame's height
FILL = 0.66  # the larger side of the largest view, share of the frame
ELEVATION = 18.0  # of the camera, degrees
LIGHTS = 8  # directions of the cast shadows, 45 degrees apart
SUPERSAMPLING = 4
_DIRECTIONS, _MAP = 96, 160  # lights of the studio; pixels along a side of a depth map
_KEY = np.array([-0.50, 0.70, 0.55])  # to the large softbox: left, above, in front
_FILL_LIGHT = np.array([0.80, 0.30, 0.55])
_BOUNCE = 0.20
_SLOPE, _SPREAD = (
    0.80,
    0.26,
)  # shadow's length per height; radius of the lamp, same unit


@functools.cache
def _raster():
    """raster.cpp as a loaded library; needs a C++ compiler named g++."""
    source = Path(__file__).with_name("raster.cpp")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "raster.so"
        flags = ["-std=c++17", "-O2", "-ffp-contract=off", "-shared", "-fPIC"]
        subprocess.run(["g++", *flags, str(source), "-o", str(made)], check=True)
        return ctypes.CDLL(str(made))


def _pointer(array):
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


class _Struct(ctypes.Structure):
    """Fields in order of construction; arrays stay alive with the structure."""

    def __init__(self, *values):
        self.kept = values
        plain = [_pointer(v) if isinstance(v, np.ndarray) else v for v in values]
        super().__init__(*plain)


def _pointers(names):
    return [(name, ctypes.c_void_p) for name in names.split()]


class _Mesh(_Struct):
    _fields_ = [
        ("faces", ctypes.c_int),
        *_pointers("screen normals uv material colour gloss texture texels"),
    ]


class _Lights(_Struct):
    _fields_ = [
        ("directions", ctypes.c_int),
        ("size", ctypes.c_int),
        *_pointers("towards right up light depth"),
        ("radius", ctypes.c_float),
        ("centre", ctypes.c_void_p),
        ("bounce", ctypes.c_float),
    ]


class _Camera(_Struct):
    _fields_ = _pointers("to_product view key")


def turn(degrees):
    """(3, 3) matrix that turns a product about its upright axis: its front goes right."""
    a = np.radians(degrees)
    return np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])


def _camera(degrees):
    """(3, 3) matrix from product axes to right, up and near on the screen."""
    e = np.radians(ELEVATION)
    tilt = [[1, 0, 0], [0, np.cos(e), -np.sin(e)], [0, np.sin(e), np.cos(e)]]
    return np.array(tilt) @ turn(degrees)


class Placement:
    """Where and how large a product stands in each of its views, in shares of the frame.

    All views share one scale. ``steady`` keeps the product's axis in place, so that a
    turntable does not bob; otherwise every view stands on the ground line by itself.
    """

    def __init__(self, mesh, angles, steady=False):
        points = mesh.corners.reshape(-1, 3)
        boxes = []
        for angle in angles:
            seen = points @ _camera(angle)[:2].T
            boxes.append((seen.min(0), seen.max(0)))
        low, high = np.array(boxes).transpose(1, 0, 2)  # (views, 2) each
        self.scale = FILL / (high - low).max()
        self.x = 0.5 - self.scale * (low[:, 0] + high[:, 0]) / 2
        self.y = GROUND + self.scale * low[:, 1]
        if steady:
            self.x = np.full(len(boxes), 0.5)
            self.y = np.full(len(boxes), GROUND + self.scale * low[:, 1].min())


class Studio:
    """A product under lights, of which one core draws a few views a second.

    Args:
        mesh: a ``meshes.Mesh``.
        angles: how far the product is turned in each view, in degrees.
        steady: see ``Placement``.
    """

    def __init__(self, mesh, angles, steady=False):
        self.mesh, self.angles = mesh, list(angles)
        self.place = Placement(mesh, self.angles, steady)
        points = mesh.corners.reshape(-1, 3)
        self._centre = ((points.min(0) + points.max(0)) / 2).astype(np.float32)
        distance = np.linalg.norm(points - self._centre, axis=1).max()
        self._radius = float(distance) * 1.02
        self._towards, self._right, self._up = _hemisphere(_DIRECTIONS)
        self._depth = self._depth_maps()

    def _depth_maps(self):
        """(directions, size, size): distance towards each light of the nearest surface."""
        maps = np.full((_DIRECTIONS, _MAP, _MAP), -1e9, np.float32)
        points = self.mesh.corners - self._centre
        for k in range(_DIRECTIONS):
            axes = np.stack([self._right[k], self._up[k], self._towards[k]], 1)
            seen = (points @ axes).astype(np.float32)
            seen[..., :2] = (seen[..., :2] / self._radius * 0.5 + 0.5) * _MAP
            _raster().nearest(len(seen), _pointer(seen), _MAP, _pointer(maps[k]))
        return maps

    def cut_out(self, view, size):
        """One view as uint8 RGBA (size, size, 4), straight alpha, black where alpha is 0."""
        wide = size * SUPERSAMPLING
        camera, scale = _camera(self.angles[view]), self.place.scale * wide
        x, y = self.place.x[view] * wide, self.place.y[view] * wide
        screen = self.mesh.corners @ camera.T * [scale, -scale, scale] + [x, y, 0]
        back = camera.T / [scale, -scale, scale]
        mesh, studio = self._mesh(screen), self._lights(self.angles[view])
        eye = _Camera(
            np.ascontiguousarray(np.c_[back, -back @ [x, y, 0]], np.float32),
            np.ascontiguousarray(camera[2], np.float32),
            np.ascontiguousarray(turn(self.angles[view]).T @ _unit(_KEY), np.float32),
        )
        depth = np.full((wide, wide), -1e9, np.float32)
        rgba = np.zeros((wide, wide, 4), np.float32)
        parts = (ctypes.byref(part) for part in (mesh, studio, eye))
        _raster().render(*parts, wide, _pointer(depth), _pointer(rgba))
        return _straight(_smaller(rgba, SUPERSAMPLING))

    def _mesh(self, screen):
        m = self.mesh
        arrays = (m.normals, m.uv, m.material, m.colour, m.gloss, m.texture, m.texels)
        return _Mesh(len(screen), np.ascontiguousarray(screen, np.float32), *arrays)

    def _lights(self, angle):
        light = _radiance(self._towards @ turn(angle).T)
        return _Lights(
            _DIRECTIONS, _MAP, self._towards, self._right, self._up, light, self._depth,
            self._radius, self._centre, _BOUNCE,
        )  # fmt: skip

    def shadows(self, view, size):
        """Light that the product keeps from the ground, uint8 (1 + LIGHTS, size, size).

        0 is none and 255 all. First the light of an even sky (contact occlusion), then that
        of a round lamp from the right, from behind on the right, from behind, and so on.
        """
        wide, fine = size * 2, self.place.scale * size * 2
        corners = self.mesh.corners @ turn(self.angles[view]).T * [fine, fine, -fine]
        corners = np.ascontiguousarray(corners, np.float32)
        opacity = self.mesh.colour[self.mesh.material, 3]
        stops = np.ascontiguousarray(np.where(opacity > 0.98, 1, opacity), np.float32)
        x, y = self.place.x[view] * wide, self.place.y[view] * wide
        layers = np.zeros((1 + LIGHTS, wide, wide), np.float32)
        for layer, shifts in zip(layers, [_sky(), *map(_lamp, range(LIGHTS))]):
            _raster().shadow(
                len(corners), _pointer(corners), _pointer(stops),
                len(shifts), _pointer(shifts), ctypes.c_float(x), ctypes.c_float(y),
                ctypes.c_float(np.sin(np.radians(ELEVATION))), wide, _pointer(layer),
            )  # fmt: skip
        small = _smaller(layers.transpose(1, 2, 0), 2).transpose(2, 0, 1)
        return np.round(small.clip(0, 1) * 255).astype(np.uint8)


def _unit(vector):
    return vector / np.linalg.norm(vector)


def _radiance(towards):
    """Light from each direction (D, 3), studio axes, so that E[n . light] is about 1."""
    key = np.maximum(0, towards @ _unit(_KEY)) ** 6
    fill = np.maximum(0, towards @ _unit(_FILL_LIGHT)) ** 3
    light = 0.60 + 2.1 * key + 0.45 * fill
    return np.ascontiguousarray(light * 2 / len(towards), np.float32)


def _hemisphere(count):
    """Even directions upwards, and two axes across each; three float32 (count, 3)."""
    height = (np.arange(count) + 0.5) / count
    around = np.arange(count) * 2.399963  # the golden angle
    flat = np.sqrt(1 - height**2)
    towards = np.stack([flat * np.cos(around), height, flat * np.sin(around)], 1)
    right = np.stack([-np.sin(around), np.zeros(count), np.cos(around)], 1)
    up = np.cross(towards, right)
    return tuple(np.ascontiguousarray(a, np.float32) for a in (towards, right, up))


def _sky(count=192):
    """Shifts of a shadow per height, float32 (count, 2), for a sky that is evenly bright."""
    tangent = np.tan(np.arcsin(np.sqrt((np.arange(count) + 0.5) / count)))
    around = np.arange(count) * 2.399963
    shift = np.minimum(tangent, 6) * [np.cos(around), np.sin(around)]
    return np.ascontiguousarray(shift.T, np.float32)


def _lamp(number, count=24):
    """The same for a round lamp at 45 degrees times ``number``; 0 is from the right."""
    azimuth, around = np.radians(360 / LIGHTS * number), np.arange(count) * 2.399963
    disc = _SPREAD * np.sqrt((np.arange(count) + 0.5) / count)
    middle = -_SLOPE * np.array([np.cos(azimuth), np.sin(azimuth)])
    shift = middle + np.stack([disc * np.cos(around), disc * np.sin(around)], 1)
    return np.ascontiguousarray(shift, np.float32)


def _smaller(image, times):
    """Mean over squares of ``times`` pixels, (H, W, C) to (H / times, W / times, C)."""
    height, width, channels = image.shape
    squares = image.reshape(height // times, times, width // times, times, channels)
    return squares.mean((1, 3))


def _straight(premultiplied):
    """Float RGBA with premultiplied colour as uint8 with straight alpha."""
    alpha = premultiplied[..., 3:]
    rgb = premultiplied[..., :3] / np.maximum(alpha, 1e-6)
    rgba = np.round(np.concatenate([rgb, alpha], 2).clip(0, 1) * 255).astype(np.uint8)
    rgba[rgba[..., 3] == 0] = 0
    return rgba
