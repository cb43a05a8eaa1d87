"""GET / and /guides/{code}: pages for people."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from service_catalog.guides.finding import guide_by_code
from service_catalog.guides.routes import CodePath
from service_catalog.kernel.web import Db, Now, Today
from service_catalog.portal.figures import examples, figures_on

FOLDER = Path(__file__).parent
templates = Jinja2Templates(directory=FOLDER / "templates")
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
def home(request: Request, db: Db, today: Today) -> HTMLResponse:
    """What runs here: figures, three guides to look at, the documentation."""
    context = {"figures": figures_on(db, today), "examples": examples(db, today), "today": today}
    return templates.TemplateResponse(request, "home.html", context)


@router.get("/guides/{code}")
def guide_page(request: Request, code: CodePath, db: Db, now: Now) -> HTMLResponse:
    """One guide to read."""
    guide = guide_by_code(db, code, now=now, as_of=None)
    return templates.TemplateResponse(request, "guide.html", {"guide": guide})
