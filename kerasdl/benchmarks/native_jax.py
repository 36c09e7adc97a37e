"""Augmentation as one writes it by hand in JAX: a function of a key and one image, under `vmap`.

Images are float32 `(32, 32, 3)`, levels from 0 to 255; what is drawn is what the cases of
`augmentation_cases` draw.
"""

import jax
import jax.numpy as jnp

LUMA = (0.299, 0.587, 0.114)


def pad_crop(key, image):
    """A window of an image with 4 black pixels around it."""
    top, left = jax.random.randint(key, (2,), 0, 9)
    padded = jnp.pad(image, ((4, 4), (4, 4), (0, 0)))
    return jax.lax.dynamic_slice(padded, (top, left, 0), image.shape)


def flip(key, image):
    """The image or its mirror image."""
    return jnp.where(jax.random.bernoulli(key), image[:, ::-1], image)


def rotate(key, image):
    """A rotation by up to 15 degrees, bilinear, black outside."""
    angle = jnp.deg2rad(jax.random.uniform(key, minval=-15, maxval=15))
    height, width, _ = image.shape
    y, x = jnp.mgrid[:height, :width]
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    rows = sin * x + cos * y + (height - 1) / 2
    columns = cos * x - sin * y + (width - 1) / 2

    def plane(levels):
        return jax.scipy.ndimage.map_coordinates(levels, (rows, columns), order=1)

    return jax.vmap(plane, in_axes=-1, out_axes=-1)(image)


def colour(key, image):
    """Brightness, contrast, saturation and hue."""
    low, high = jnp.array((0.8, 0.8, 0.8, -0.1)), jnp.array((1.2, 1.2, 1.2, 0.1))
    brightness, contrast, saturation, hue = jax.random.uniform(key, (4,), minval=low, maxval=high)
    image = jnp.clip(image * brightness, 0, 255)
    mean = (image @ jnp.array(LUMA)).mean()
    image = jnp.clip(mean + contrast * (image - mean), 0, 255)
    grey = (image @ jnp.array(LUMA))[..., None]
    image = jnp.clip(grey + saturation * (image - grey), 0, 255)
    value, least = image.max(axis=-1), image.min(axis=-1)
    chroma = value - least
    scale = 1 / jnp.maximum(chroma, 1e-12)
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    sixths = jnp.where(
        value == red,
        (green - blue) * scale,
        jnp.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale),
    )
    k = jnp.mod(jnp.array((5.0, 3.0, 1.0)) + (sixths + 6 * hue)[..., None], 6)
    return value[..., None] - chroma[..., None] * jnp.clip(jnp.minimum(k, 4 - k), 0, 1)


def erase(key, image):
    """A black rectangle of 2 to 33 % of the image, of every second image."""
    height, width, _ = image.shape
    unit = jax.random.uniform(key, (5,))
    area = height * width * (0.02 + 0.31 * unit[1])
    ratio = jnp.exp(jnp.log(0.3) + jnp.log(11.0) * unit[2])
    tall = jnp.clip(jnp.round(jnp.sqrt(area * ratio)), 1, height)
    wide = jnp.clip(jnp.round(jnp.sqrt(area / ratio)), 1, width)
    top, left = jnp.floor(unit[3] * (height - tall + 1)), jnp.floor(unit[4] * (width - wide + 1))
    y, x = jnp.arange(height)[:, None], jnp.arange(width)
    inside = (y >= top) & (y < top + tall) & (x >= left) & (x < left + wide) & (unit[0] < 0.5)
    return jnp.where(inside[..., None], 0, image)


def noise(key, image):
    """Normal noise of a deviation of 12.75 levels."""
    return jnp.clip(image + 12.75 * jax.random.normal(key, image.shape), 0, 255)


def prepared(name, images):
    """A function that augments `images` once by the function of this name, and waits."""
    one = globals()[name]

    @jax.jit
    def step(key, images):
        key, *_ = keys = jax.random.split(key, len(images) + 1)
        return key, jax.vmap(one)(keys[1:], images)

    images = jnp.asarray(images)
    held = [jax.random.key(0)]

    def run():
        held[0], out = step(held[0], images)
        jax.block_until_ready(out)

    return run
