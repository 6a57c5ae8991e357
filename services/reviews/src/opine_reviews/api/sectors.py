from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from opine_reviews.api.answers import json_answer, problems
from opine_reviews.schemas.answers import SectorAnswer, SectorList
from opine_reviews.sectors import list_sectors
from opine_reviews.services import services

sectors = APIBlueprint("sectors", __name__, url_prefix="/api/v1")


@sectors.get("/sectors", responses={200: SectorList, **problems(503)})
def get_sectors() -> Response:
    """The brands' sectors by name."""
    with services().database.transaction() as session:
        found = list_sectors(session)
    items = [SectorAnswer(sector=one.sector, brand_count=one.brand_count) for one in found]
    return json_answer(SectorList(items=items))
