"""Publishes the version in VERSION to an OCI registry: images, the model, and a chart that names them by digest.

    make release VERSION=0.2.0 REGISTRY=ghcr.io/you ARGS="--platform linux/amd64 --platform linux/arm64 --sign keyless"

Everything is pushed before the chart, and a version whose chart is there is not published again: what was cut off is
repeated, what is complete stays. Needs buildah, Helm and syft, which `make` brings; cosign to sign. All four read the
registry's password from ~/.docker/config.json. What was published is left in dist/release: the chart, an SBOM (SPDX) of
each image, and checksums.txt with every digest.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHART = ROOT / "charts/opine"
MODEL = "services/sentiment/model"
COMPONENTS = ("sentiment", "reviews", "frontend", "learning", "scraping", "training")
KEYLESS = "keyless"


class ReleaseError(Exception):
    """The release cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Published:
    name: str
    reference: str
    digest: str

    @property
    def pinned(self) -> str:
        return f"{self.reference.rpartition(':')[0]}@{self.digest}"


@dataclass(frozen=True)
class Registry:
    address: str
    plain_http: bool

    def push_image(self, name: str, tag: str, images: list[str]) -> Published:
        """Push one image, or one for each platform, as an index under one tag."""
        reference = f"{self.address}/opine/{name}:{tag}"
        with manifest(images) as index, tempfile.NamedTemporaryFile("r") as digest:
            tls = ["--tls-verify=false"] if self.plain_http else []
            where = ["--digestfile", digest.name, index, f"docker://{reference}"]
            run("buildah", "manifest", "push", "--all", *tls, *where)
            return Published(name, reference, digest.read().strip())

    def push_model(self, version: str) -> Published:
        reference = f"{self.address}/opine/model:{version}"
        plain = {"PLAIN_HTTP": "true"} if self.plain_http else {}
        printed = run("k8s/images/model", MODEL, reference, BUILDER="buildah", **plain)
        return Published("model", reference, digest_in(r"@(sha256:[0-9a-f]{64})$", printed))

    def push_chart(self, archive: Path, version: str) -> Published:
        printed = run("helm", "push", str(archive), f"oci://{self.address}/charts", *self.helm_options)
        return Published("chart", f"{self.chart}:{version}", digest_in(r"^Digest: (sha256:[0-9a-f]{64})$", printed))

    @property
    def chart(self) -> str:
        return f"{self.address}/charts/opine"

    @property
    def helm_options(self) -> list[str]:
        return ["--plain-http"] if self.plain_http else []

    def has_chart(self, version: str) -> bool:
        command = ["helm", "show", "chart", f"oci://{self.chart}", "--version", version, *self.helm_options]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(*command: str, **environment: str) -> str:
    """What it prints, on either stream.

    Raises:
        ReleaseError: it failed.
    """
    sys.stderr.write(f"  {' '.join(command)}\n")
    env = {**os.environ, **environment}  # noqa: TID251  handed on to programs
    done = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout + done.stderr


def digest_in(pattern: str, printed: str) -> str:
    found = re.search(pattern, printed, re.MULTILINE)
    if found is None:
        raise ReleaseError(f"No digest was named after the push:\n{printed}")
    return found[1]


@contextmanager
def manifest(images: list[str]) -> Iterator[str]:
    index = f"localhost/opine-release:{os.getpid()}"
    run("buildah", "manifest", "create", index, *images)
    try:
        yield index
    finally:
        run("buildah", "manifest", "rm", index)


def build(component: str, platforms: list[str], *, cuda: bool = False) -> list[str]:
    """Images of the local store, one a platform."""
    variant = ["--variant", "cuda"] if cuda else []
    names = []
    for options in [["--platform", platform] for platform in platforms] or [[]]:
        try:
            printed = run("k8s/images/build", *variant, *options, component, BUILDER="buildah")
        except ReleaseError as error:
            if not options:
                raise
            raise ReleaseError(
                f"{error}\nTo build for {options[1]}, this machine needs the base image for it and QEMU's emulation "
                "(Debian, Ubuntu: apt-get install qemu-user-static), or leave that --platform out."
            ) from error
        names.append(printed.splitlines()[-1])
    return names


def write_sbom(image: Published, file: Path, version: str, *, plain_http: bool) -> None:
    """Debian's and Python's packages in the image, as SPDX, read from the registry."""
    source = ["--source-name", f"opine/{image.name}", "--source-version", version]
    insecure = "true" if plain_http else "false"
    run(
        "syft", "scan", "--quiet", f"registry:{image.pinned}", *source, "--output", f"spdx-json={file}",
        SYFT_REGISTRY_INSECURE_USE_HTTP=insecure, SYFT_CHECK_FOR_APP_UPDATE="false",
    )  # fmt: skip


def sign(published: Published, sbom: Path | None, key: str, *, plain_http: bool) -> None:
    """Sign a digest, and state what is in it; with a key, or as who is logged in."""
    options = [*([] if key == KEYLESS else ["--key", key]), *(["--allow-http-registry"] if plain_http else [])]
    run("cosign", "sign", "--yes", *options, published.pinned)
    if sbom is not None:
        run("cosign", "attest", "--yes", *options, "--type", "spdxjson", "--predicate", str(sbom), published.pinned)


