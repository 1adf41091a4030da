"""`/`: the web page; `/docs`: the API's own page; their files under `/ui/{version}/`."""

import secrets
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response

from model_wrappers.contract.errors import NotFound
from webui import Assets

router = APIRouter(include_in_schema=False)

YEAR_S = 365 * 24 * 3600
# The style element that the engraver of the score editor adds to its sheets.
ENGRAVER_STYLE = "'sha256-BCpnf71gZdCsSCHDzyB1RsBbZ0qQdqseK6v+yJsgg30='"
# Only files of this server; the nonce admits the import map and the styles the waveforms bring for their shadow trees.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'nonce-{nonce}'",
        f"style-src 'self' 'nonce-{{nonce}}' {ENGRAVER_STYLE}",
        "img-src 'self' blob: data:",
        "media-src blob:",
        "connect-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
# The API's page sets styles at elements, and shows answers as pictures and sounds.
API_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'nonce-{nonce}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
PAGE_HEADERS = {
    **NO_SNIFFING,
    "Cache-Control": "no-store",  # it holds a nonce and the version of its files
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Referrer-Policy": "no-referrer",
}
FILE_HEADERS = {**NO_SNIFFING, "Vary": "Accept-Encoding"}


@cache
def assets() -> Assets:
    """Return the page's files, read when the first is asked for."""
    return Assets()


@router.get("/")
@router.head("/")
async def page() -> HTMLResponse:
    """Return the web page."""
    nonce = secrets.token_urlsafe(16)
    headers = {**PAGE_HEADERS, "Content-Security-Policy": POLICY.format(nonce=nonce)}
    return HTMLResponse(assets().page(nonce), headers=headers)


@router.get("/docs")
@router.head("/docs")
async def api_page(request: Request) -> HTMLResponse:
    """Return the page on which every route can be read about and tried."""
    folder = f"/ui/{assets().version}"
    page = get_swagger_ui_html(
        openapi_url=request.app.openapi_url,
        title=request.app.title,
        swagger_js_url=f"{folder}/vendor/swagger-ui/swagger-ui.js",
        swagger_css_url=f"{folder}/vendor/swagger-ui/swagger-ui.css",
        swagger_favicon_url=f"{folder}/icon.svg",
    )
    nonce = secrets.token_urlsafe(16)
    body = bytes(page.body).decode().replace("<script>", f'<script nonce="{nonce}">')
    return HTMLResponse(body, headers={**PAGE_HEADERS, "Content-Security-Policy": API_POLICY.format(nonce=nonce)})


@router.get("/ui/{version}/{path:path}")
@router.head("/ui/{version}/{path:path}")
async def file(
    version: str, path: str, accept_encoding: Annotated[str, Header(alias="Accept-Encoding")] = ""
) -> Response:
    """Return one file of the page; kept by browsers for good, because its address changes with its content."""
    asset = assets().get(path)
    if asset is None:
        raise NotFound(f"The web page has no file '{path[:80]}'.", hint="Reload the page.")
    current = version == assets().version
    headers = {**FILE_HEADERS, "Cache-Control": f"public, max-age={YEAR_S}, immutable" if current else "no-cache"}
    if asset.compressed is not None and "gzip" in accept_encoding:
        return Response(asset.compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)
