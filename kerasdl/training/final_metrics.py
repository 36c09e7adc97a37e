"""Loss and metrics of a trained network, with and without test-time augmentation."""

from kerasdl.training.averaged_views import with_averaged_views
from kerasdl.training.network import compile_losses


def final_metrics(experiment, network):
    """Loss and metrics of `network` on the test and the validation part.

    Args:
        experiment: the experiment.
        network: compiled.

    Returns:
        Dictionary of part to dictionary of quantity to value. With test-time augmentation
        `test_augmented` and `validation_augmented` stand beside `test` and `validation`.
    """
    networks = {"": network}
    if name := experiment.recipe.test_time_augmentation:
        networks["_augmented"] = with_averaged_views(network, name, experiment.input_shape)
        compile_losses(networks["_augmented"], experiment)
    return {
        part + suffix: each.evaluate(
            experiment.evaluation_batches(part), verbose=0, return_dict=True
        )
        for suffix, each in networks.items()
        for part in ("test", "validation")
        if getattr(experiment.dataset, part) is not None
    }
