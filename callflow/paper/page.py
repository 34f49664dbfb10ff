"""A page of HTML becomes a PDF, in ``callflow.paper.child``."""

from typing import NoReturn

from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

from callflow.paper.pictures import picture

#: Pixels of a picture's longer side as it is printed, where there are few of them and where there
#: are many.
_FEW, _SIDE, _SIDE_OF_MANY = 12, 1600, 800
#: How the files of fonts begin.
_FONTS = (b"\0\1\0\0", b"OTTO", b"wOF2", b"wOFF", b"true")


class Assets(URLFetcher):  # type: ignore[misc]
    """Gives what was handed in, by ``asset:NAME``, and nothing else: no file, no address."""

    def __init__(self, assets: dict[str, bytes]) -> None:
        super().__init__(allowed_protocols=())
        self._assets = assets
        self._side = _SIDE if len(assets) <= _FEW else _SIDE_OF_MANY

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """One of them. Raises ValueError."""
        scheme, _, name = url.partition(":")
        if scheme != "asset" or name not in self._assets:
            _refuse(url)
        content = self._assets[name]
        if not content.startswith(_FONTS):
            content = picture(content, self._side)
        return URLFetcherResponse(url, content)


def _refuse(url: str) -> NoReturn:
    raise ValueError(f"not one of the document's own: {url[:100]}")


def pdf(html: str, assets: dict[str, bytes]) -> bytes:
    """PDF/A-2b, tagged."""
    made = HTML(string=html, url_fetcher=Assets(assets), base_url="asset:")
    return bytes(made.write_pdf(pdf_variant="pdf/a-2b", pdf_tags=True))
