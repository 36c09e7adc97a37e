"""What a network does: what it costs and sees, what it gets right, where it looks.

describe             output, weights, receptive field and cost of every layer
fully_convolutional  a network for one image size, for all larger ones
confusion_matrix     which class is taken for which
attention_maps       where a vision transformer looks (attention_rollout: the matrices alone)
contact_sheet        images beside what an augmentation makes of them
backpropagate        loss and gradients of a small network by hand, in NumPy
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.inspection.arithmetic import describe  # noqa: E402
from kerasdl.inspection.backpropagation import backpropagate  # noqa: E402
from kerasdl.inspection.confusion import confusion_matrix  # noqa: E402
from kerasdl.inspection.contact_sheets import contact_sheet  # noqa: E402
from kerasdl.inspection.convolutional_form import fully_convolutional  # noqa: E402
from kerasdl.inspection.description import Description, Row  # noqa: E402
from kerasdl.inspection.rollout import attention_maps, attention_rollout  # noqa: E402

__all__ = [
    "Description",
    "Row",
    "attention_maps",
    "attention_rollout",
    "backpropagate",
    "confusion_matrix",
    "contact_sheet",
    "describe",
    "fully_convolutional",
]
