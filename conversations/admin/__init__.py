"""What staff sees of each table; StaffSite is in `admin_site`, since it must exist before any of these registers."""

from conversations.admin import owners  # noqa: F401 - registers itself and its neighbours
