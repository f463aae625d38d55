"""Writes tests/data/views.txt: images looked up through maps by scipy, for tests/test_views.c.

Each case: height width channels mirrored, then m [2, 2], centre, shift, wave height, turns, phase [2 each:
x, y], size, left top across along, the image [height, width, channels] and the view of it. The map is
written here from the equation in src/augment/affine.h and images.h; between pixels scipy interpolates
(map_coordinates, order 1, mode nearest). A case without wave, window and mirror goes through
affine_transform in place of it.

Run: python3 tests/oracle/views.py  (numpy, scipy; a second)
"""

import pathlib

import numpy as np
from scipy.ndimage import affine_transform, map_coordinates


def write(file, values):
    file.write(" ".join(f"{v:.17g}" for v in np.ravel(values)) + "\n")


def main():
    rng = np.random.default_rng(8)
    out = pathlib.Path(__file__).parent.parent / "data" / "views.txt"
    with open(out, "w", encoding="ascii") as file:
        for case, (h, w, channels) in enumerate(((28, 28, 1), (5, 9, 3), (1, 1, 1), (1, 6, 1), (12, 7, 1), (8, 8, 3))):
            affine = case in (0, 3)
            image = rng.integers(0, 256, (h, w, channels))
            m = np.eye(2) + rng.normal(size=(2, 2)) * 0.3
            centre = np.array([(w - 1) / 2, (h - 1) / 2])
            shift = rng.uniform(-2, 2, 2)
            height = np.zeros(2) if affine else rng.uniform(-1, 1, 2)
            turns, phase = rng.uniform(0, 1.5, 2), rng.uniform(0, 6, 2)
            size = max(h, w, 1)
            left, top, across, along = (0, 0, 1, 1) if affine else (0.1 * w, 0.2 * h, 0.7, 0.75)
            mirrored = 0 if affine else case % 2
            if affine:  # output (y, x) from matrix (y, x) + offset
                matrix = m[::-1, ::-1]
                offset = (centre + shift - m @ centre)[::-1]
                view = np.stack([affine_transform(image[..., c].astype(float), matrix, offset, order=1, mode="nearest")
                                 for c in range(channels)], -1)
            else:
                y, x = np.mgrid[0:h, 0:w].astype(float)
                ax, ay = x - centre[0], y - centre[1]
                bx = (centre[0] + shift[0] + m[0, 0] * ax + m[0, 1] * ay
                      + height[0] * np.sin(2 * np.pi * turns[0] * ay / size + phase[0]))
                by = (centre[1] + shift[1] + m[1, 0] * ax + m[1, 1] * ay
                      + height[1] * np.sin(2 * np.pi * turns[1] * ax / size + phase[1]))
                px, py = left + (bx + 0.5) * across - 0.5, top + (by + 0.5) * along - 0.5
                if mirrored:
                    px = w - 1 - px
                view = np.stack([map_coordinates(image[..., c].astype(float), [py, px], order=1, mode="nearest")
                                 for c in range(channels)], -1)
            file.write(f"{h} {w} {channels} {mirrored}\n")
            for values in (m, centre, shift, height, turns, phase, [size], [left, top, across, along], image, view):
                write(file, values)


if __name__ == "__main__":
    main()
