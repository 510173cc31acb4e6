"""The furniture libraries of Sweet Home 3D: their catalogues and Wavefront OBJ models."""

import html
import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

TEXTURE = 256  # texels along a side, as in raster.cpp
GREY = (0.7, 0.7, 0.7)
_WORK = (  # how the licence files of Blend Swap name a work
    r'downloading "(?P<title>.*?)"',
    r"view/(?P<number>\d+)",
    r"Blend #(?P<number>\d+):\s*(?P<title>.+)",
    r"^\s*(?P<number>\d+) - (?P<title>.+) - D",
    r"^\s*(?P<title>.+) by .+ - (?P<number>\d+) - Creative",
)


@dataclass
class Entry:
    """One catalogue entry of a library.

    Attributes:
        title, creator: as the catalogue writes them.
        model: path of the OBJ file inside the library's archive.
        size: width, depth and height in cm.
        rotation: (3, 3) matrix that the catalogue applies to the model.
    """

    title: str
    creator: str
    model: str
    size: tuple
    rotation: np.ndarray


@dataclass
class Mesh:
    """Triangles in cm, standing on y = 0, centred on x = z = 0, front towards +z.

    Attributes:
        corners: float32 (F, 3, 3); normals: float32 (F, 3, 3), not all of length 1.
        uv: float32 (F, 3, 2), texture coordinates; material: int32 (F,).
        colour: float32 (M, 4), RGB and opacity in [0, 1]; gloss: float32 (M,) in [0, 1].
        texture: int32 (M,), index into texels or -1; texels: uint8 (T, 87381, 4).
    """

    corners: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    material: np.ndarray
    colour: np.ndarray
    gloss: np.ndarray
    texture: np.ndarray
    texels: np.ndarray


