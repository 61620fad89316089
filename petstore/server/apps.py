from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "petstore.server"
    label = "server"
