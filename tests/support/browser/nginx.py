"""nginx in front of a test's frontend, which it serves below a path."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.programs import wait_for_status

# Everything beside the path is another site's, which has nothing.
_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location {path}/ {{
      proxy_pass {behind};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }}
    location / {{ return 404; }}
  }}
}}
"""


@contextmanager
def running_nginx(folder: Path, behind: str, path: str, port: int, *, removes_path: bool) -> Iterator[str]:
    """The address at which it hands on what is below `path`; with `removes_path`, without it."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("there is no nginx (Debian, Ubuntu: apt-get install nginx-light)")
    folder.mkdir(exist_ok=True)
    configuration, log = folder / "nginx.conf", folder / "nginx.log"
    address = f"{behind}/" if removes_path else behind
    configuration.write_text(_CONFIGURATION.format(folder=folder, behind=address, path=path, port=port))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-e", "stderr", "-c", str(configuration)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_status(f"{url}/", 404, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)
