from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    """Notes every password that is hashed."""

    seen: list[str] = []  # noqa: RUF012  # shared on purpose: Django makes the hasher anew for every use

    def encode(self, password: str, salt: str) -> str:
        self.seen.append(password)
        return super().encode(password, salt)