class Library:
    """One ``.sh3f`` archive: a catalogue, models, licence files.

    Attributes:
        entries: dictionary from an entry's name ("oakChair") to its ``Entry``.
    """

    def __init__(self, source, name):
        found = sorted(Path(source).rglob(f"{name}.sh3f"))
        if not found:
            raise FileNotFoundError(f"{source} holds no {name}.sh3f")
        self._zip = zipfile.ZipFile(found[0])
        self._names = {n.lower(): n for n in self._zip.namelist()}
        text = self.read("PluginFurnitureCatalog.properties").decode("latin1")
        fields = {}
        for key, number, value in re.findall(r"^(\w+)#(\d+)=(.*)$", text, re.MULTILINE):
            fields.setdefault(number, {})[key] = value.strip()
        self.entries = {f["id"].split("#")[-1]: _entry(f) for f in fields.values()}

    def read(self, path):
        """The bytes of a file of the archive, whatever the case of its name."""
        return self._zip.read(self._names[path.lstrip("/").lower()])

    def beside(self, entry):
        """The names of the files in the folder of an entry's model."""
        folder = posixpath.dirname(entry.model).lstrip("/").lower() + "/"
        return [n for low, n in sorted(self._names.items()) if low.startswith(folder)]

    def _licence_files(self, entry):
        """The plain words of the licence files beside a model."""
        for name in self.beside(entry):
            if name.lower().endswith((".txt", ".html", ".htm")):
                text = self.read(name).decode("utf-8", "replace")
                yield html.unescape(re.sub(r"<[^>]*>", "\n", text))

    def own_licences(self, entry):
        """The set of "Creative Commons ..." that the model's own licence files name."""
        texts = self._licence_files(entry)
        return {f for text in texts for f in re.findall(r"Creative Commons \w+", text)}

    def work(self, entry):
        """Title and number of the original work from the licence file, or "" without."""
        title = number = ""
        for text in self._licence_files(entry):
            for found in filter(None, (re.search(p, text, re.M) for p in _WORK)):
                title = title or found.groupdict().get("title") or ""
                number = number or found.groupdict().get("number") or ""
        return " ".join(f"{title} {number and 'no. ' + number}".split())

    def mesh(self, entry):
        """Read a model in its catalogue size and orientation.

        Args:
            entry: one of ``entries``.
        Returns:
            A ``Mesh``.
        Raises:
            ValueError: the file holds no triangle.
        """
        model = _read_obj(self.read(entry.model).decode("latin1"))
        if not model["faces"]:
            raise ValueError(f"{entry.model} holds no triangle")
        materials = self._materials(entry, model["libraries"], model["used"])
        faces = np.array(model["faces"], np.int64)  # (F, 3 corners, vertex/uv/normal)
        vertices = np.array(model["v"], float) @ entry.rotation.T
        corners = _in_catalogue_size(vertices[faces[:, :, 0]], entry.size)
        normals = _normals(model, faces, corners, entry.rotation)
        uv = np.array(model["vt"] or [(0, 0)], np.float32)[
            np.maximum(faces[:, :, 1], 0)
        ]
        index = np.array(model["face_material"], np.int32)
        parts = (corners, normals, uv)
        return Mesh(
            *(np.ascontiguousarray(p, np.float32) for p in parts), index, *materials
        )

    def _materials(self, entry, libraries, used):
        """colour, gloss, texture and texels of ``Mesh`` for the materials in use."""
        folder = posixpath.dirname(entry.model)
        said = {}
        for library in libraries:
            path = posixpath.join(folder, library)
            if path.lstrip("/").lower() in self._names:
                said |= _read_mtl(self.read(path).decode("latin1"))
        colour, gloss, texture, texels = [], [], [], []
        for name in used:
            m = said.get(name, {})
            colour.append((*m.get("Kd", GREY), m.get("d", 1.0)))
            shiny = m.get("Ns", 0.0) > 1 and m.get("illum", 2) != 1
            gloss.append(min(0.5, float(np.mean(m.get("Ks", 0.0)))) if shiny else 0.0)
            texture.append(-1)
            path = posixpath.join(folder, m.get("map_Kd", ""))
            if "map_Kd" in m and path.lstrip("/").lower() in self._names:
                texture[-1] = len(texels)
                texels.append(_texture(self.read(path)))
        blank = np.zeros((1, _texel_count(), 4), np.uint8)
        return (
            np.array(colour, np.float32),
            np.array(gloss, np.float32),
            np.array(texture, np.int32),
            np.stack(texels) if texels else blank,
        )


def _entry(fields):
    turn = [float(x) for x in fields.get("modelRotation", "1 0 0 0 1 0 0 0 1").split()]
    size = tuple(float(fields[k]) for k in ("width", "depth", "height"))
    rotation = np.array(turn).reshape(3, 3)
    creator = fields.get("creator", "")
    return Entry(fields["name"], creator, fields["model"], size, rotation)


def _read_obj(text):
    """Vertices, corners of triangles, materials of a Wavefront OBJ file, as lists."""
    model = {"v": [], "vt": [], "vn": [], "faces": [], "face_material": []}
    libraries, used, current = [], {}, ""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] in ("v", "vt", "vn"):
            model[words[0]].append(
                [float(w) for w in words[1:]][: 2 if words[0] == "vt" else 3]
            )
        elif words[0] == "f":
            corners = [_corner(w, model) for w in words[1:]]
            number = used.setdefault(current, len(used))
            for triangle in triangles([model["v"][c[0]] for c in corners]):
                model["faces"].append(tuple(corners[k] for k in triangle))
                model["face_material"].append(number)
        elif words[0] == "usemtl":
            current = words[1] if len(words) > 1 else ""
        elif words[0] == "mtllib":
            libraries.append(line.split(None, 1)[1].strip())
    return {**model, "libraries": libraries, "used": list(used)}


def _corner(word, model):
    """Indices of vertex, texture coordinate and normal from "7/3/2"; -1 for none."""
    numbers = [int(w) if w else 0 for w in word.split("/")] + [0, 0]
    return tuple(
        n - 1 if n > 0 else len(model[k]) + n if n < 0 else -1
        for n, k in zip(numbers, ("v", "vt", "vn"))
    )


