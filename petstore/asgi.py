import os

from django.core.asgi import get_asgi_application

from petstore.reading import bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petstore.settings.dev")
application = bounded(get_asgi_application())
