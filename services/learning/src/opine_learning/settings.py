"""What the environment decides; nothing else in this service reads it."""

from functools import cache
from pathlib import Path
from typing import Literal

from opine_common.settings import read_settings_or_exit
from pydantic import AnyHttpUrl, Field, NonNegativeFloat, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from opine_learning.judge import Policy
from opine_learning.training_policy import TrainingPolicy

_DEFAULT = Policy()
_TRAINING = TrainingPolicy()


class Settings(BaseSettings):
    """Settings of the learning service, each `OPINE_LEARNING_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="OPINE_LEARNING_", frozen=True, hide_input_in_errors=True)

    reviews_url: AnyHttpUrl = Field(default=AnyHttpUrl("http://127.0.0.1:5000"), description="the reviews API")
    registry_token: SecretStr = Field(description="its registry token")
    sentiment_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://127.0.0.1:3000"),
        description="the sentiment service; each address of its name is asked",
    )
    timeout_s: PositiveFloat = Field(default=10, description="seconds in which each question must be answered")
    actor: str = Field(default="learning", min_length=1, max_length=100, description="who decides, in the history")

    shadow_comparisons: PositiveInt = Field(
        default=_DEFAULT.shadow_comparisons, description="texts that a shadow must have scored"
    )
    max_label_flips: float = Field(
        default=_DEFAULT.max_label_flips, ge=0, le=1, description="share of them that may get another label"
    )
    min_stage_s: NonNegativeFloat = Field(
        default=_DEFAULT.min_stage_s, description="seconds that each stage lasts at least"
    )
    min_reviews: PositiveInt = Field(
        default=_DEFAULT.min_reviews, description="reviews with the candidate's proposal, before more people see it"
    )
    max_reviews: PositiveInt = Field(
        default=_DEFAULT.max_reviews,
        description="reviews with each version's proposal, after which a candidate that proved nothing is taken back",
    )
    margin: float = Field(
        default=_DEFAULT.margin,
        gt=0,
        lt=1,
        description="a rate of corrected proposals that is higher by less is as good",
    )
    alpha: float = Field(
        default=_DEFAULT.alpha,
        gt=0,
        lt=1,
        description="chance that a worse version is promoted, or a good one taken back",
    )
    max_failed: float = Field(
        default=_DEFAULT.max_failed, ge=0, lt=1, description="share of failed requests beyond the live version's"
    )
    max_slow: float = Field(
        default=_DEFAULT.max_slow, ge=0, lt=1, description="share of slow requests beyond the live version's"
    )

    max_past_flips: float = Field(
        default=0.15, ge=0, le=1, description="share of stored reviews that may get another label from a candidate"
    )
    training: Literal["off", "process", "job"] = Field(
        default="off", description="how a version learns: as a process of this machine, as a Job of the cluster, or not"
    )
    training_labels: PositiveInt = Field(
        default=_TRAINING.labels, description="new reviews with a proposal after which the live version learns"
    )
    training_drift_labels: PositiveInt = Field(
        default=_TRAINING.drift_labels, description="the same while the language drifts"
    )
    training_pause_s: NonNegativeFloat = Field(
        default=_TRAINING.pause_s, description="seconds after a training before the next one"
    )
    training_limit_s: PositiveFloat = Field(
        default=_TRAINING.limit_s, description="seconds after which a training is given up"
    )
    training_python: str = Field(
        default="", description="Python with PyTorch and opine-training, for processes; empty: this one"
    )
    training_arguments: str = Field(
        default="", description="more arguments of `opine_training cycle` for processes, such as `--margin 0.02`"
    )
    training_dir: Path = Field(default=Path("runs"), description="folder of their runs")
    training_database_url: SecretStr = Field(
        default=SecretStr(""), description="where they read reviews, as the role `opine_analysis`"
    )
    kubernetes_training_cron_job: str = Field(
        default="opine-training", description="the CronJob that Jobs are made from"
    )
    kubernetes_namespace: str = Field(
        default="", description="where decisions become Events of the cluster; empty: nowhere"
    )
    kubernetes_cron_job: str = Field(default="opine-learning", description="the CronJob that the Events are about")
    log_json: bool = Field(default=True, description="JSON log lines; `false` for lines to read")

    @property
    def training_policy(self) -> TrainingPolicy:
        return TrainingPolicy(
            **{name: getattr(self, f"training_{name}") for name in TrainingPolicy.__dataclass_fields__}
        )

    @property
    # By name: a bound of the policy that has no setting fails at once.
    def policy(self) -> Policy:
        return Policy(**{name: getattr(self, name) for name in Policy.__dataclass_fields__})


@cache
def get_settings() -> Settings:
    return read_settings_or_exit(Settings, "opine-learning")
