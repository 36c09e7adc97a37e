"""What a network does: what it costs and sees, what it gets right, where it looks.

describe             output, weights, receptive field and cost of every layer
fully_convolutional  a network for one image size, for all larger ones
confusion_matrix     which class is taken for which
top_k_accuracy       how often the label is among the likeliest classes
calibration          whether probabilities are what they say (reliability_diagram: as a picture)
confident_mistakes   the errors that it is surest of (mistake_gallery: as pictures)
grad_cam             what in an image speaks for a class, to a convolutional network
first_filters        what the first layer looks for (filter_gallery: as pictures)
embeddings           what the last layer is given (embedding_map, draw_embedding: as points)
look_inside          all of these that apply, as pictures
attention_maps       where a vision transformer looks (attention_rollout: the matrices alone)
contact_sheet        images beside what an augmentation makes of them
backpropagate        loss and gradients of a small network by hand, in NumPy
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.inspection.arithmetic import describe  # noqa: E402
from kerasdl.inspection.backpropagation import backpropagate  # noqa: E402
from kerasdl.inspection.calibration import Calibration, calibration, reliability_diagram  # noqa: E402
from kerasdl.inspection.confusion import confusion_matrix  # noqa: E402
from kerasdl.inspection.contact_sheets import contact_sheet  # noqa: E402
from kerasdl.inspection.convolutional_form import fully_convolutional  # noqa: E402
from kerasdl.inspection.description import Description, Row  # noqa: E402
from kerasdl.inspection.embedding import (  # noqa: E402
    draw_embedding,
    embedding_map,
    embeddings,
)
from kerasdl.inspection.first_filters import filter_gallery, first_filters  # noqa: E402
from kerasdl.inspection.grad_cam import grad_cam  # noqa: E402
from kerasdl.inspection.inside import OutputLook, Picture, look_inside  # noqa: E402
from kerasdl.inspection.mistakes import confident_mistakes, mistake_gallery  # noqa: E402
from kerasdl.inspection.rollout import attention_maps, attention_rollout  # noqa: E402
from kerasdl.inspection.top_k import top_k_accuracy  # noqa: E402

__all__ = [
    "Calibration",
    "Description",
    "OutputLook",
    "Picture",
    "Row",
    "attention_maps",
    "attention_rollout",
    "backpropagate",
    "calibration",
    "confident_mistakes",
    "confusion_matrix",
    "contact_sheet",
    "describe",
    "draw_embedding",
    "embedding_map",
    "embeddings",
    "filter_gallery",
    "first_filters",
    "fully_convolutional",
    "grad_cam",
    "look_inside",
    "mistake_gallery",
    "reliability_diagram",
    "top_k_accuracy",
]
