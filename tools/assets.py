"""Builds web/static/vendor from the npm packages, with the npm that pip installed.

Usage: python tools/assets.py STEP, where STEP is one of
install   what package-lock.json names, into node_modules
build     web/static/vendor from node_modules and the templates, and what is sent compressed
lock      package-lock.json anew from package.json
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
MODULES = PROJECT / "node_modules"
STATIC = PROJECT / "web" / "static"
VENDOR = STATIC / "vendor"
PROGRAMS = Path(sys.executable).parent

HTMX = ("htmx.min.js", "ext/hx-csp.min.js", "ext/hx-sse.min.js")
SWAGGER = ("swagger-ui.css", "swagger-ui-bundle.js")
GRAPHIQL = {
    "graphiql": ("graphiql.min.js", "graphiql.min.css"),
    "react": ("umd/react.production.min.js",),
    "react-dom": ("umd/react-dom.production.min.js",),
}
SUBSETS = ("latin-ext", "latin")  # a browser fetches the first only for names that need it
COMPRESSED = (".css", ".js")


def install() -> None:
    """Installs the locked packages."""
    _npm("ci", "--loglevel=error")


def lock() -> None:
    """Writes the lock file: hashes, and no address of any kind."""
    _npm("install", "--package-lock-only", "--loglevel=error")
    path = PROJECT / "package-lock.json"
    path.write_text(json.dumps(_without(json.loads(path.read_text()), "funding"), indent=2) + "\n")


def build() -> None:
    """Builds beside the old folder and then takes its place, so that a running server never misses a file."""
    with tempfile.TemporaryDirectory(dir=STATIC, prefix=".vendor-") as temporary:
        made = Path(temporary) / "vendor"
        _htmx(made / "htmx")
        _tabler(made)
        _inter(made / "inter")
        _swagger(made / "swagger")
        _graphiql(made / "graphiql")
        _compress(made.rglob("*"))
        if VENDOR.exists():
            VENDOR.rename(Path(temporary) / "old")
        made.rename(VENDOR)
    _compress(STATIC.glob("*"))


def _htmx(target: Path) -> None:
    target.mkdir(parents=True)
    for name in HTMX:
        source = MODULES / "htmx.org" / "dist" / name
        script = re.sub(r"\n//# sourceMappingURL=.*\s*$", "\n", source.read_text())
        (target / source.name).write_text(script)
    shutil.copy(MODULES / "htmx.org" / "LICENSE", target)


def _tabler(target: Path) -> None:
    with tempfile.TemporaryDirectory() as purged:
        program = MODULES / "purgecss" / "bin" / "purgecss.js"
        _run("node", str(program), "--config", "tools/purgecss.config.cjs", "--output", purged)
        parts = [(Path(purged) / name).read_text() for name in ("tabler.min.css", "tabler-themes.min.css")]
    css = re.sub(r"\n?/\*# sourceMappingURL=.*?\*/\s*", "", "\n".join(parts))
    (target / "tabler.css").write_text(css)


def _inter(target: Path) -> None:
    source = MODULES / "@fontsource-variable" / "inter"
    target.mkdir(parents=True)
    faces = re.findall(r"@font-face \{.*?\}", (source / "wght.css").read_text(), flags=re.DOTALL)
    chosen = []
    for subset in SUBSETS:
        name = f"inter-{subset}-wght-normal.woff2"
        chosen += [face.replace("./files/", "") for face in faces if f"/{name})" in face]
        shutil.copy(source / "files" / name, target)
    if len(chosen) != len(SUBSETS):
        raise SystemExit("The font's style sheet has another form than tools/assets.py expects.")
    (target / "inter.css").write_text("\n".join(chosen) + "\n")
    _run("python", "tools/paper_fonts.py", str(target))
    shutil.copy(source / "LICENSE", target)


def _swagger(target: Path) -> None:
    source = MODULES / "swagger-ui-dist"
    target.mkdir(parents=True)
    for name in SWAGGER:
        text = (source / name).read_text()
        (target / name).write_text(re.sub(r"\n?(//|/\*)# sourceMappingURL=.*", "\n", text))
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(source / name, target)


def _graphiql(target: Path) -> None:
    target.mkdir(parents=True)
    for package, names in GRAPHIQL.items():
        source = MODULES / package
        for name in names:
            text = (source / name).read_text()
            script = re.sub(r"\n?(//|/\*)# sourceMappingURL=[^\n]*", "\n", text)
            (target / Path(name).name.replace(".production", "")).write_text(script)
        shutil.copy(source / "LICENSE", target / f"LICENSE.{package}")


def _compress(paths: Iterable[Path]) -> None:
    for path in sorted(paths):
        if path.suffix in COMPRESSED:
            Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def _without(value: object, key: str) -> object:
    if not isinstance(value, dict):
        return value
    return {name: _without(inner, key) for name, inner in value.items() if name != key}


def _npm(*arguments: str) -> None:
    _run("npm", *arguments)


def _run(program: str, *arguments: str) -> None:
    command: list[str | Path] = [PROGRAMS / program, *arguments]
    environment = _environment(os.environ)
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{program} {arguments[0]} failed:\n{done.stdout}{done.stderr}")


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """The programs of this Python first; npm's cache beside them when there is no home to put it in.

    Node brings certificates of its own: this has it heed the machine's as well, as pip does.
    """
    environment = {"NODE_USE_SYSTEM_CA": "1", **given}
    environment["PATH"] = os.pathsep.join((str(PROGRAMS), given.get("PATH", os.defpath)))
    if not given.get("HOME"):
        environment["npm_config_cache"] = str(PROGRAMS.parent / "npm-cache")
    return environment


if __name__ == "__main__":
    steps = {"install": install, "build": build, "lock": lock}
    if len(sys.argv) != 2 or sys.argv[1] not in steps:
        raise SystemExit(__doc__)
    steps[sys.argv[1]]()
