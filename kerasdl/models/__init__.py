"""Functional builders, one family a file, in the style of `keras.applications`.

Every builder takes `input_shape`, `classes`, `classifier_activation` and `name`
first; what makes up the architecture is keyword-only. `preprocessing` layers
(augmentation, rescaling, normalization) become the first layers of the model,
so that a saved model takes raw images.
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.models.cifar_net import CIFARNet  # noqa: E402
from kerasdl.models.cnn import CNN  # noqa: E402
from kerasdl.models.mlp import MLP  # noqa: E402
from kerasdl.models.resnet import ResNet18  # noqa: E402
from kerasdl.models.two_tower import TwoTowerCNN  # noqa: E402
from kerasdl.models.vit import ViT  # noqa: E402

__all__ = ["CNN", "MLP", "CIFARNet", "ResNet18", "TwoTowerCNN", "ViT"]
