"""The files of the mails: the built-in ones, and the office's own over them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from models.errors import Fault
from models.i18n import gettext as _

TEMPLATES = Path(__file__).parent.parent / "templates"
PARTS = ("subject.txt", "body.txt", "body.html")
MAX_BYTES = 64 * 1024  # of a file; the longest built-in one has 4 KB
_NO_MATTER = ("Thumbs.db", "desktop.ini")  # nor hidden files, nor an editor's copies (name~)


@dataclass(frozen=True)
class MailFiles:
    """Texts and places by name (`email/receipt/body.txt`), and what is wrong with the folder."""

    sources: dict[str, str]
    places: dict[str, str]
    faults: tuple[Fault, ...]

    @property
    def own(self) -> list[str]:
        """The names of the office's own files."""
        return [name for name, place in self.places.items() if place != str(TEMPLATES / name)]

    @property
    def mails(self) -> list[str]:
        """The names of all mails."""
        return sorted({name.split("/")[1] for name in self.sources if name.count("/") == 2})


def mail_files(folder: Path | None) -> MailFiles:
    """The built-in files with those of the folder in their place."""
    files = {_name(path, TEMPLATES): path for path in sorted((TEMPLATES / "email").rglob("*.*"))}
    sources = {name: path.read_text("utf-8") for name, path in files.items()}
    places = {name: str(path) for name, path in files.items()}
    faults: list[Fault] = []
    for path in _own(folder, faults):
        assert folder is not None
        name = _name(path, folder)
        message = _stray(name, sources) or _unreadable(path, folder)
        if message:
            faults.append(at(path, None, message))
            continue
        places[name] = str(path)
        try:
            sources[name] = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            faults.append(at(path, None, _("is not UTF-8; save it in that encoding")))
    return MailFiles(sources, places, tuple(faults))


def at(path: Path | str, line: int | None, message: str) -> Fault:
    """A fault of a template."""
    return Fault(str(path), line, "", "", message)


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _own(folder: Path | None, faults: list[Fault]) -> Iterator[Path]:
    """What stands in the folder and is no folder itself."""
    if folder is None:
        return
    if not folder.is_dir():
        faults.append(at(folder, None, _("DONDOC_TEMPLATES: there is no such folder")))
    for path in sorted(folder.rglob("*")):
        if not _is_passed_over(path, folder) and (path.is_symlink() or not path.is_dir()):
            yield path


def _is_passed_over(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return hidden or path.name.endswith("~") or path.name in _NO_MATTER


def _stray(name: str, known: Iterable[str]) -> str | None:
    """Why a file has no place here; a file of one's own to be included begins with “_”."""
    if name in known or (name.startswith("email/") and name.rpartition("/")[2].startswith("_")):
        return None
    message = _("is no file of a mail; {nearest}")
    return message.format(nearest=nearest(name, known))


def nearest(name: str, known: Iterable[str]) -> str:
    """What might have been meant, as words."""
    names = sorted(known)
    close = get_close_matches(name, names, 1, 0.5)
    if close:
        return _("perhaps “{name}” is meant").format(name=close[0])
    return _("there are: {names}").format(names=", ".join(names))


def _unreadable(path: Path, folder: Path) -> str | None:
    """Why a file is not read: a link could lead to any file of the machine."""
    if path.is_symlink() and path.is_dir():
        return _("is a link to a folder; put the folder itself here")
    if not path.resolve().is_relative_to(folder.resolve()):
        return _("is a link that leads out of the folder; put the file itself here")
    if not path.is_file():
        return _("is not a file that can be read")
    if path.stat().st_size > MAX_BYTES:
        return _("is too large: at most {n} KB").format(n=MAX_BYTES // 1024)
    return None
