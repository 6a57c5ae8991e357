"""One text's prediction, and the model version noted for the metrics."""

from opine_reviews.problems import invalid_field
from opine_reviews.schemas.answers import PredictionsAnswer
from opine_reviews.schemas.requests import Explain
from opine_reviews.services import services


def predict(text: str, *, explain: Explain) -> PredictionsAnswer:
    """Ask the sentiment service.

    Raises:
        Problem: 422 for a text that cannot be scored, 503 while the service is away, 504 if time ran out.
    """
    own = services()
    if len(text) > own.settings.max_text_length:
        raise invalid_field("text", f"has {len(text)} code points; at most {own.settings.max_text_length} may be")
    answer = own.sentiment.predict(text, explain=explain)
    own.known_versions.add(answer.model.version)
    return answer
