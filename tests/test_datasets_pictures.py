"""Pictures that are none, that are damaged, or that would take memory or time without end."""

import io
import os
import re
import struct
import warnings
import zlib

import numpy as np
import pytest
from memory import memory_below
from PIL import Image

from kerasdl.datasets import DataError, from_folder, read_image

pytestmark = pytest.mark.no_backend

MB = 2**20
PIXELS = np.random.default_rng(0).integers(256, size=(16, 16, 3), dtype="uint8")


def encoded(kind, **options):
    """A small picture as the bytes of a file."""
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, kind, **options)
    return file.getvalue()


def chunk(kind, content):
    """A chunk of a PNG, with its checksum (RFC 2083, section 3.2)."""
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png(width, height, *chunks, pixels=b""):
    """A PNG in RGB, with further chunks before its pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def refused(path, content=None):
    """The sentence that a picture is refused with; nothing else is shown."""
    if content is not None:
        path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError) as error:
            read_image(path)
    sentence = str(error.value)
    assert path.name in sentence or not path.name.isprintable()
    assert sentence.isprintable()
    return sentence


def read_or_refused(path):
    """The pixels, or `None` after checking the sentence that they are refused with."""
    try:
        return read_image(path)
    except DataError as error:
        sentence = str(error)
    assert str(path) in sentence
    assert sentence.isprintable()
    return None


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("kind", ["EPS", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "PDF", "DDS"])
def test_no_other_format_is_opened(tmp_path, monkeypatch, kind, suffix):
    """Whatever a file is called; EPS would start Ghostscript on it."""
    monkeypatch.setattr("subprocess.Popen", None)
    content = EPS if kind == "EPS" else encoded(kind)
    path = tmp_path / f"picture.{suffix}"
    assert refused(path, content).endswith("as a picture: it is neither PNG nor JPEG.")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_png_and_jpeg_are_what_they_are_whatever_they_are_called(tmp_path, kind):
    path = tmp_path / "picture.bin"
    path.write_bytes(encoded(kind))
    np.testing.assert_array_equal(read_image(path), np.asarray(Image.open(path)))


def test_two_pictures_of_a_phone_in_one_jpeg(tmp_path):
    """MPO (CIPA DC-007) begins with a JPEG, which is the picture."""
    file = tmp_path / "stereo.jpg"
    Image.fromarray(PIXELS).save(
        file, "MPO", save_all=True, append_images=[Image.fromarray(255 - PIXELS)]
    )
    with Image.open(io.BytesIO(encoded("JPEG"))) as first:
        np.testing.assert_array_equal(read_image(file), np.asarray(first))


@pytest.mark.parametrize(
    ("width", "height"),
    [(7072, 7072), (10_000, 10_000), (13_400, 13_400), (60_000, 60_000), (2**31 - 1, 1)],
    ids=str,
)
def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path, width, height):
    """Pillow warns of 89 million and refuses twice as many; it would find no pixels in here."""
    sentence = refused(tmp_path / "large.png", png(width, height))
    assert sentence.endswith(
        "large.png should have at most 50,000,000 pixels; it has more: make it smaller first."
    )


def test_as_many_pixels_as_may_be_are_decoded(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png(7071, 7071))
    assert "cannot be read as a picture: " in refused(path)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_text_and_profile_of_a_png_do_not_unfold_without_end(tmp_path, kind):
    """A hundred kilobytes that unfold to a hundred million (PNG specification, 4.2)."""
    begin = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[kind]
    packed = zlib.compress(bytes(100 * MB), 9)
    path = tmp_path / "text.png"
    content = chunk(kind, begin + packed)
    path.write_bytes(png(4, 4, content, pixels=(b"\0" + bytes(12)) * 4))
    with memory_below(10 * MB):
        read_or_refused(path)


def test_progressive_jpeg_of_endless_scans_is_refused(tmp_path):
    """Each passes over the whole picture: a megabyte of them takes minutes."""
    content = encoded("JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    scan = content[last:-2]
    path = tmp_path / "scans.jpg"
    path.write_bytes(content[:last] + scan * 900 + content[-2:])
    assert read_image(path).shape == PIXELS.shape  # which is harmless
    sentence = refused(path, content[:last] + scan * 1001 + content[-2:])
    assert "scans.jpg should have at most 1,000 scans" in sentence


def test_larger_file_than_any_picture_is_not_read(tmp_path):
    path = tmp_path / "huge.png"
    path.write_bytes(encoded("PNG"))
    with path.open("r+b") as file:
        file.truncate(2**40)  # takes no room
    assert "should be a picture of at most 134,217,728 bytes" in refused(path)


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    for name in ("pipe.png", "folder.png", "zero.png"):
        sentence = f"{tmp_path / name} should be a picture; it is no regular file."
        assert refused(tmp_path / name) == sentence
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.png").symlink_to(tmp_path / "circle.png")
    for name in ("missing.png", "dangling.png"):
        assert refused(tmp_path / name).endswith("as a picture: No such file or directory.")
    assert "circle.png" in refused(tmp_path / "circle.png")
    assert "File name too long" in refused(tmp_path / ("a" * 300 + ".png"))
    assert re.search("null (byte|character)", refused(tmp_path / "a\0.png"))  # by version of Python


def test_warnings_of_pillow_are_not_shown(tmp_path):
    """About a palette with transparent entries, which is read as it should be."""
    path = tmp_path / "palette.png"
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putdata([0, 1])
    picture.save(path, transparency=bytes([255, 0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(path).tolist() == [[[255, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_damaged_pictures_are_read_or_refused(tmp_path, kind):
    """Cut at any place, and one byte changed at any place: pixels of the right shape, or a sentence.

    A JPEG has no checksum, so that a changed one may be another picture.
    """
    whole = encoded(kind, **({"progressive": True} if kind == "JPEG" else {}))
    generator = np.random.default_rng(1)
    path = tmp_path / "picture.png"
    for _ in range(150):
        content = bytearray(whole)
        at = int(generator.integers(len(whole)))
        if generator.random() < 0.4:
            del content[at:]
        else:
            content[at] ^= int(generator.integers(1, 256))
        path.write_bytes(content)
        image = read_or_refused(path)
        if image is not None:
            assert image.dtype == "uint8"
            assert image.ndim == 3
            if kind == "PNG" and image.shape == PIXELS.shape:
                np.testing.assert_array_equal(image, PIXELS)


@pytest.fixture
def folder(tmp_path):
    """Ten pictures of each of two classes."""
    for name in ("red", "green"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(10):
            Image.new("RGB", (4, 4), name).save(tmp_path / "pictures" / name / f"{i}.png")
    return tmp_path / "pictures"


def test_what_is_no_picture_in_a_folder_is_named(folder):
    os.mkfifo(folder / "red" / "pipe.png")
    (folder / "red" / "folder.png").mkdir()
    (folder / "red" / "eps.png").write_bytes(EPS)
    with pytest.raises(DataError) as error:
        from_folder(folder)
    sentences = str(error.value)
    assert f"{folder / 'red' / 'pipe.png'} should be a picture; it is no regular file." in sentences
    assert f"{folder / 'red' / 'folder.png'} should be a picture; it is no" in sentences
    assert f"{folder / 'red' / 'eps.png'} cannot be read as a picture: it is neither" in sentences


@pytest.mark.parametrize(
    "name", ["a b.png", "-rf.png", "<b>.png", "é日本\U0001f600.png", "%s{0}.png"]
)
def test_pictures_of_any_name_are_read(folder, name):
    (folder / "red" / "0.png").rename(folder / "red" / name)
    data = from_folder(folder)
    assert len(data.train) + len(data.test) == 20


@pytest.mark.parametrize("name", [b"a\nb", b"a\x1b[31m", b"latin-\xe9"])
def test_names_that_would_break_a_line_or_a_file_are_written_out(folder, name):
    """A file's is shown so in its sentence; a class's, which goes into every page, is refused."""
    inside = os.fsencode(folder / "red")
    os.rename(inside + b"/0.png", inside + b"/" + name + b".png")
    assert len(from_folder(folder, name="mine").train) == 16
    with open(inside + b"/" + name + b".png", "wb") as file:
        file.write(EPS)
    with pytest.raises(DataError, match="is neither PNG nor JPEG") as error:
        from_folder(folder)
    assert str(error.value).isprintable()
    os.unlink(inside + b"/" + name + b".png")
    os.rename(inside, os.fsencode(folder) + b"/" + name)
    with pytest.raises(DataError, match="named without control characters, in UTF-8") as error:
        from_folder(folder)
    assert str(error.value).isprintable()
    os.rename(os.fsencode(folder) + b"/" + name, inside)
    other = os.fsencode(folder.parent) + b"/" + name
    os.rename(os.fsencode(folder), other)
    data = from_folder(os.fsdecode(other))
    assert data.name.isprintable()
    assert data.source.isprintable()


@pytest.mark.parametrize("size", [0, -1, 1.5, (4, 4, 4), (4, 0), (), "8", True])
def test_sizes_that_are_none_are_refused(folder, size):
    with pytest.raises(DataError, match=r"image_size should be \(height, width\) in pixels"):
        from_folder(folder, image_size=size)


def test_sizes_may_be_numbers_of_numpy(folder):
    assert from_folder(folder, image_size=np.int64(3)).train.x.shape[1:] == (3, 3, 3)
