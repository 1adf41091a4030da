"""Pictures of artifacts (paper section 3.5), drawn when first asked for."""

from router.render.pictures import Pictures
from router.render.views import Gap, render, views_of

__all__ = ["Gap", "Pictures", "render", "views_of"]
