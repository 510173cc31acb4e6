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

// Levels of 256, 128, ..., 1 texels a side, one after another.
constexpr int TEXTURE = 256, LEVELS = 9, TEXELS = 87381;

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

}  // extern "C"

// What a fragment carries from its triangle to its shading.
struct Fragment {
  float albedo[3], normal[3], gloss, x, y, z;
};

// The colour of a fragment in the studio.
static void light_fragment(const Studio &s, const Camera &c, const Fragment &f, float *rgb) {
  float n[3] = {f.normal[0], f.normal[1], f.normal[2]}, point[3];
  normalise(n);
  if (dot(n, c.view) < 0) for (int k = 0; k < 3; k++) n[k] = -n[k];
  for (int k = 0; k < 3; k++) {
    const float *row = c.to_product + 4 * k;
    point[k] = row[0] * f.x + row[1] * f.y + row[2] * f.z + row[3];
  }
  shade(s, c, point, n, f.albedo, f.gloss, rgb);
}

// Fill in a fragment of a face from its weights; false in a hole that its texture cuts out.
static bool interpolate(const Mesh &m, int face, int level, const float *w, Fragment &f) {
  const float *q = m.normals + 9 * (size_t)face, *uv = m.uv + 6 * (size_t)face;
  int material = m.material[face], texture = m.texture[material];
  for (int k = 0; k < 3; k++) f.albedo[k] = m.colour[4 * material + k];
  if (texture >= 0) {
    float u = w[0] * uv[0] + w[1] * uv[2] + w[2] * uv[4];
    float v = w[0] * uv[1] + w[1] * uv[3] + w[2] * uv[5], rgba[4];
    texel(m.texels + (size_t)texture * 4 * TEXELS, u, v, level, rgba);
    if (rgba[3] < .5f) return false;
    for (int k = 0; k < 3; k++) f.albedo[k] = rgba[k] / rgba[3];
  }
  for (int k = 0; k < 3; k++) f.normal[k] = w[0] * q[k] + w[1] * q[3 + k] + w[2] * q[6 + k];
  f.gloss = m.gloss[material];
  return true;
}

// Call use(pixel, fragment) for each pixel of a face that nothing in `depth` hides.
template <typename Use>
static void scan(const Mesh &m, int face, int size, const float *depth, float slack, Use use) {
  const float *p = m.screen + 9 * (size_t)face;
  Triangle t(p, p + 3, p + 6);
  if (t.flat()) return;
  bool textured = m.texture[m.material[face]] >= 0;
  int level = textured ? level_of_detail(m.uv + 6 * (size_t)face, t.area) : 0;
  Box box = pixels_under(p, p + 3, p + 6, size, size);
  float w[3];
  for (int y = box.top; y <= box.bottom; y++)
    for (int x = box.left; x <= box.right; x++) {
      if (!t.at(x + .5f, y + .5f, w, slack)) continue;
      size_t pixel = (size_t)y * size + x;
      Fragment f;
      f.x = x + .5f, f.y = y + .5f, f.z = w[0] * p[2] + w[1] * p[5] + w[2] * p[8];
      if (f.z > depth[pixel] && interpolate(m, face, level, w, f)) use(pixel, f);
    }
}

extern "C" {

// A product in the studio: rgba (size, size, 4), colour premultiplied by alpha.
// depth (size, size) must hold -1e9 and rgba zeros.
void render(const Mesh *m, const Studio *s, const Camera *c, int size, float *depth, float *rgba) {
  std::vector<int> clear;
  std::vector<float> distance(m->faces);
  std::vector<Fragment> front((size_t)size * size);
  for (int face = 0; face < m->faces; face++) {
    const float *p = m->screen + 9 * (size_t)face;
    distance[face] = p[2] + p[5] + p[8];
    if (m->colour[4 * m->material[face] + 3] <= .98f) {
      clear.push_back(face);
      continue;
    }
    scan(*m, face, size, depth, 1e-4f, [&](size_t pixel, const Fragment &f) {
      depth[pixel] = f.z;
      front[pixel] = f;
    });
  }
  for (size_t pixel = 0; pixel < front.size(); pixel++)
    if (depth[pixel] > -1e8f) {
      light_fragment(*s, *c, front[pixel], rgba + 4 * pixel);
      rgba[4 * pixel + 3] = 1;
    }
  // What one sees through is laid over that, the farthest first.
  std::stable_sort(clear.begin(), clear.end(),
                   [&](int a, int b) { return distance[a] < distance[b]; });
  for (int face : clear) {
    float alpha = m->colour[4 * m->material[face] + 3];
    scan(*m, face, size, depth, 0.f, [&](size_t pixel, const Fragment &f) {
      float rgb[3], *below = rgba + 4 * pixel;
      light_fragment(*s, *c, f, rgb);
      for (int k = 0; k < 3; k++) below[k] += alpha * (rgb[k] - below[k]);
      below[3] += alpha * (1 - below[3]);
    });
  }
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
