// Rasterises triangle meshes for products.py: cut-outs under soft light, and the shadows
// that they cast on the ground. Orthographic camera; plain C functions for ctypes.
//
// Conventions: a mesh is `faces` triangles of three corners. Screen x points right and y
// down, in pixels, with pixel centres at .5; screen z is larger for what is nearer.
// Products stand on the plane y = 0 with y upwards. All arrays are contiguous float32.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

struct Box { int left, right, top, bottom; };

Box pixels_under(const float *a, const float *b, const float *c, int width, int height) {
  Box box;
  box.left = std::max(0, (int)std::floor(std::min({a[0], b[0], c[0]}) - .5f));
  box.right = std::min(width - 1, (int)std::ceil(std::max({a[0], b[0], c[0]})));
  box.top = std::max(0, (int)std::floor(std::min({a[1], b[1], c[1]}) - .5f));
  box.bottom = std::min(height - 1, (int)std::ceil(std::max({a[1], b[1], c[1]})));
  return box;
}

// Barycentric coordinates of points on the screen.
struct Triangle {
  const float *a, *b, *c;
  float area;
  Triangle(const float *a, const float *b, const float *c) : a(a), b(b), c(c) {
    area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
  }
  bool flat() const { return std::fabs(area) < 1e-9f; }
  bool at(float x, float y, float *w, float slack) const {
    w[1] = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area;
    w[2] = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area;
    w[0] = 1 - w[1] - w[2];
    return w[0] >= -slack && w[1] >= -slack && w[2] >= -slack;
  }
};

float dot(const float *a, const float *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

void normalise(float *v) {
  float length = std::sqrt(dot(v, v)) + 1e-12f;
  for (int k = 0; k < 3; k++) v[k] /= length;
}

constexpr int TEXTURE = 256, LEVELS = 9;  // levels of 256, 128, ..., 1 texels, one after another

// RGBA of a texture at (u, v), bilinear, repeating, at one level of detail.
void texel(const uint8_t *texture, float u, float v, int level, float *rgba) {
  int size = TEXTURE >> level, start = 0;
  for (int k = 0; k < level; k++) start += (TEXTURE >> k) * (TEXTURE >> k);
  float x = (u - std::floor(u)) * size - .5f, y = (1 - (v - std::floor(v))) * size - .5f;
  int left = (int)std::floor(x), top = (int)std::floor(y);
  float fx = x - left, fy = y - top;
  for (int k = 0; k < 4; k++) rgba[k] = 0;
  for (int j = 0; j < 2; j++)
    for (int i = 0; i < 2; i++) {
      int column = (left + i + size) % size, row = (top + j + size) % size;
      float weight = (i ? fx : 1 - fx) * (j ? fy : 1 - fy) / 255;
      const uint8_t *p = texture + 4 * (size_t)(start + row * size + column);
      for (int k = 0; k < 4; k++) rgba[k] += weight * p[k];
    }
}

int level_of_detail(const float *uv, float area) {
  float texels = std::fabs((uv[2] - uv[0]) * (uv[5] - uv[1]) - (uv[4] - uv[0]) * (uv[3] - uv[1]));
  float ratio = texels * TEXTURE * TEXTURE / (std::fabs(area) + 1e-9f);
  return ratio <= 1 ? 0 : std::min(LEVELS - 1, (int)std::lround(.5f * std::log2(ratio)));
}

}  // namespace

