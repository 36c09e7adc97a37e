"""Every unmarked test runs on whichever backend KERAS_BACKEND names."""

import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is first imported


@pytest.fixture(scope="session")
def data_dir():
    """The folder of published data sets; tests that use it are marked `data`."""
    folder = os.environ.get("KERASDL_DATA")
    if not folder:
        pytest.skip("KERASDL_DATA is not set")
    return folder
