"""Who runs PostgreSQL: it refuses to run as root, so root lends it another account."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from opine_local.refusal import Refusal

_UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int
    # What to put before a command so that it runs under this account.
    prefix: tuple[str, ...] = ()


def postgres_account(home: Path, binaries: Path) -> Account:
    """The account that owns, or will own, the folder `home`.

    Under root this is the owner of an existing folder, so that a plain user's data stay theirs, else `nobody`.
    """
    me = pwd.getpwuid(os.geteuid())
    owner = pwd.getpwuid(home.stat().st_uid) if home.exists() else None
    if me.pw_uid != 0:
        if owner is not None and owner.pw_uid != me.pw_uid:
            raise Refusal(
                f"{home} belongs to {owner.pw_name}, not to {me.pw_name}: start Opine as before, "
                f"or remove {home.parent} to start afresh.",
            )
        return Account(me.pw_name, me.pw_uid, me.pw_gid)
    if shutil.which("setpriv") is None:
        raise Refusal("PostgreSQL does not run as root and there is no setpriv here: start Opine as a plain user.")
    lent = owner if owner is not None and owner.pw_uid != 0 else pwd.getpwnam(_UNPRIVILEGED)
    return _lent_by_root(lent, home.parent, binaries)


def _lent_by_root(lent: pwd.struct_passwd, *paths: Path) -> Account:
    plain = ("setpriv", f"--reuid={lent.pw_uid}", f"--regid={lent.pw_gid}", "--clear-groups")
    # A checkout below /root is closed to other accounts: there the account may pass, without a change to any mode.
    # PostgreSQL looks for its programs with access(2), which heeds the capability under that secure bit only.
    passing = (*plain, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup")
    for prefix in (plain, passing):
        if all(_can_enter(prefix, path) for path in paths):
            return Account(lent.pw_name, lent.pw_uid, lent.pw_gid, prefix)
    raise Refusal(
        f"PostgreSQL does not run as root and {lent.pw_name} cannot enter {paths[0]}: start Opine as a plain user.",
    )


def _can_enter(prefix: tuple[str, ...], path: Path) -> bool:
    command = [*prefix, "test", "-r", str(path), "-a", "-x", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  fixed program
