"""Pictures beside each other, each with a caption: as one image for a file, tile by tile for a page."""

import io
import math
from dataclasses import dataclass

import numpy as np

from kerasdl.errors import from_os_error
from kerasdl.files import written_whole

CELL = 96  # pixels to which small images are enlarged, by whole factors
_COLUMNS, _GAP, _MARGIN, _LINE = 6, 8, 14, 17  # tiles in a row; pixels
_FONT = 12


@dataclass(frozen=True, eq=False)
class Tile:
    """Images that belong together, and what is said of them.

    Attributes:
        images: uint8 arrays `(height, width, 3)` or `(height, width, 1)`, side by side.
        caption: a few words.
        label: the same for those who cannot see the images, or `""` for the caption.
    """

    images: tuple
    caption: str = ""
    label: str = ""

    def pngs(self):
        """The images as bytes of PNG files, small ones enlarged by a whole factor."""
        return [_png(enlarged(image)) for image in self.images]


@dataclass(frozen=True, eq=False)
class Gallery:
    """Tiles in their order.

    Attributes:
        tiles: tuple of `Tile`.
    """

    tiles: tuple

    def to_image(self):
        """All tiles on one sheet, a `PIL.Image.Image` in RGB.

        Example:
        >>> tile = Tile((np.zeros((32, 32, 3), "uint8"),), "a cat")
        >>> Gallery((tile, tile)).to_image().mode
        'RGB'
        """
        from PIL import Image, ImageDraw, ImageFont

        font = ImageFont.load_default(_FONT)
        tiles = [[_as_picture(enlarged(image)) for image in tile.images] for tile in self.tiles]
        width = max(sum(each.width for each in tile) + 2 * (len(tile) - 1) for tile in tiles)
        captions = [_wrapped(tile.caption, font, width) for tile in self.tiles]
        height = max(each.height for tile in tiles for each in tile)
        across = width + _GAP
        down = height + _LINE * max(map(len, captions)) + _GAP
        columns = min(len(tiles), max(1, round(_COLUMNS * CELL / width)))
        rows = math.ceil(len(tiles) / columns)
        size = (2 * _MARGIN + columns * across - _GAP, 2 * _MARGIN + rows * down - _GAP)
        sheet = Image.new("RGB", size, "white")
        draw = ImageDraw.Draw(sheet)
        for i, (tile, lines) in enumerate(zip(tiles, captions, strict=True)):
            x, y = _MARGIN + i % columns * across, _MARGIN + i // columns * down
            for j, line in enumerate(lines):
                draw.text((x, y + height + _LINE * (j + 0.5)), line, "black", font, anchor="lm")
            for picture in tile:
                sheet.paste(picture, (x, y))
                x += picture.width + 2
        return sheet

    def save(self, path):
        """Write the sheet as a PNG, whole or not at all.

        Raises:
            UsageError: the file cannot be written.
        """
        try:
            with written_whole(path) as temporary:
                self.to_image().save(temporary, format="PNG")
        except OSError as error:
            raise from_os_error(f"Cannot write {path}", error) from error


def enlarged(image):
    """An image whose sides are at least two thirds of `CELL`, each pixel a square.

    Example:
    >>> enlarged(np.zeros((8, 8, 1), "uint8")).shape
    (96, 96, 1)
    """
    factor = max(1, round(CELL / max(image.shape[:2])))
    return np.repeat(np.repeat(image, factor, axis=0), factor, axis=1)


def displayable(image):
    """An image as uint8, `(height, width, 3)` or `(height, width, 1)`; other channels are averaged."""
    image = np.clip(np.rint(np.asarray(image, "float32")), 0, 255)
    if image.shape[-1] not in (1, 3):
        image = image.mean(axis=-1, keepdims=True)
    return image.astype("uint8")


def heated(image, heat, part=None):
    """An image under a map of heat, which is scaled to its own maximum.

    Args:
        image: uint8 `(height, width, channels)`.
        heat: `(rows, columns)`, not negative; stretched over the part by bilinear interpolation.
        part: (top, bottom, left, right) of the image in pixels; all of it unless given.

    Returns:
        uint8 `(height, width, 3)` of the image, enlarged.

    Example:
    >>> heated(np.zeros((32, 32, 1), "uint8"), np.eye(4)).shape
    (96, 96, 3)
    """
    import matplotlib as mpl
    from PIL import Image

    height, width = image.shape[:2]
    top, bottom, left, right = part or (0, height, 0, width)
    large = enlarged(displayable(image)).astype("float32")
    if large.shape[-1] == 1:
        large = large.repeat(3, axis=-1)
    scale = len(large) // height
    heat = np.asarray(heat, "float32") / (np.max(heat) or 1)
    size = ((right - left) * scale, (bottom - top) * scale)
    stretched = np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BILINEAR))
    colours = mpl.colormaps["inferno"](stretched)[..., :3] * 255
    grey = large.mean(axis=-1, keepdims=True).repeat(3, axis=-1)
    covered = slice(top * scale, bottom * scale), slice(left * scale, right * scale)
    # Half the image in grey, so that colours are the map's; what no map covers is darker.
    result = 0.35 * grey
    result[covered] = 0.4 * grey[covered] + 0.6 * colours
    return np.rint(result).astype("uint8")


def _png(image):
    file = io.BytesIO()
    _as_picture(image).save(file, format="PNG", optimize=True)
    return file.getvalue()


def _as_picture(image):
    from PIL import Image

    return Image.fromarray(image if image.shape[-1] == 3 else image[..., 0])


def _wrapped(caption, font, width):
    """The caption in lines that are no wider than so many pixels, as far as its words allow."""
    lines = [""] if caption else []
    for word in caption.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
