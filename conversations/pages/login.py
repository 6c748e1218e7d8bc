"""The login page; in development it shows the demo's logins."""

from typing import Any

from django.contrib.auth.views import LoginView

from conversations.demo.logins import demo_logins


class DemoLoginView(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"demo_logins": demo_logins()}