extern "C" {

struct Mesh {
  int faces;
  const float *screen, *normals, *uv;  // (faces, 3, 3), (faces, 3, 3), (faces, 3, 2)
  const int32_t *material;             // (faces,)
  const float *colour;                 // (materials, 4): RGB in [0, 1] and opacity
  const float *gloss;                  // (materials,): weight of the mirrored studio
  const int32_t *texture;              // (materials,): index, or -1 for none
  const uint8_t *texels;               // (textures, all levels, 4)
};

struct Studio {
  int directions, size;    // light directions; pixels along a side of a depth map
  const float *towards;    // (directions, 3): unit vectors to the lights, product axes
  const float *right, *up; // (directions, 3): axes of each depth map
  const float *light;      // (directions,): radiance from there times its solid angle
  const float *depth;      // (directions, size, size)
  float radius;            // depth maps reach from -radius to radius
  const float *centre;     // (3,): what they are centred on
  float bounce;            // light that comes back from the ground
};

struct Camera {
  const float *to_product;  // (3, 4): screen (x, y, z, 1) to product coordinates
  const float *view;        // (3,): unit vector to the camera, product axes
  const float *key;         // (3,): unit vector to the brightest light, product axes
};

// The nearest surface seen from one side: depth (size, size), to be filled with -1e9 before.
void nearest(int faces, const float *screen, int size, float *depth) {
  for (int f = 0; f < faces; f++) {
    const float *p = screen + 9 * (size_t)f;
    Triangle t(p, p + 3, p + 6);
    if (t.flat()) continue;
    Box box = pixels_under(p, p + 3, p + 6, size, size);
    float w[3];
    for (int y = box.top; y <= box.bottom; y++)
      for (int x = box.left; x <= box.right; x++)
        if (t.at(x + .5f, y + .5f, w, 1e-4f)) {
          float z = w[0] * p[2] + w[1] * p[5] + w[2] * p[8];
          depth[y * size + x] = std::max(depth[y * size + x], z);
        }
  }
}

static float mirrored_studio(const float *r, const float *key) {
  float sky = .25f + .35f * std::max(0.f, r[1]), lamp = std::max(0.f, dot(r, key));
  return sky + 1.1f * lamp * lamp * lamp * lamp;
}

// Colour of one visible point. `n` is its unit normal, turned towards the camera.
static void shade(const Studio &s, const Camera &c, const float *point, const float *n,
                  const float *albedo, float gloss, float *rgb) {
  float light = 0, open = 0, p[3];
  for (int k = 0; k < 3; k++) p[k] = point[k] - s.centre[k] + n[k] * s.radius * .02f;
  for (int d = 0; d < s.directions; d++) {
    const float *to = s.towards + 3 * d;
    int x = (int)((dot(p, s.right + 3 * d) / s.radius * .5f + .5f) * s.size);
    int y = (int)((dot(p, s.up + 3 * d) / s.radius * .5f + .5f) * s.size);
    bool inside = x >= 0 && y >= 0 && x < s.size && y < s.size;
    const float *map = s.depth + (size_t)d * s.size * s.size;
    if (inside && map[y * s.size + x] > dot(p, to) + .012f * s.radius) continue;
    open += 1;
    light += s.light[d] * std::max(0.f, dot(n, to));
  }
  open /= s.directions;
  light += s.bounce * (.6f - .4f * n[1]) * (.35f + .65f * open);
  if (light > .74f) light = .74f + .2f * (1 - std::exp((.74f - light) / .2f));  // white stays < 1
  float r[3], along = 2 * dot(n, c.view);
  for (int k = 0; k < 3; k++) r[k] = along * n[k] - c.view[k];
  float edge = 1 - std::max(0.f, dot(n, c.view));
  float mirror = gloss * (1 + 2 * edge * edge * edge) * mirrored_studio(r, c.key);
  for (int k = 0; k < 3; k++) rgb[k] = std::min(1.f, albedo[k] * light + mirror * (.3f + .7f * open));
}

// One pass over the faces. Opaque: keeps what is nearest, cutting a texture's holes out.
// See-through faces come sorted from far to near and are laid over what is there.
static void pass(const Mesh &m, const Studio &s, const Camera &c, const std::vector<int> &faces,
                 bool opaque, int size, float *depth, float *rgba) {
  std::vector<float> attributes(opaque ? (size_t)size * size * 8 : 0);
  auto finish = [&](const float *a, float x, float y, float z, float *rgb) {
    float n[3] = {a[3], a[4], a[5]}, point[3];
    normalise(n);
    if (dot(n, c.view) < 0) for (int k = 0; k < 3; k++) n[k] = -n[k];
    for (int k = 0; k < 3; k++) {
      const float *row = c.to_product + 4 * k;
      point[k] = row[0] * x + row[1] * y + row[2] * z + row[3];
    }
    shade(s, c, point, n, a, a[6], rgb);
  };
  for (int f : faces) {
    const float *p = m.screen + 9 * (size_t)f, *q = m.normals + 9 * (size_t)f;
    const float *uv = m.uv + 6 * (size_t)f;
    Triangle t(p, p + 3, p + 6);
    if (t.flat()) continue;
    int material = m.material[f], texture = m.texture[material];
    const float *colour = m.colour + 4 * material;
    const uint8_t *texels = texture < 0 ? nullptr : m.texels + (size_t)texture * 4 * 87381;
    int level = texels ? level_of_detail(uv, t.area) : 0;
    Box box = pixels_under(p, p + 3, p + 6, size, size);
    for (int y = box.top; y <= box.bottom; y++)
      for (int x = box.left; x <= box.right; x++) {
        float w[3];
        if (!t.at(x + .5f, y + .5f, w, opaque ? 1e-4f : 0.f)) continue;
        size_t i = (size_t)y * size + x;
        float z = w[0] * p[2] + w[1] * p[5] + w[2] * p[8];
        if (z <= depth[i]) continue;
        float a[8] = {colour[0], colour[1], colour[2]}, alpha = colour[3];
        if (texels) {
          float u = w[0] * uv[0] + w[1] * uv[2] + w[2] * uv[4];
          float v = w[0] * uv[1] + w[1] * uv[3] + w[2] * uv[5];
          float rgba_here[4];
          texel(texels, u, v, level, rgba_here);
          if (rgba_here[3] < .5f) continue;
          for (int k = 0; k < 3; k++) a[k] = rgba_here[k] / rgba_here[3];
        }
        for (int k = 0; k < 3; k++) a[3 + k] = w[0] * q[k] + w[1] * q[3 + k] + w[2] * q[6 + k];
        a[6] = m.gloss[material];
        if (opaque) {
          depth[i] = z;
          std::copy(a, a + 8, &attributes[8 * i]);
          continue;
        }
        float rgb[3];
        finish(a, x + .5f, y + .5f, z, rgb);
        for (int k = 0; k < 3; k++) rgba[4 * i + k] += alpha * (rgb[k] - rgba[4 * i + k]);
        rgba[4 * i + 3] += alpha * (1 - rgba[4 * i + 3]);
      }
  }
  if (!opaque) return;
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      size_t i = (size_t)y * size + x;
      if (depth[i] < -1e8f) continue;
      finish(&attributes[8 * i], x + .5f, y + .5f, depth[i], rgba + 4 * i);
      rgba[4 * i + 3] = 1;
    }
}

