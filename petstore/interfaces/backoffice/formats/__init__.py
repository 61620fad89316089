"""How the pages write dates (Django's FORMAT_MODULE_PATH)."""
