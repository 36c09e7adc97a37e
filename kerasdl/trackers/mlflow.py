"""MLflow: a server, a database such as `sqlite:///mlflow.db`, or a folder."""

import os
import time

NEEDS = ("mlflow",)
TARGET = "a tracking URI; without it, that of MLFLOW_TRACKING_URI, or MLflow's own default"
STATUS = {"finished": "FINISHED", "diverged": "FINISHED", "interrupted": "KILLED"}
LONGEST = 6000  # characters of a parameter that MLflow takes
# A server that does not answer keeps the training waiting for so long, once; what MLflow says of the
# tables of its database is no news of the training. The user's own values stand.
ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


class Tracker:
    """A run of the experiment that is named after the recipe.

    Args:
        target: the tracking URI, or `""`.
        run: the `TrackedRun`.
    """

    def __init__(self, target, run):
        for variable, value in ENVIRONMENT.items():
            os.environ.setdefault(variable, value)
        from mlflow import MlflowClient

        self._client, self._run = MlflowClient(target or None), run

    def begin(self, identity, first_epoch):
        """Begin a run, or go on with the one of that identity if it is still there."""
        self._id = identity if identity and self._reopened(identity) else self._created()
        return self._id

    def log(self, epoch, values):
        """A metric for each column, with its name, at the step of the epoch; the last one counts."""
        from mlflow.entities import Metric

        now = round(time.time() * 1000)
        metrics = [Metric(name, value, now, epoch) for name, value in values.items()]
        self._client.log_batch(self._id, metrics=metrics)

    def picture(self, name, path):
        """A file among the artifacts, in `pictures`."""
        self._client.log_artifact(self._id, str(path), "pictures")

    def artifact(self, path):
        """A file among the artifacts."""
        self._client.log_artifact(self._id, str(path))

    def end(self, status):
        """Close the run."""
        self._client.set_tag(self._id, "status", status)
        self._client.set_terminated(self._id, STATUS.get(status, "FAILED"))

    def _created(self):
        from mlflow.entities import Param

        run = self._run
        found = self._client.get_experiment_by_name(run.recipe)
        experiment = found.experiment_id if found else self._client.create_experiment(run.recipe)
        created = self._client.create_run(experiment, run_name=run.name).info.run_id
        parameters = [Param(key, str(value)[:LONGEST]) for key, value in run.settings.items()]
        for first in range(0, len(parameters), 100):  # as many as MLflow takes at a time
            self._client.log_batch(created, params=parameters[first : first + 100])
        return created

    def _reopened(self, identity):
        """Whether the run is there, which then runs again."""
        from mlflow.exceptions import MlflowException

        try:
            self._client.update_run(identity, status="RUNNING")
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False
        return True
