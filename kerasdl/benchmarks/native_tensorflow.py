"""Augmentation as one writes it by hand in TensorFlow, for whole batches, by `tf.image` where it can.

Images are float32 `(batch, 32, 32, 3)`, levels from 0 to 255; what is drawn is what the cases of
`augmentation_cases` draw, once for each image.
"""

import math

import tensorflow as tf


def pad_crop(images):
    """A window of each image with 4 black pixels around it; `tf.image.random_crop` takes one image."""
    batch, size = images.shape[0], 32
    offset = tf.random.uniform((batch, 2, 1), 0, 9, "int32") + tf.range(size)
    padded = tf.pad(images, ((0, 0), (4, 4), (4, 4), (0, 0)))
    rows = tf.gather(padded, offset[:, 0], axis=1, batch_dims=1)
    return tf.gather(rows, offset[:, 1], axis=2, batch_dims=1)


def flip(images):
    """The images or their mirror images."""
    return tf.image.random_flip_left_right(images)


def rotate(images):
    """A rotation by up to 15 degrees, bilinear, black outside."""
    limit = math.radians(15)
    angle = tf.random.uniform((images.shape[0],), -limit, limit)
    cos, sin, zero, middle = tf.cos(angle), tf.sin(angle), tf.zeros(images.shape[0]), 15.5
    right = middle - cos * middle + sin * middle
    down = middle - sin * middle - cos * middle
    matrix = tf.stack((cos, -sin, right, sin, cos, down, zero, zero), axis=1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=matrix,
        output_shape=(32, 32),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )


def colour(images):
    """Brightness and contrast, then saturation and hue in HSV; `tf.image.adjust_hue` takes a number."""
    factors = tf.random.uniform((3, images.shape[0], 1, 1, 1), 0.8, 1.2)
    hue = tf.random.uniform((images.shape[0], 1, 1), -0.1, 0.1)
    images = tf.clip_by_value(images * factors[0], 0, 255)
    mean = tf.reduce_mean(tf.image.rgb_to_grayscale(images), axis=(1, 2, 3), keepdims=True)
    images = tf.clip_by_value(mean + factors[1] * (images - mean), 0, 255)
    grey = tf.image.rgb_to_grayscale(images)
    images = tf.clip_by_value(grey + factors[2] * (images - grey), 0, 255)
    turned, saturation, value = tf.unstack(tf.image.rgb_to_hsv(images / 255), axis=-1)
    turned = tf.math.floormod(turned + hue, 1)
    return 255 * tf.image.hsv_to_rgb(tf.stack((turned, saturation, value), axis=-1))


def erase(images):
    """A black rectangle of 2 to 33 % of the image, of every second image."""
    unit = tf.random.uniform((5, images.shape[0], 1))
    area = 32 * 32 * (0.02 + 0.31 * unit[1])
    ratio = tf.exp(math.log(0.3) + math.log(11) * unit[2])
    tall = tf.clip_by_value(tf.round(tf.sqrt(area * ratio)), 1, 32)
    wide = tf.clip_by_value(tf.round(tf.sqrt(area / ratio)), 1, 32)
    top, left = tf.floor(unit[3] * (33 - tall)), tf.floor(unit[4] * (33 - wide))
    position = tf.range(32, dtype="float32")
    rows = (position >= top) & (position < top + tall) & (unit[0] < 0.5)
    columns = (position >= left) & (position < left + wide)
    inside = rows[:, :, None, None] & columns[:, None, :, None]
    return tf.where(inside, 0.0, images)


def noise(images):
    """Normal noise of a deviation of 12.75 levels."""
    noisy = images + tf.random.normal(tf.shape(images), stddev=12.75)
    return tf.clip_by_value(noisy, 0, 255)


def prepared(name, images, jit):
    """A function that augments `images` once by the function of this name, and waits."""
    images = tf.convert_to_tensor(images)
    step = tf.function(globals()[name], jit_compile=jit, autograph=False)
    return lambda: step(images).numpy()
