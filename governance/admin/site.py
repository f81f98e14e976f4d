"""Our own admin site. Whoever may open it sees what `access.visible` gives, and nothing else."""

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite

from governance.models import Employment, Person


class Site(UnfoldAdminSite):  # type: ignore[misc]
    """The site: for active people who may open the admin."""

    site_title = site_header = "Countersign"
    index_title = "Access review for AI agents"
    site_url = None
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Not for people who have left, whatever their session says."""
        person = request.user
        return (
            isinstance(person, Person) and person.is_active and person.is_staff and person.employment != Employment.LEFT
        )


site = Site(name="admin")
