"""How many CPUs this process may keep busy.

A container's limit is a cgroup quota that `os.cpu_count` does not see; more threads than the quota get throttled.
"""

import os
from pathlib import Path

# The v1 controller's folder under its usual names.
_V1_FOLDERS = ("cpu,cpuacct", "cpu", "cpuacct,cpu")


def cpu_limit(root: Path = Path("/"), affinity: int | None = None) -> int:
    """Whole CPUs within both the affinity mask and the cgroup quotas, at least 1.

    A quota is rounded down: a thread on the broken part of a CPU would be stopped in every period.

    Args:
        root: where `proc` and `sys` are mounted.
        affinity: CPUs of the affinity mask; asked of the system if None.
    """
    available = affinity if affinity is not None else _affinity()
    quota = cgroup_quota(root)
    return max(1, available if quota is None else min(available, int(quota)))


def cgroup_quota(root: Path = Path("/")) -> float | None:
    """The smallest CPU quota, in CPUs, on the way from this process's cgroup to the top; None if there is none."""
    quotas = []
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        mount = root / "sys/fs/cgroup"
        if not controllers:
            quotas += [_v2_quota(folder) for folder in _upwards(mount, path)]
        elif "cpu" in controllers.split(","):
            quotas += [_v1_quota(folder) for name in _V1_FOLDERS for folder in _upwards(mount / name, path)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux's
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _upwards(mount: Path, path: str) -> list[Path]:
    """Folders from the cgroup at `path` to the mount; a container may see only the mount itself."""
    folder = mount / path.lstrip("/")
    return [candidate for candidate in (folder, *folder.parents) if candidate.is_relative_to(mount)]


def _v2_quota(folder: Path) -> float | None:
    fields = " ".join(_lines(folder / "cpu.max")).split()
    return _ratio(*fields) if len(fields) == 2 else None  # noqa: PLR2004  "quota period"


def _v1_quota(folder: Path) -> float | None:
    quota, period = _lines(folder / "cpu.cfs_quota_us"), _lines(folder / "cpu.cfs_period_us")
    return _ratio(quota[0], period[0]) if quota and period else None


def _ratio(quota_us: str, period_us: str) -> float | None:
    """CPUs of a quota; `max` (v2) and -1 (v1) mean that there is none."""
    if not quota_us.isdecimal() or not period_us.isdecimal() or int(period_us) == 0:
        return None
    return int(quota_us) / int(period_us)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().split("\n")[:-1]
    except OSError:
        return []
