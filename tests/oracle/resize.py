#!/usr/bin/env python3
"""Images resized by Pillow (bilinear, antialiased), for tests/test_image_resize.c. Needs Pillow.

usage: tests/oracle/resize.py        (prints the rows of the table)
"""
from PIL import Image


def value(y, x, c):
    return (x * 37 + y * 59 + x * y * 11 + c * 83) % 256


def main():
    for height, width, channels, side in [(7, 5, 1, 3), (2, 3, 1, 5), (48, 64, 3, 2), (1, 9, 1, 4)]:
        image = Image.new("L" if channels == 1 else "RGB", (width, height))
        for y in range(height):
            for x in range(width):
                pixel = tuple(value(y, x, c) for c in range(channels))
                image.putpixel((x, y), pixel[0] if channels == 1 else pixel)
        made = image.resize((side, side), Image.Resampling.BILINEAR).tobytes()
        print(f"{{{height}, {width}, {channels}, {side}, {{{', '.join(map(str, made))}}}}},")


main()
