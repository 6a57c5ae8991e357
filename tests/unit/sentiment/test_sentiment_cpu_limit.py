"""CPU limits read from made-up /proc and /sys trees."""

from pathlib import Path

import pytest
from opine_sentiment.cpu_limit import cgroup_quota, cpu_limit


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


V2 = "0::/\n"
V1 = "9:name=systemd:/\n4:memory:/pod\n1:cpu,cpuacct:/pod\n"

CASES = {
    "no cgroup at all": ({}, None),
    "v2, no limit": ({"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
    "v2, limit": ({"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
    "v2, the parent is stricter": (
        {
            "proc/self/cgroup": "0::/pod/container\n",
            "sys/fs/cgroup/pod/cpu.max": "200000 100000\n",
            "sys/fs/cgroup/pod/container/cpu.max": "400000 100000\n",
        },
        2.0,
    ),
    "v2, the path is the host's and only the mount is seen": (
        {"proc/self/cgroup": "0::/kubepods/pod1/c1\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"},
        3.0,
    ),
    "v1, no limit": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
        },
        None,
    ),
    "v1, limit": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us": "400000\n",
            "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
        },
        4.0,
    ),
    "v1, only the mount is seen, under its short name": (
        {
            "proc/self/cgroup": "1:cpu:/kubepods/x\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        0.5,
    ),
    "v1 quota without a period": (
        {"proc/self/cgroup": V1, "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us": "400000\n"},
        None,
    ),
    "nonsense": ({"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "lots 0\n"}, None),
    "a period of nothing": ({"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "100 0\n"}, None),
}


@pytest.mark.parametrize(("files", "quota"), CASES.values(), ids=CASES)
def test_the_quota_is_the_smallest_on_the_way_up(tmp_path: Path, files: dict[str, str], quota: float | None) -> None:
    assert cgroup_quota(tree(tmp_path, files)) == quota


@pytest.mark.parametrize(
    ("quota_us", "affinity", "threads"),
    [("max", 8, 8), ("400000", 8, 4), ("400000", 2, 2), ("190000", 8, 1), ("50000", 8, 1)],
)
def test_threads_keep_within_quota_and_affinity(tmp_path: Path, quota_us: str, affinity: int, threads: int) -> None:
    root = tree(tmp_path, {"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": f"{quota_us} 100000\n"})
    assert cpu_limit(root, affinity) == threads


def test_this_machine_has_a_cpu() -> None:
    assert cpu_limit() >= 1
