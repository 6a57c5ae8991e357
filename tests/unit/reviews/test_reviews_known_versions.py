from opine_reviews.metrics import KnownVersions


def test_only_versions_that_the_service_named_are_labels() -> None:
    versions = KnownVersions()
    assert versions.label("1.0.0") == "other"
    versions.add("1.0.0")
    assert versions.label("1.0.0") == "1.0.0"
    assert versions.label("6.6.6") == "other"
    assert versions.label(None) == "none"


def test_the_oldest_goes_so_that_labels_stay_few() -> None:
    versions = KnownVersions(most=2)
    for version in ("1", "2", "2", "3"):
        versions.add(version)
    assert [versions.label(version) for version in ("1", "2", "3")] == ["other", "2", "3"]
