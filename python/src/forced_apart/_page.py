"""Pages that were written."""

import html
import pathlib

# A notebook keeps what it shows; more than this is opened beside it.
SHOWN_MAX = 4 << 20


class Page:
    """A page of a run; in a notebook it is shown. without: what is missing on it and why, "" if nothing is."""

    def __init__(self, path, without):
        self.path, self.without = path, without

    def __repr__(self):
        return f"<forced_apart.Page: {self.path}>"

    def _repr_html_(self):
        path = pathlib.Path(self.path).resolve()
        if path.stat().st_size > SHOWN_MAX:
            return f'<p><a href="{html.escape(path.as_uri())}">{html.escape(str(path))}</a></p>'
        page = html.escape(path.read_text(encoding="utf-8"), quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:40em;border:0"></iframe>'