// A product in the studio: rgba (size, size, 4), colour premultiplied by alpha.
// depth (size, size) must hold -1e9 and rgba zeros.
void render(const Mesh *m, const Studio *s, const Camera *c, int size, float *depth, float *rgba) {
  std::vector<int> opaque, clear;
  std::vector<float> far(m->faces);
  for (int f = 0; f < m->faces; f++) {
    const float *p = m->screen + 9 * (size_t)f;
    far[f] = p[2] + p[5] + p[8];
    (m->colour[4 * m->material[f] + 3] > .98f ? opaque : clear).push_back(f);
  }
  std::stable_sort(clear.begin(), clear.end(), [&](int a, int b) { return far[a] < far[b]; });
  pass(*m, *s, *c, opaque, true, size, depth, rgba);
  pass(*m, *s, *c, clear, false, size, depth, rgba);
}

// Share of the directions whose light a product keeps from each pixel of the ground.
//
// corners (faces, 3, 3): x right, y up, z away from the camera, in pixels, relative to the
// point of the ground at (x0, y0); weight (faces,): how much light a face stops; towards
// (directions, 2): shift of the shadow in x and z per unit of height; tilt: sine of the
// camera's elevation. covered (size, size) gets the mean over the directions.
void shadow(int faces, const float *corners, const float *weight, int directions,
            const float *towards, float x0, float y0, float tilt, int size, float *covered) {
  std::vector<float> here((size_t)size * size);
  for (int d = 0; d < directions; d++) {
    std::fill(here.begin(), here.end(), 0.f);
    for (int f = 0; f < faces; f++) {
      const float *p = corners + 9 * (size_t)f;
      float q[9] = {0};
      for (int k = 0; k < 3; k++) {
        float height = std::max(0.f, p[3 * k + 1]);
        q[3 * k] = x0 + p[3 * k] + towards[2 * d] * height;
        q[3 * k + 1] = y0 - tilt * (p[3 * k + 2] + towards[2 * d + 1] * height);
      }
      Triangle t(q, q + 3, q + 6);
      if (t.flat()) continue;
      Box box = pixels_under(q, q + 3, q + 6, size, size);
      float w[3];
      for (int y = box.top; y <= box.bottom; y++)
        for (int x = box.left; x <= box.right; x++)
          if (here[y * size + x] < weight[f] && t.at(x + .5f, y + .5f, w, 1e-4f))
            here[y * size + x] = weight[f];
    }
    for (size_t i = 0; i < here.size(); i++) covered[i] += here[i] / directions;
  }
}
}