def package_chart(images: list[Published], registry: Registry, version: str, folder: Path) -> Path:
    """The chart whose defaults are what was published, as an archive in the folder."""
    with tempfile.TemporaryDirectory() as temporary:
        chart = Path(temporary) / "opine"
        shutil.copytree(CHART, chart)
        values = chart / "values.yaml"
        values.write_text(published_values(values.read_text(), images, registry.address))
        about = chart / "Chart.yaml"
        about.write_text(about.read_text() + listed_images(images))
        run(sys.executable, "charts/document.py", str(chart))
        run("helm", "package", str(chart), "--destination", str(folder))
    return folder / f"opine-{version}.tgz"


def published_values(values: str, images: list[Published], registry: str) -> str:
    """The tags with their digests: who sets another tag gets that, and not the digest of this one."""
    values = substitute(r'^(  imageRegistry: )""', registry, values)
    for image in images:
        if image.name in COMPONENTS:
            tag = f"{image.reference.rpartition(':')[2]}@{image.digest}"
            values = substitute(rf'^({image.name}:\n(?:(?: .*)?\n)*?  image:\n(?:    .*\n)*?    tag: )""', tag, values)
    return values


def substitute(pattern: str, text: str, values: str) -> str:
    changed, number = re.subn(pattern, rf'\g<1>"{text}"', values, count=1, flags=re.MULTILINE)
    if not number:
        raise ReleaseError(f"charts/opine/values.yaml has no place for {text}: {pattern}")
    return changed


def listed_images(images: list[Published]) -> str:
    """Artifact Hub's annotation, which is the last key of Chart.yaml's."""
    lines = [f"    - name: {image.name}\n      image: {image.pinned}\n" for image in images]
    return "  artifacthub.io/images: |\n" + "".join(lines)


def publish(options: argparse.Namespace) -> None:
    version = (ROOT / "VERSION").read_text().strip()
    registry = Registry(options.registry.rstrip("/"), options.plain_http)
    check(options.sign)
    if registry.has_chart(version):
        raise ReleaseError(f"{registry.chart}:{version} is published already: give the release another version.")
    folder = ROOT / "dist/release"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    images = [registry.push_image(name, version, build(name, options.platform)) for name in options.components]
    if options.cuda:
        amd64 = [platform for platform in options.platform if platform == "linux/amd64"]
        images.append(registry.push_image("sentiment", f"{version}-cuda", build("sentiment", amd64, cuda=True)))
    sboms = [folder / f"{image.reference.rpartition('/')[2].replace(':', '-')}.spdx.json" for image in images]
    for image, sbom in zip(images, sboms, strict=True):
        write_sbom(image, sbom, version, plain_http=options.plain_http)
    model = registry.push_model(version)
    # Of two images of a component the chart's default is the first.
    defaults = list({image.name: image for image in reversed(images)}.values())
    chart = registry.push_chart(package_chart(defaults, registry, version, folder), version)

    published = [*images, model, chart]
    if options.sign:
        contents = dict(zip(images, sboms, strict=True))
        for each in published:
            sign(each, contents.get(each), options.sign, plain_http=options.plain_http)
    checksums = [f"{each.digest.removeprefix('sha256:')}  {each.reference.rpartition(':')[0]}\n" for each in published]
    (folder / "checksums.txt").write_text("".join(checksums))
    (folder / "published.json").write_text(json.dumps([vars(each) for each in published], indent=2) + "\n")
    for each in published:
        print(f"{each.reference}@{each.digest}")
    left_out = sorted(set(COMPONENTS) - set(options.components))
    if left_out:
        print(f"The chart names images that this release does not have: {', '.join(left_out)}.")
    plain = "".join(f" {option}" for option in registry.helm_options)
    print(f"helm install opine oci://{chart.pinned}{plain} --namespace opine --create-namespace --wait --timeout 10m")


def check(signed_with: str | None) -> None:
    for program, fix in (
        ("buildah", "install it (Debian, Ubuntu: apt-get install buildah)"),
        ("helm", "install Helm 4"),
        ("syft", "run this by make release, which brings it, or install Anchore's"),
        ("cosign", "install Sigstore's, or publish without --sign"),
    ):
        if (program != "cosign" or signed_with) and shutil.which(program) is None:
            raise ReleaseError(f"{program} is missing: {fix}.")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("components", nargs="*", help=f"which images; default: {' '.join(COMPONENTS)}")
    parser.add_argument("--registry", required=True, help="where to, such as ghcr.io/you")
    parser.add_argument(
        "--platform", action="append", default=[], help="such as linux/arm64; repeated: one index of all"
    )
    parser.add_argument("--cuda", action="store_true", help="also the model's image with CUDA")
    parser.add_argument("--sign", help=f"cosign's key, or {KEYLESS} to sign as who is logged in")
    parser.add_argument("--plain-http", action="store_true", help="the registry has no TLS")
    options = parser.parse_args()
    options.components = options.components or list(COMPONENTS)
    # Where make installs syft; a newer one of the machine's own goes first.
    os.environ["PATH"] += f"{os.pathsep}{Path(sys.executable).parent}"  # noqa: TID251  for the programs started here
    try:
        publish(options)
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