def triangles(points):
    """Cut a polygon in space, which may have notches, into triangles: lists of corners.

    Cuts off one ear after another: a corner that points outwards and whose triangle holds
    no other corner.
    """
    left = list(range(len(points)))
    if len(left) <= 3:
        return [left] if len(left) == 3 else []  # some files hold lines
    flat = _flattened(points)
    cut = []
    while len(left) > 3:
        ear = next((k for k in range(len(left)) if _is_ear(flat, left, k)), 0)
        cut.append([left[ear - 1], left[ear], left[(ear + 1) % len(left)]])
        del left[ear]
    return [*cut, left]


def _flattened(points):
    """The polygon in the plane that it nearly lies in, counter-clockwise, as pairs."""
    normal = [0.0, 0.0, 0.0]  # Newell's: twice the area seen along each axis
    for (x, y, z), (u, v, w) in zip(points, points[1:] + points[:1]):
        normal[0] += (y - v) * (z + w)
        normal[1] += (z - w) * (x + u)
        normal[2] += (x - u) * (y + v)
    axis = max(range(3), key=lambda k: abs(normal[k]))
    one, two = (axis + 1) % 3, (axis + 2) % 3
    if normal[axis] < 0:
        one, two = two, one
    return [(p[one], p[two]) for p in points]


def _is_ear(flat, left, k):
    a, b, c = left[k - 1], left[k], left[(k + 1) % len(left)]
    if _turn(flat[a], flat[b], flat[c]) <= 0:
        return False
    others = (flat[i] for i in left if i not in (a, b, c))
    return not any(
        _turn(flat[a], flat[b], p) >= 0
        and _turn(flat[b], flat[c], p) >= 0
        and _turn(flat[c], flat[a], p) >= 0
        and p not in (flat[a], flat[b], flat[c])
        for p in others
    )


def _turn(a, b, c):
    """Twice the area of a triangle in the plane, positive if counter-clockwise."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])


def _read_mtl(text):
    """Dictionary from a material's name to what its file says about it."""
    said, current = {}, {}
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "newmtl":
            current = said.setdefault(words[1], {})
        elif words[0] in ("Kd", "Ks"):
            current[words[0]] = tuple(float(w) for w in words[1:4])
        elif words[0] in ("d", "Ns", "illum"):
            current[words[0]] = float(words[1])
        elif words[0] == "map_Kd":
            current["map_Kd"] = line.split(None, 1)[1].strip()
    return said


def _texel_count():
    return sum((TEXTURE >> k) ** 2 for k in range(TEXTURE.bit_length()))


def _texture(content):
    """A picture as RGBA at 256, 128, ..., 1 texels, one level after another, (87381, 4)."""
    image = Image.open(io.BytesIO(content)).convert("RGBA")
    levels = [TEXTURE >> k for k in range(TEXTURE.bit_length())]
    pieces = [
        np.asarray(image.resize((s, s), Image.BOX)).reshape(-1, 4) for s in levels
    ]
    return np.concatenate(pieces)


def _in_catalogue_size(corners, size):
    """Scale (F, 3, 3) corners to width, depth and height; stand them on the ground."""
    low, high = corners.min((0, 1)), corners.max((0, 1))
    middle = (low + high) / 2
    wanted = np.array([size[0], size[2], size[1]])
    return (
        (corners - [middle[0], low[1], middle[2]])
        * wanted
        / np.maximum(high - low, 1e-6)
    )


def _normals(model, faces, corners, rotation):
    """Normals of the file where it has them, else of the flat faces."""
    sides = corners[:, 1:] - corners[:, :1]
    flat = np.cross(sides[:, 0], sides[:, 1])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-12
    normals = np.repeat(flat[:, None], 3, 1)
    if model["vn"]:
        given = (np.array(model["vn"], float) @ rotation.T)[faces[:, :, 2]]
        good = (faces[:, :, 2] >= 0).all(1) & (np.abs(given).sum(2) > 0).all(1)
        normals[good] = given[good]
    return normals
